"""Reads that find no connection are refused soon; writes wait, and so does nobody's health."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from app.db.engine import RESERVED, Store
from app.db.retry import BUSY
from app.db.room import Room
from app.errors import Unavailable

SECONDS = 0.3
#: Far less than the deadline, which is that of who waits for the database itself.
SOON = 3.0


@pytest.fixture(params=[1, 2])
async def narrow(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    store = Store.open(database_url, pool_size=request.param, pool_seconds=SECONDS)
    yield store
    await store.close()


async def fill(store: Store, kept: AsyncExitStack) -> None:
    """Take all connections of sessions, and all of single statements."""
    for _ in range(store.direct.occupancy().size):
        session = await kept.enter_async_context(store.reading())
        await session.execute(text("SELECT 1"))
        await store.direct.room.take(patient=True)  # type: ignore[attr-defined]
        kept.callback(store.direct.room.give_back)  # type: ignore[attr-defined]


async def a_session(store: Store) -> object:
    async with store.reading() as session:
        return await session.scalar(text("SELECT 1"))


async def a_statement(store: Store) -> object:
    return await store.fetch("SELECT 1", ())


WAYS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "session": a_session,
    "statement": a_statement,
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_read_without_a_connection(narrow: Store, way: str) -> None:
    async with AsyncExitStack() as kept:
        await fill(narrow, kept)
        started = time.perf_counter()
        with pytest.raises(Unavailable, match=BUSY):
            await WAYS[way](narrow)
        assert SECONDS * 0.9 <= time.perf_counter() - started < SOON
    assert await WAYS[way](narrow)
    assert narrow.pools()["sessions"].taken == narrow.pools()["direct"].taken == 0


@pytest.mark.parametrize("way", WAYS)
async def test_a_read_that_waits_gets_what_comes_free(narrow: Store, way: str) -> None:
    async with AsyncExitStack() as kept:
        await fill(narrow, kept)
        waiting = asyncio.ensure_future(WAYS[way](narrow))
        await asyncio.sleep(SECONDS / 10)
        assert not waiting.done()
        await kept.aclose()
        assert await waiting


async def test_who_calls_and_health_are_found_out_meanwhile(narrow: Store) -> None:
    async with AsyncExitStack() as kept:
        await fill(narrow, kept)
        assert await narrow.read(lambda session: session.scalar(text("SELECT 1"))) == 1
        await narrow.health.check_reading()
        await narrow.health.check_writing()


async def test_the_reserve_does_not_wait_longer(narrow: Store) -> None:
    async with AsyncExitStack() as kept:
        for _ in range(RESERVED):
            await kept.enter_async_context(narrow.reserve.connect())
        with pytest.raises(Unavailable, match=BUSY):
            await narrow.read(lambda session: session.scalar(text("SELECT 1")))


async def test_a_write_waits_for_longer(narrow: Store) -> None:
    async with AsyncExitStack() as kept:
        await fill(narrow, kept)
        writing = asyncio.create_task(narrow.write(lambda each: each.scalar(text("SELECT 1"))))
        await asyncio.sleep(2 * SECONDS)
        await kept.aclose()
        assert await writing == 1


async def test_who_leaves_the_queue_takes_no_room() -> None:
    room = Room(1, SECONDS)
    await room.take(patient=False)
    waiting = [asyncio.create_task(room.take(patient=each)) for each in (True, False)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    room.give_back()
    await room.take(patient=False)
