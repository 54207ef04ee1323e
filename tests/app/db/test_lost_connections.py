"""Connections to PostgreSQL that the network has lost without a word are not used again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from app.db import direct
from app.db.connecting import Line
from app.db.direct import PostgreSQL
from app.db.engine import Statements, Store
from app.db.room import Room
from tests.reliability.chaos import network
from tests.reliability.places import Place

SECONDS = 60  # in which a test hangs


async def test_who_was_cut_off_on_a_lost_connection_is_the_last_to_have_it(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "SETTLING", 0.2)
    async with network(Place(postgres_url, tmp_path)) as (between, across):
        single = PostgreSQL(Line(make_url(across.url)), Room(2))
        ask = "SELECT pg_backend_pid() FROM pg_sleep(0.05)"
        await asyncio.gather(*(single.fetch(ask, ()) for _ in range(2)))
        between.forget()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await single.fetch(ask, ())
        await asyncio.gather(*single._settling)
        assert single.occupancy().taken == 0
        assert all(each.is_closed() for each in single._free)
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*(single.fetch(ask, ()) for _ in range(3)))
        assert len(single._free) == 2
        await single.close()


async def test_who_was_cut_off_on_a_living_connection_leaves_it_to_others(
    postgres_url: str,
) -> None:
    single = PostgreSQL(Line(make_url(postgres_url)), Room(1))
    ((before,),) = await single.fetch("SELECT pg_backend_pid()", ())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await single.fetch("SELECT pg_sleep(60)", ())
    ((after,),) = await single.fetch("SELECT pg_backend_pid()", ())
    assert before == after
    await single.close()


async def test_a_session_on_a_lost_connection_ends(postgres_url: str, tmp_path: Path) -> None:
    async with (
        asyncio.timeout(SECONDS),
        network(Place(postgres_url, tmp_path)) as (between, across),
    ):
        store = Store.open(across.url, pool_size=1, statement_seconds=Statements(0.5, 0.5))
        for _ in range(2):
            async with store.reading() as session:
                assert await session.scalar(text("SELECT 1")) == 1
                between.forget()
        assert store.pools()["sessions"].taken == 0
        await store.close()
