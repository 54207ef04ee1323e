"""Every server of the benchmark answers every workload, and alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import UUID

import httpx2
import pytest

from app.settings import Settings
from tests import stores
from tests.bench.dataset import CONNECTIONS, MEMBERS, TEAMS, Dataset, metadata
from tests.bench.loading import load
from tests.bench.servers import SERVERS, Place, Running, running
from tests.bench.verifying import answers, check_alike
from tests.bench.workloads import (
    WORKLOADS,
    Workload,
    rest_requests,
    twin_requests,
)

TINY = Dataset(0.02)
ROLE = UUID(int=1)
MATCHED = [workload for workload in WORKLOADS if workload.rest is not None]


@pytest.fixture(scope="module")
def servers(
    postgresql: stores.PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Running]]:
    folder = tmp_path_factory.mktemp("bench")
    with postgresql.database() as url, ExitStack() as stack:
        settings = {"MESHGRAPH_DATA_DIR": str(folder), "MESHGRAPH_DATABASE_URL": url}
        load(Settings.from_environ(settings), TINY)
        place = Place(url, folder)
        yield {
            name: stack.enter_context(
                running(server, place, server.requests(WORKLOADS[0], TINY)[0])
            )
            for name, server in SERVERS.items()
        }


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_all_servers_answer_alike(servers: dict[str, Running], workload: Workload) -> None:
    requests = {
        name: running.server.requests(workload, TINY)[:20] for name, running in servers.items()
    }
    check_alike(servers, workload, requests)


@pytest.mark.parametrize("workload", MATCHED, ids=lambda workload: workload.name)
def test_an_endpoint_answers_what_its_operation_does(
    servers: dict[str, Running], workload: Workload
) -> None:
    assert workload.rest is not None
    meshgraph = servers["meshgraph"]
    with httpx2.Client(base_url=meshgraph.url, headers=meshgraph.headers) as client:
        status = 201 if workload.writes else 200
        rest = answers(rest_requests(workload, TINY)[:5], client, status)
        twin = answers(twin_requests(workload, TINY)[:5], client, 200)
    for one, other in zip(rest, twin, strict=True):
        body = _body(other.json()["data"])
        body.pop("etag", None)  # which the endpoint answers in a header
        given = {name for name, value in body.items() if value is not None}
        assert given <= set(one.json()) <= set(body)


def _body(data: dict[str, object]) -> dict[str, object]:
    """What the operation's alias `body` holds."""
    for name, value in data.items():
        assert isinstance(value, dict)
        return value if name == "body" else _body(value)
    raise AssertionError


@pytest.mark.parametrize("name", SERVERS)
def test_nobody_is_answered_without_a_token(servers: dict[str, Running], name: str) -> None:
    workload = WORKLOADS[0]
    request = SERVERS[name].requests(workload, TINY)[0]
    with httpx2.Client(base_url=servers[name].url) as client:
        response = client.request(
            request.method,
            request.path,
            content=request.body,
            headers={"Content-Type": "application/json"},
        )
    assert workload.variables(TINY)[0]["id"] not in response.text


@pytest.mark.parametrize("name", SERVERS)
def test_no_server_shows_what_the_viewer_is_no_member_of(
    servers: dict[str, Running], name: str
) -> None:
    class Foreign(Dataset):
        def viewer_organizations(self) -> list[int]:
            return [1]

    foreign = Foreign(TINY.scale)
    for workload in WORKLOADS:
        if workload.writes:
            continue
        request = servers[name].server.requests(workload, foreign)[0]
        with httpx2.Client(base_url=servers[name].url, headers=servers[name].headers) as client:
            response = client.request(request.method, request.path, content=request.body)
        assert "Organization 1" not in response.text
        assert "example" not in response.text
        assert "organization 1" not in response.text


def test_the_size_of_the_data_set() -> None:
    whole = Dataset(1)
    assert (whole.organizations, whole.users, len(whole.viewer_organizations())) == (
        200,
        20_000,
        20,
    )
    counts = {table.__name__: sum(1 for _ in rows()) for table, rows in TINY.tables(ROLE)}
    assert counts["Team"] == TINY.organizations * TEAMS
    assert counts["TeamUser"] == pytest.approx(25 * counts["Team"], rel=0.05)
    assert counts["Connection"] == TINY.organizations * CONNECTIONS
    assert counts["OrganizationUser"] == TINY.organizations * MEMBERS + 2
    assert len(metadata(12_345)) == pytest.approx(300, rel=0.1)


def test_the_data_set_is_the_same_each_time() -> None:
    one, other = ([list(rows()) for _, rows in Dataset(TINY.scale).tables(ROLE)] for _ in range(2))
    assert one == other
