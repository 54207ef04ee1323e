"""What a caller is told, and what is kept, when the database fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.engine import Store
from app.db.keys import Role
from app.errors import Unavailable
from tests.stores import disconnect, sqlite_copy

T = TypeVar("T")

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


@pytest.fixture
async def postgres_store(postgres_url: str) -> AsyncIterator[Store]:
    opened = Store.open(postgres_url, pool_size=4)
    yield opened
    await opened.close()


def adding(name: str) -> Any:
    async def work(session: AsyncSession) -> None:
        session.add(Role(role_name=name))

    return work


def limiting(pages: int) -> Any:
    async def work(session: AsyncSession) -> None:
        await session.execute(text(f"PRAGMA max_page_count = {pages}"))

    return work


async def names(store: Store) -> list[str]:
    async with store.reading() as session:
        return list((await session.scalars(select(Role.role_name).order_by(Role.role_name))).all())


async def test_connections_that_died_in_the_pool_go_unnoticed(postgres_store: Store) -> None:
    await asyncio.gather(*(postgres_store.write(adding(f"before {n}")) for n in range(4)))
    await disconnect(postgres_store)
    await asyncio.gather(*(postgres_store.write(adding(f"after {n}")) for n in range(4)))
    await disconnect(postgres_store)
    assert len(await names(postgres_store)) == 8


async def test_a_transaction_that_loses_its_connection_runs_again(postgres_store: Store) -> None:
    runs = []

    async def work(session: AsyncSession) -> None:
        runs.append(1)
        session.add(Role(role_name="kept"))
        await session.flush()
        if len(runs) == 1:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    await postgres_store.write(work)
    assert len(runs) == 2
    assert await names(postgres_store) == ["kept"]


@pytest.mark.parametrize("state", ["40001", "40P01", "57P01", "57P03", "08006", "53300"])
async def test_a_state_that_passes_is_tried_again(postgres_store: Store, state: str) -> None:
    runs = []

    async def work(session: AsyncSession) -> None:
        runs.append(1)
        if len(runs) == 1:
            await session.execute(text(raising(state)))

    await postgres_store.write(work)
    assert len(runs) == 2


@pytest.mark.parametrize("state", ["53100", "53200"])
async def test_a_full_database_is_told_at_once(postgres_store: Store, state: str) -> None:
    runs = []

    async def work(session: AsyncSession) -> None:
        runs.append(1)
        await session.execute(text(raising(state)))

    with pytest.raises(Unavailable):
        await postgres_store.write(work)
    assert len(runs) == 1


async def test_a_snapshot_lost_midway_is_unavailable(postgres_store: Store) -> None:
    """Inside the block, where a resolver's error is caught before it leaves the block."""
    async with postgres_store.reading() as session:
        await session.execute(text("SELECT 1"))
        await disconnect(postgres_store)
        with pytest.raises(Unavailable):
            await session.execute(select(Role))
        with pytest.raises(Unavailable):
            await session.scalar(select(func.count()).select_from(Role))


async def test_a_closure_that_reads_runs_again_in_another_snapshot(postgres_store: Store) -> None:
    await postgres_store.write(adding("before"))
    runs = []

    async def work(session: AsyncSession) -> list[str]:
        runs.append(list(await session.scalars(select(Role.role_name))))
        if len(runs) == 1:
            await postgres_store.write(adding("between"))
            await disconnect(postgres_store)
        return list(await session.scalars(select(Role.role_name).order_by(Role.role_name)))

    assert await postgres_store.read(work) == ["before", "between"]
    assert len(runs) == 2


async def test_an_unreachable_database_is_unavailable_at_the_deadline() -> None:
    store = Store.open(NOWHERE)
    before = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable):
        await store.write(adding("never"), timeout=0.3)
    assert asyncio.get_running_loop().time() - before < 1
    with pytest.raises(Unavailable):
        await store.health.check_reading()
    await store.close()


async def test_the_isolation_is_ours_whatever_the_database_says(postgres_url: str) -> None:
    async def alter(session: AsyncSession) -> None:
        name = await session.scalar(text("SELECT current_database()"))
        setting = "default_transaction_isolation = 'serializable'"
        await session.execute(text(f"ALTER DATABASE {name} SET {setting}"))

    await with_store(postgres_url, lambda store: store.write(alter))
    assert await with_store(postgres_url, lambda store: store.write(isolation)) == "read committed"

    async def read(store: Store) -> str:
        async with store.reading() as session:
            return await isolation(session)

    assert await with_store(postgres_url, read) == "repeatable read"


async def test_a_full_disk_is_told_at_once_and_passes(
    sqlite_template: Path, tmp_path: Path
) -> None:
    async def work(store: Store) -> list[str]:
        await store.write(limiting(1))  # SQLite makes it the size that the file has
        with pytest.raises(Unavailable):
            async with asyncio.timeout(1):
                await store.write(adding("x" * 1_000_000))
        await store.write(limiting(1_000_000))
        await store.write(adding("kept"))
        return await names(store)

    assert await with_store(sqlite_copy(sqlite_template, tmp_path), work) == ["kept"]


async def test_one_session_serves_many_tasks(store: Store) -> None:
    async with store.reading() as session:
        statement = select(func.count()).select_from(Role)
        ways = (session.scalar, session.scalars, session.execute)
        await asyncio.gather(*(way(statement) for way in ways * 20))


async def test_cancelled_writers_leave_the_store_in_order(store: Store) -> None:
    """Whenever the caller goes away, before, in or after the statement."""
    for hundredth in range(12):
        task = asyncio.create_task(store.write(adding(f"maybe {hundredth}")))
        await asyncio.sleep(hundredth / 2000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await store.write(adding("last"))
    assert "last" in await names(store)


async def isolation(session: AsyncSession) -> str:
    return str(await session.scalar(text("SHOW transaction_isolation")))


async def with_store(url: str, work: Callable[[Store], Awaitable[T]]) -> T:
    store = Store.open(url)
    try:
        return await work(store)
    finally:
        await store.close()


def raising(state: str) -> str:
    return f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$"
