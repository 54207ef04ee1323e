"""What an answer says of itself in its headers: who executed it, with how many statements."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from tests.asking import post
from tests.service import Service, opened

EXECUTOR, STATEMENTS = "x-meshgraph-executor", "x-meshgraph-statements"
TREE = "{ organizations { items { name teams { items { name users { totalCount } } } } } }"
ROLES = "{ organizations { items { teams { items { users { items { roleNames } } } } } } }"
RENAME = """mutation($organization: ID!, $team: ID!) {
  updateTeam(input: {organizationId: $organization, teamId: $team, name: "New"}) { team { name } }
}"""


@pytest.fixture
async def served(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with opened("graphql", database_url, tmp_path, MESHGRAPH_QUERY_TIMEOUT="60") as service:
        yield service


class Observer:
    """Counts what reaches the drivers, in places of its own."""

    def __init__(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen = 0
        store = service.store
        for engine in store.engines:
            event.listen(engine.sync_engine, "after_cursor_execute", self._sent)
        self._watch(monkeypatch, store.direct, "fetch")
        self._watch(monkeypatch, store.direct, "row")
        if store.group is not None:
            self._watch(monkeypatch, store.group, "run")

    def _sent(self, *told: Any) -> None:
        self.seen += not told[2].startswith("BEGIN")

    def _watch(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        async def watched(*arguments: Any, **options: Any) -> Any:
            first = arguments[0]  # one statement, or several that are committed together
            self.seen += 1 if isinstance(first, str) else len(first)
            return await inner(*arguments, **options)

        monkeypatch.setattr(owner, name, watched)


async def asked(service: Service, source: str, **variables: Any) -> httpx2.Response:
    return await post(service, "ann", "/graphql", json={"query": source, "variables": variables})


async def told(service: Service, source: str, **variables: Any) -> tuple[str | None, int]:
    answer = await asked(service, source, **variables)
    assert "data" in answer.json(), answer.text
    return answer.headers.get(EXECUTOR, "").split(";")[0], int(answer.headers[STATEMENTS])


@pytest.mark.parametrize("source", [ROLES, RENAME, TREE])
async def test_every_statement_is_counted(
    served: Service, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer(served, monkeypatch)
    given = {"organization": served.world["acme"], "team": served.world["acme-team"]}
    for _ in range(2):  # the first of which finds out who calls
        before = observer.seen
        _, statements = await told(served, source, **given)
        assert statements == observer.seen - before > 0


async def test_requests_at_the_same_time_count_their_own(
    served: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer(served, monkeypatch)
    found = await asyncio.gather(*(told(served, source) for source in (TREE, ROLES) * 5))
    assert sum(statements for _, statements in found) == observer.seen
    assert {executor for executor, _ in found[::2]} == {"compiled"}
    assert {executor for executor, _ in found[1::2]} == {"interpreted"}
    # A statement each, beside the three that find out who calls, where that must be asked again.
    assert {statements for _, statements in found[::2]} <= {1, 1 + 3}


async def test_answers_of_the_rest_api_say_so_as_well(
    served: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer(served, monkeypatch)
    headers = {"Authorization": f"Bearer {served.token('ann')}"}
    path = f"/api/identity/orgs/{served.world['acme']}/teams"
    answer = await served.client.get(path, headers=headers)
    assert answer.headers[EXECUTOR] == "compiled"
    assert int(answer.headers[STATEMENTS]) == observer.seen > 0
    refused = await served.client.get(path)
    assert refused.status_code == 401
    assert refused.headers[STATEMENTS] == "0"


async def test_an_operation_that_failed_tells_what_it_took(served: Service) -> None:
    given = {"organization": served.world["rival"], "team": served.world["rival-team"]}
    answer = await asked(served, RENAME, **given)
    assert answer.json()["data"] is None
    assert int(answer.headers[STATEMENTS]) > 0


async def test_what_is_no_operation_has_no_such_headers(served: Service) -> None:
    for answer in (await served.client.get("/healthz"), await asked(served, "{ nothing }")):
        assert EXECUTOR not in answer.headers
        assert STATEMENTS not in answer.headers


async def test_the_headers_can_be_switched_off(database_url: str, tmp_path: Path) -> None:
    async with opened(
        "graphql", database_url, tmp_path, MESHGRAPH_DEBUG_HEADERS="false"
    ) as service:
        answer = await asked(service, TREE)
    assert answer.json()["data"]
    assert EXECUTOR not in answer.headers
    assert STATEMENTS not in answer.headers
