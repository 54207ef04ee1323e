"""What is counted, and that nobody can make the counts grow without end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app import metrics
from app.broker import Broker
from app.db.engine import Store
from app.errors import BadInput, Unauthenticated
from app.figures import counted
from app.occupancy import Occupancy
from tests.service import Service, opened
from tests.serving import HOST, free_port, serving

Counts = dict[tuple[str, frozenset[tuple[str, str]]], float]
REQUESTS = "meshgraph_requests_total"
SECONDS = 60.0  # after which a test hangs


def counts(exposed: str) -> Counts:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
    }


def total(found: Counts, name: str, **labels: str) -> float:
    """The sum of the samples of that name whose labels have these values, among others."""
    wanted = set(labels.items())
    return sum(
        value for (known, given), value in found.items() if known == name and wanted <= given
    )


@pytest.fixture
async def served(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with opened("graphql", database_url, tmp_path, MESHGRAPH_METRICS="true") as service:
        yield service


async def scraped(service: Service) -> Counts:
    answer = await service.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return counts(answer.text)


async def ask(service: Service, query: str, person: str = "ann") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {service.token(person)}"}
    return await service.client.post("/graphql", json={"query": query}, headers=headers)


async def test_requests_are_counted_by_what_they_ask(served: Service) -> None:
    headers = {"Authorization": f"Bearer {served.token('ann')}"}
    before = await scraped(served)
    for _ in range(3):
        await ask(served, "{ organizations { totalCount } }")
        await served.client.get("/api/identity/orgs", headers=headers)
    await served.client.get("/api/identity/orgs")
    await served.client.post("/api/environments", content=b"{", headers=headers)
    await ask(served, "{ nothing }")
    await ask(served, "{ __typename organizations { totalCount } }")
    await served.client.get("/absent")
    after = await scraped(served)

    def grown(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    ok = {"status": "200", "outcome": "ok"}
    assert grown(REQUESTS, operation="organizations", executor="compiled", **ok) == 3
    assert grown(REQUESTS, operation="getOrgs", executor="compiled", **ok) == 3
    assert grown(REQUESTS, operation="getOrgs", status="401", outcome="UNAUTHENTICATED") == 1
    assert grown(REQUESTS, operation="createEnvironment", status="400", outcome="refused") == 1
    assert grown(REQUESTS, operation="other", outcome="GRAPHQL_VALIDATION_FAILED") == 1
    assert grown(REQUESTS, operation="other", **ok) == 1 + 1  # two root fields; the scrape before
    assert grown(REQUESTS, operation="other", status="404", executor="none") == 1
    assert grown("meshgraph_request_seconds_count", operation="organizations") == 3
    assert grown("meshgraph_request_seconds_sum", operation="organizations") > 0
    assert grown("meshgraph_statements_count", operation="getOrgs") == 4
    assert grown("meshgraph_statements_sum", operation="getOrgs") >= 3


async def test_nobody_makes_up_a_label(served: Service) -> None:
    names = [f"canary{number}" for number in range(50)]
    for name in names:
        await ask(served, f"query {name} {{ {name}: organizations {{ totalCount }} }}")
        await ask(served, f"{{ {name} }}")
        await served.client.post("/graphql", json={"documentId": name})
        await served.client.get(f"/{name}")
        await served.client.request(name.upper(), "/graphql")
    assert "canary" not in (await served.client.get("/metrics")).text.lower()


async def test_the_pools_are_told(served: Service) -> None:
    await ask(served, "{ organizations { totalCount } }")
    found = await scraped(served)
    for pool, size in {"sessions": 8, "direct": 8, "workers": 0}.items():
        assert total(found, "meshgraph_pool_size", pool=pool) == size
        assert total(found, "meshgraph_pool_taken", pool=pool) == 0
    assert total(found, "meshgraph_processes") == 1
    assert ("meshgraph_subscribers", frozenset()) in found


async def test_connections_in_use_are_told(served: Service) -> None:
    async with served.store.reading() as session:
        await session.execute(text("SELECT 1"))
        assert total(await scraped(served), "meshgraph_pool_taken", pool="sessions") == 1
    assert served.store.direct.occupancy() == Occupancy(8, 0)


async def test_subscribers_are_told_and_their_events_are_nobody_s_statements(
    store: Store, database_url: str
) -> None:
    broker = Broker(store, database_url)
    name = "meshgraph_subscribers"
    before = total(counts(metrics.exposition().decode()), name)
    with counted() as figures:
        async with broker.subscribed(UUID(int=1), UUID(int=1), lambda _: True) as subscriber:
            assert total(counts(metrics.exposition().decode()), name) == before + 1
            begun = figures.statements
            with suppress(Unauthenticated):  # there is no such user: the broker has looked
                await subscriber.next()
            assert figures.statements == begun
    assert total(counts(metrics.exposition().decode()), name) == before
    await broker.close()


async def test_imports_are_counted_by_what_came_of_them(served: Service) -> None:
    headers = {"Authorization": f"Bearer {served.token('ann')}"}
    manifest = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    before = await scraped(served)
    for content in (manifest, b"\x00"):
        await served.client.post(
            "/api/pattern/import", files={"file": ("a.yaml", content)}, headers=headers
        )
    after = await scraped(served)
    for outcome in ("ok", "BAD_USER_INPUT"):
        labels = {"work": "import", "outcome": outcome}
        name = "meshgraph_work_seconds_count"
        assert total(after, name, **labels) - total(before, name, **labels) == 1


def test_work_is_timed_by_its_outcome() -> None:
    def count(outcome: str) -> float:
        exposed = metrics.exposition().decode()
        return total(counts(exposed), "meshgraph_work_seconds_count", work="test", outcome=outcome)

    for error, outcome in ((BadInput("no"), "BAD_USER_INPUT"), (ValueError("bug"), "failed")):
        with pytest.raises(type(error)), metrics.timed("test"):
            raise error
        assert count(outcome) == 1


async def test_a_late_event_loop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "SECONDS", 0.0)
    before = counts(metrics.exposition().decode())
    async with metrics.watching(lambda: {"test": Occupancy(3, 2, 1)}):
        for _ in range(5):
            await asyncio.sleep(0)
    after = counts(metrics.exposition().decode())
    name = "meshgraph_event_loop_lag_seconds_count"
    assert total(after, name) > total(before, name)
    assert total(after, "meshgraph_pool_waiting", pool="test") == 1


async def test_without_the_setting_there_is_nothing(database_url: str, tmp_path: Path) -> None:
    async with opened("graphql", database_url, tmp_path) as service:
        before = metrics.exposition()
        await ask(service, "{ organizations { totalCount } }")
        assert (await service.client.get("/metrics")).status_code == 404
    after = metrics.exposition()
    assert total(counts(after.decode()), REQUESTS) == total(counts(before.decode()), REQUESTS)


def test_a_file_that_is_just_being_made_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MmapedDict(str(tmp_path / "counter_1.db"))  # type: ignore[no-untyped-call]
    key = mmap_key("a_total", "a_total", [], [], "What.")
    made.write_value(key, 5.0, 0.0)  # type: ignore[no-untyped-call]
    made.close()  # type: ignore[no-untyped-call]
    (tmp_path / "counter_2.db").touch()
    (tmp_path / "counter_3.db").write_bytes(bytes(65_536))
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    assert counts(metrics.exposition().decode()) == {("a_total", frozenset()): 5.0}


def server_processes(parent: int) -> list[int]:
    """The worker processes of a server that has several."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_all_server_processes_are_counted_together(postgres_url: str, tmp_path: Path) -> None:
    """One of them is killed: what it counted stays, what it had open does not."""
    variables = {"MESHGRAPH_METRICS": "true", "MESHGRAPH_WORKERS": "2", "TMPDIR": str(tmp_path)}
    port = free_port()

    def get(path: str) -> httpx2.Response:
        with httpx2.Client(base_url=f"http://{HOST}:{port}", trust_env=False) as client:
            return client.get(path)  # on a connection of its own, which any process accepts

    def until(processes: int) -> Counts:
        deadline = time.monotonic() + SECONDS
        while True:
            found = counts(get("/metrics").text)
            if total(found, "meshgraph_processes") == processes:
                return found
            assert time.monotonic() < deadline
            time.sleep(0.2)

    labels = {"operation": "getOrgs", "status": "401"}
    with serving(postgres_url, tmp_path, port, **variables) as server:
        until(2)
        for _ in range(40):
            get("/api/identity/orgs")
        assert total(until(2), REQUESTS, **labels) == 40
        assert total(until(2), "meshgraph_pool_size", pool="sessions") == 2 * 8
        os.kill(server_processes(server.pid)[0], signal.SIGKILL)
        until(1)
        assert total(until(2), REQUESTS, **labels) == 40
        assert list(tmp_path.glob("meshgraph-metrics-*"))
    assert not list(tmp_path.glob("meshgraph-metrics-*"))
