"""The service behind PgBouncer in transaction mode: what it does, and what it leaves there.

All that needs PostgreSQL can be asked for this way: `pytest --pooler -k postgresql tests/…`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.broker import Broker
from app.db.engine import Statements, Store
from app.db.migrations import pending, upgrade
from app.errors import Unavailable
from tests.pooling import SIZE, Pooler
from tests.service import DOORS, opened

CALLERS = 20
ROOM = "64"  # for all of them at once
KEY = {"Idempotency-Key": '"a-key-of-its-own"'}


@pytest.fixture
def pooled_url(pooler: Pooler) -> Iterator[str]:
    """The URL of a database, through the pooler; fails where its sessions kept anything."""
    with pooler.database() as url:
        yield url


@pytest.fixture
async def store(pooled_url: str) -> AsyncIterator[Store]:
    opened = Store.open(pooled_url, statement_seconds=Statements(one=0.5, any=1.0))
    yield opened
    await opened.close()


@pytest.mark.parametrize("door", DOORS)
async def test_many_callers_share_few_sessions(door: str, pooled_url: str, tmp_path: Path) -> None:
    """More transactions than sessions, compiled and interpreted, which read and write."""

    async def work(number: int) -> str:
        made = await service.ok(
            "ann", "createEnvironment", name=f"e{number}", organization_id=service.world["acme"]
        )
        await service.ok("ann", "getUserKeys", orgId=service.world["acme"])
        page = await service.ok("ann", "getOrgs")
        assert page["total_count"] == 1
        return str(made["name"])

    async with opened(
        door, pooled_url, tmp_path, MESHGRAPH_MAX_PER_CALLER=ROOM, MESHGRAPH_MAX_WRITES=ROOM
    ) as service:
        names = [await asyncio.gather(*map(work, range(CALLERS))) for _ in range(2)]
    assert names == [[f"e{number}" for number in range(CALLERS)]] * 2


async def test_a_key_is_answered_alike(pooled_url: str, tmp_path: Path) -> None:
    async with opened("rest", pooled_url, tmp_path) as service:
        headers = {"Authorization": f"Bearer {service.token('ann')}", **KEY}
        body = {"name": "New", "organization_id": service.world["acme"]}
        asked = [
            service.client.post("/api/environments", json=body, headers=headers) for _ in range(4)
        ]
        answers = await asyncio.gather(*asked)
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1


async def test_statements_have_their_time_and_settings(store: Store) -> None:
    """For a transaction each: PostgreSQL ends what takes longer, whichever session it is in."""
    asked = "SELECT current_setting('statement_timeout'), current_setting('jit')"

    async def shown(session: AsyncSession) -> tuple[str, ...]:
        return tuple((await session.execute(text(asked))).one())

    for _ in range(SIZE + 1):
        assert [tuple(row) for row in await store.fetch(asked, ())] == [("500ms", "off")]
        assert await store.read(shown) == ("1s", "off")
        assert await store.write(shown) == ("1s", "off")
    with pytest.raises(Unavailable):
        await store.fetch("SELECT pg_sleep(30)", ())


async def test_a_snapshot_is_one_session(store: Store) -> None:
    async with store.reading() as session:
        asked = "SELECT pg_backend_pid(), current_setting('transaction_isolation')"
        rows = {tuple((await session.execute(text(asked))).one()) for _ in range(SIZE)}
    assert {isolation for _, isolation in rows} == {"repeatable read"}
    assert len(rows) == 1


async def test_what_is_cancelled_is_not_left_running(store: Store, pooler: Pooler) -> None:
    task = asyncio.create_task(store.fetch("SELECT pg_sleep(0.4), 'cancelled'", ()))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [tuple(row) for row in await store.fetch("SELECT 1", ())] == [(1,)]
    connection = await asyncpg.connect(pooler.server.uri)
    others = "SELECT query FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
    running = [row["query"] for row in await connection.fetch(others)]
    assert [each for each in running if "cancelled" in each] == []
    await connection.close()


def test_tables_are_made_through_it(pooler: Pooler, pooled_url: str) -> None:
    """Of a database in which there is nothing."""
    name = f"{make_url(pooled_url).database}_empty"
    pooler.server.execute(f"CREATE DATABASE {name}")
    url = make_url(pooled_url).set(database=name).render_as_string(hide_password=False)
    try:
        assert pending(url) != []
        upgrade(url)
        assert pending(url) == []
        assert asyncio.run(pooler.left(name)).kept == frozenset()
    finally:
        pooler.server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("past", [True, False])
async def test_nobody_listens_through_it(
    store: Store, pooled_url: str, direct_url: str, *, past: bool
) -> None:
    broker = Broker(store, direct_url if past else pooled_url)
    assert (broker._listening is not None) is past
    await broker.close()


def test_what_is_left_is_found(pooler: Pooler) -> None:
    """By the look that the others rely on: who knows of no pooler leaves statements."""

    async def ask(database: str) -> None:
        connection = await asyncpg.connect(pooler.address(database))
        await connection.fetch("SELECT 1 AS left_behind")
        await connection.close()

    with pooler.server.database() as url:
        name = str(make_url(url).database)
        asyncio.run(ask(name))
        left = asyncio.run(pooler.left(name))
    assert left.sessions == SIZE
    assert [each for each in left.kept if "left_behind" in each] != []
