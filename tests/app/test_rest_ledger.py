"""Who calls which endpoint: counted in memory, written behind the calls, added up in the store."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import now
from app.db.engine import Store
from app.db.keys import Role
from app.db.rest_calls import MOST_CALLS, RestCall, Tally, add, prune
from app.db.users import UserRole
from app.errors import Unavailable
from app.rest_ledger import LONGEST_CLIENT, MOST_KEYS, OTHERS, Ledger, client_of
from tests.asking import query
from tests.service import Service, opened
from tests.serving import HOST, free_port, serving
from tests.world import build

MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def stored(store: Store) -> dict[tuple[str, str], tuple[int, int]]:
    async with store.reading() as session:
        rows = list(await session.scalars(select(RestCall)))
    return {(row.endpoint, row.client): (row.calls, row.errors) for row in rows}


def tally(client: str, calls: int, **values: Any) -> Tally:
    given = {"user_id": None, "errors": 0, "last_used_at": MOMENT, **values}
    return Tally("getOrgs", client=client, calls=calls, **given)


async def written(store: Store, *tallies: Tally) -> None:
    async def work(session: AsyncSession) -> None:
        await add(session, store.dialect, tallies)

    await store.write(work)


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        (b"curl/8.5.0", "curl"),
        (b"Mozilla/5.0 (X11; Linux x86_64)", "Mozilla"),
        (b"billing-sync (+https://example.org)", "billing-sync"),
        (b"", ""),
        (b"(nothing) first", ""),
        (b"\xff\xfe", ""),
        (b"x" * 500, "x" * LONGEST_CLIENT),
        (b"<script>/1", ""),
    ],
)
def test_a_client_is_the_product_that_is_named_first(agent: bytes, client: str) -> None:
    assert client_of(agent) == client


async def test_calls_are_added_up(store: Store) -> None:
    ledger = Ledger(store, clock=MOMENT.timestamp)
    for status in (200, 200, 404, 500):
        ledger.note("getOrgs", None, b"curl/8.5.0", status)
    ledger.note("getOrgs", None, b"curl/7", 204)
    await ledger.flush()
    assert await stored(store) == {("getOrgs", "curl"): (5, 2)}
    ledger.note("getOrgs", None, b"curl/8.5.0", 200)
    await ledger.flush()
    await ledger.flush()
    assert await stored(store) == {("getOrgs", "curl"): (6, 2)}


async def test_several_processes_add_up(store: Store) -> None:
    ledgers = [Ledger(store) for _ in range(4)]
    for ledger in ledgers:
        for number in range(50):
            ledger.note(f"endpoint{number}", None, b"curl", 200)
    await asyncio.gather(*(ledger.flush() for ledger in ledgers))
    assert set((await stored(store)).values()) == {(4, 0)}


async def test_the_later_moment_stays(store: Store) -> None:
    await written(store, tally("a", 1, last_used_at=MOMENT))
    await written(store, tally("a", 1, last_used_at=MOMENT.replace(year=2025)))
    async with store.reading() as session:
        row = (await session.scalars(select(RestCall))).one()
    assert (row.calls, row.last_used_at) == (2, MOMENT)
    assert row.created_at <= row.updated_at <= now()


async def test_a_count_stops_at_the_largest_number(store: Store) -> None:
    await written(store, tally("a", MOST_CALLS - 1))
    await written(store, tally("a", 5))
    assert await stored(store) == {("getOrgs", "a"): (MOST_CALLS, 0)}


async def test_rows_beyond_the_limit_go_the_unknown_first(store: Store) -> None:
    user = (await build(store)).ids["bob"]
    old = MOMENT.replace(year=2020)
    await written(
        store,
        tally("known", 1, user_id=user, last_used_at=old),
        tally("new", 1),
        tally("old", 1, last_used_at=old),
    )
    await store.write(lambda session: prune(session, 3))
    assert len(await stored(store)) == 3
    await store.write(lambda session: prune(session, 2))
    assert {client for _, client in await stored(store)} == {"known", "new"}
    await store.write(lambda session: prune(session, 1))
    assert {client for _, client in await stored(store)} == {"known"}


async def test_a_flood_of_clients_is_counted_as_one(store: Store) -> None:
    ledger = Ledger(store)
    for number in range(MOST_KEYS + 10):
        ledger.note("getOrgs", None, b"client-%d" % number, 200)
    await ledger.flush()
    found = await stored(store)
    assert len(found) == MOST_KEYS + 1
    assert found["getOrgs", OTHERS] == (10, 0)


async def test_what_could_not_be_written_is_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise Unavailable("away")

    ledger = Ledger(store)
    ledger.note("getOrgs", None, b"curl", 200)
    with monkeypatch.context() as patch:
        patch.setattr(store, "write", refuse)
        with pytest.raises(Unavailable):
            await ledger.flush()
        ledger.note("getOrgs", None, b"curl", 500)
    await ledger.flush()
    assert await stored(store) == {("getOrgs", "curl"): (2, 1)}


async def test_it_writes_in_the_background_and_at_the_end(store: Store) -> None:
    ledger = Ledger(store)
    async with ledger.kept(interval=0.01):
        ledger.note("getOrgs", None, b"curl", 200)
        while not await stored(store):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)
        ledger.note("getOrg", None, b"curl", 200)
    assert ("getOrg", "curl") in await stored(store)


QUERY = """
query ($filter: RestCallFilter, $order: RestCallOrder, $search: String) {
  restCalls(filter: $filter, orderBy: $order, search: $search) {
    totalCount
    items { endpoint userId user { email } client calls errors lastUsedAt }
  }
}
"""


@pytest.fixture
async def rest(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with opened("rest", database_url, tmp_path) as service:
        await service.store.write(_appoint(service, "ann"))
        yield service


def _appoint(service: Service, person: str) -> Any:
    """Give somebody the role of an admin everywhere."""

    async def work(session: AsyncSession) -> None:
        role = (await session.scalars(select(Role).where(Role.role_name == "admin"))).one()
        session.add(UserRole(user_id=service.world.ids[person], role_id=role.id))

    return work


def as_(service: Service, person: str, agent: str = "curl/8") -> dict[str, str]:
    return {"Authorization": f"Bearer {service.token(person)}", "User-Agent": agent}


async def call(service: Service) -> None:
    """Three calls of bob, one of them refused, and one of nobody."""
    client, bob = service.client, as_(service, "bob")
    acme = service.world["acme"]
    await client.get("/api/identity/orgs", headers=bob)
    await client.get("/api/identity/orgs", headers=bob)
    await client.get("/api/identity/orgs/nonsense", headers=bob)
    await client.get(f"/api/identity/orgs/{acme}", headers={"User-Agent": "Mozilla/5.0"})
    await client.post("/api/identity/orgs", headers=bob, content=b"{" * 200)
    await client.request("PATCH", "/api/identity/orgs", headers=bob)
    await client.get("/api/nothing", headers=bob)
    await service.ledger.flush()


def _place(row: dict[str, Any]) -> tuple[object, ...]:
    return -row["calls"], row["endpoint"], row["client"]


async def test_calls_of_the_endpoints_are_in_the_graph(rest: Service) -> None:
    await call(rest)
    order = {"field": "CALLS", "direction": "DESC"}
    page = (await query(rest, "ann", QUERY, order=order))["restCalls"]
    bob = {"userId": rest.world["bob"], "user": {"email": "bob@example.org"}, "client": "curl"}
    found = [
        {name: row[name] for name in row if name != "lastUsedAt"}
        for row in sorted(
            page["items"], key=lambda row: (-row["calls"], row["endpoint"], row["client"])
        )
    ]
    assert found == [
        {"endpoint": "getOrgs", **bob, "calls": 2, "errors": 0},
        {"endpoint": "createOrg", **bob, "calls": 1, "errors": 1},
        {
            "endpoint": "getOrg", "userId": None, "user": None, "client": "Mozilla",
            "calls": 1, "errors": 1,
        },
        {"endpoint": "getOrg", **bob, "calls": 1, "errors": 1},
    ]  # fmt: skip
    assert page["items"][0]["endpoint"] == "getOrgs"


@pytest.mark.parametrize(
    ("filter_", "count"),
    [
        ({"endpoint": ["getOrg", "createOrg"]}, 3),
        ({"client": ["Mozilla"]}, 1),
        ({"anonymous": True}, 1),
        ({"anonymous": False}, 3),
        ({"since": "2026-01-01T00:00:00Z", "and": {"endpoint": ["getOrg"]}}, 2),
        ({"until": "2026-01-01T00:00:00Z"}, 0),
    ],
)
async def test_the_list_is_filtered(rest: Service, filter_: dict[str, Any], count: int) -> None:
    await call(rest)
    found = await query(rest, "ann", QUERY, filter=filter_)
    assert found["restCalls"]["totalCount"] == count


async def test_it_is_paged_by_cursor_in_the_order_of_numbers(rest: Service) -> None:
    for number in (1, 10, 9, 100):
        await written(rest.store, tally(f"client{number}", number))
    source = """
    query ($after: String) {
      restCalls(first: 1, after: $after, orderBy: {field: CALLS}) {
        edges { cursor node { calls } }
      }
    }
    """
    seen, cursor = [], None
    for _ in range(4):
        (edge,) = (await query(rest, "ann", source, after=cursor))["restCalls"]["edges"]
        seen.append(edge["node"]["calls"])
        cursor = edge["cursor"]
    assert seen == [1, 9, 10, 100]


@pytest.mark.parametrize("person", ["bob", "rae"])
async def test_who_does_not_hold_the_key_everywhere_sees_none(rest: Service, person: str) -> None:
    """The administrator of an organization holds it there alone."""
    await call(rest)
    answer = await rest.client.post("/graphql", json={"query": QUERY}, headers=as_(rest, person))
    if person == "bob":
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    else:
        assert answer.json()["data"]["restCalls"] == {"totalCount": 0, "items": []}


async def test_calls_are_counted_in_the_metrics(rest: Service) -> None:
    def value(endpoint: str, status: str) -> float:
        labels = {"endpoint": endpoint, "status": status}
        return REGISTRY.get_sample_value("meshgraph_rest_calls_total", labels) or 0

    before = value("getOrgs", "2xx"), value("getOrg", "4xx")
    await call(rest)
    assert (value("getOrgs", "2xx"), value("getOrg", "4xx")) == (before[0] + 2, before[1] + 2)


async def test_the_page_shows_the_ledger_to_who_is_signed_in(rest: Service) -> None:
    await call(rest)
    await written(rest.store, tally("<script>alert(1)</script>", 1_000))
    cookie = {"Cookie": f"token={rest.token('ann')}"}
    answer = await rest.client.get("/rest-ledger?order=CALLS", headers=cookie)
    assert answer.status_code == 200
    assert "script" not in answer.text.replace("&lt;script&gt;", "").replace("&lt;/script&gt;", "")
    assert '<td class="number">1,000</td>' in answer.text
    assert "bob@example.org" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    fewer = await rest.client.get("/rest-ledger?endpoint=createOrg", headers=cookie)
    assert "1 row." in fewer.text


@pytest.mark.parametrize(
    ("query_", "person", "status"),
    [
        ("", None, 401),
        ("", "bob", 403),
        ("?page=-1&order=NAME&endpoint=x", "ann", 200),
        ("?page=99999999999999999999", "ann", 200),
        ("?search=" + "x" * 101, "ann", 400),
    ],
)
async def test_the_page_says_why_not(
    rest: Service, query_: str, person: str | None, status: int
) -> None:
    headers = as_(rest, person) if person else {}
    answer = await rest.client.get("/rest-ledger" + query_, headers=headers)
    assert answer.status_code == status
    assert ("Authorization: Bearer" in answer.text) == (status in {401, 403})
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def _asked(port: int, times: int) -> None:
    """Calls over connections of their own, so that every process of the server has some."""
    for _ in range(times):
        with httpx2.Client(base_url=f"http://{HOST}:{port}", trust_env=False) as client:
            assert client.get("/api/users").status_code == 200


async def _calls(url: str) -> int:
    store = Store.open(url)
    try:
        async with store.reading() as session:
            return await session.scalar(select(func.sum(RestCall.calls))) or 0
    finally:
        await store.close()


def test_a_server_that_is_stopped_has_written_all(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    with serving(database_url, tmp_path, port) as server:
        _asked(port, 20)
        server.terminate()
        server.wait(timeout=30)
    assert asyncio.run(_calls(database_url)) == 20


def test_processes_of_one_server_add_up_and_one_that_is_killed_loses_little(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHGRAPH_WORKERS", "2")
    port = free_port()
    with serving(postgres_url, tmp_path, port) as server:
        _asked(port, 40)
        deadline = time.monotonic() + 60
        while asyncio.run(_calls(postgres_url)) < 40 and time.monotonic() < deadline:
            time.sleep(0.2)
        processes = [server.pid, *_children(server.pid)]
        for each in processes:
            os.kill(each, signal.SIGKILL)
        server.wait(timeout=30)
    assert len(processes) > 2
    assert asyncio.run(_calls(postgres_url)) == 40


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    if not path.exists():
        pytest.skip("this system does not tell of the children of a process")
    return [int(each) for each in path.read_text("ascii").split()]
