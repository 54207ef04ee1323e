"""The store keeps its promises on both engines."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import now
from app.db.engine import Store
from app.db.engine_events import read_json
from app.db.holding import StoreInUse
from app.db.tables import users
from app.errors import Unavailable
from tests.stores import sqlite_copy


def user(name: str, bio: str = "0") -> users.User:
    return users.User(
        user_id=name, provider="local", email=name, first_name="", last_name="", bio=bio
    )


async def test_a_write_is_seen_by_the_next_reading(store: Store) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(user("a"))

    await store.write(work)
    async with store.reading() as session:
        assert (await session.execute(select(users.User.user_id))).scalars().all() == ["a"]


async def test_one_hundred_concurrent_writers_lose_no_update(store: Store) -> None:
    async def create(session: AsyncSession) -> None:
        session.add(user("counter"))

    async def increment(session: AsyncSession) -> None:
        row = (await session.execute(select(users.User).with_for_update())).scalar_one()
        row.bio = str(int(row.bio or "") + 1)
        row.updated_at = now()

    await store.write(create)
    await asyncio.gather(*(store.write(increment, timeout=60) for _ in range(100)))
    async with store.reading() as session:
        assert (await session.execute(select(users.User.bio))).scalar_one() == "100"


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only|cannot store"):
        async with store.reading() as session:
            await session.execute(text("DELETE FROM users"))


async def test_a_reading_is_one_snapshot(store: Store) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(user("late"))

    async with store.reading() as session:
        assert (await session.execute(select(users.User))).all() == []
        await store.write(work)
        assert (await session.execute(select(users.User))).all() == []


async def test_a_closure_past_its_deadline_is_unavailable_and_changes_nothing(store: Store) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(user("never"))
        await session.flush()
        await asyncio.sleep(5)

    with pytest.raises(Unavailable):
        await store.write(work, timeout=0.2)
    async with store.reading() as session:
        assert (await session.execute(select(users.User))).all() == []


async def test_a_second_store_on_the_same_file_refuses(
    sqlite_template: Path, tmp_path: Path
) -> None:
    url = sqlite_copy(sqlite_template, tmp_path)
    first = Store.open(url)
    with pytest.raises(StoreInUse, match="MESHGRAPH_DATA_DIR"):
        Store.open(url)
    await first.close()
    await Store.open(url).close()


WRITER = """
import asyncio, sys
from app.db.engine import Store
from tests.app.db.test_engine import user
async def main():
    store = Store.open(sys.argv[1])
    for number in range(100_000):
        async def work(session):
            session.add(user(f"u{number}"))
        await store.write(work)
        print(number, flush=True)
asyncio.run(main())
"""


async def test_kill_9_loses_no_acknowledged_write(database_url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, database_url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split() if line.isdigit()]
    store = Store.open(database_url)
    async with store.reading() as session:
        kept = set((await session.execute(select(users.User.user_id))).scalars())
        if store.dialect == "sqlite":
            assert (await session.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
    await store.close()
    assert {f"u{number}" for number in acknowledged} <= kept


@pytest.mark.parametrize(
    "stored",
    ['{"a": [1, 1.5, null, true, "\\u00e9\\ud83d\\ude00"]}', "-0.0", "18446744073709551616",
     "1e308", "1e400", "NaN", '{"a": 1, "a": 2}', '"\\ud800"'],
)  # fmt: skip
def test_stored_json_is_what_python_finds(stored: str) -> None:
    assert repr(read_json(stored)) == repr(json.loads(stored))
