"""Inserts that wait for the disk together, on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from app.db.grouping import MOST, Group
from app.db.pragmas import WRITER_PRAGMAS

INSERT = "INSERT INTO things (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id"


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Group]:
    path = tmp_path / "things.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE things (id PRIMARY KEY, name NOT NULL)")
    turn = asyncio.Lock()
    made = Group(str(path), WRITER_PRAGMAS, lambda: turn)
    yield made
    await made.close()


def stored(group: Group) -> list[int]:
    with closing(sqlite3.connect(group.path)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM things ORDER BY id")]


async def test_what_is_acknowledged_is_stored(group: Group) -> None:
    number = 3 * MOST + 1
    found = await asyncio.gather(*(group.run([(INSERT, (each, "x"))]) for each in range(number)))
    assert found == [[(each,)] for each in range(number)]
    assert stored(group) == list(range(number))


async def test_each_has_its_own_answer(group: Group) -> None:
    asked = [group.run([(INSERT, each)]) for each in ((1, "a"), (2, None), (1, "b"), (3, "c"))]
    first, second, third, fourth = await asyncio.gather(*asked, return_exceptions=True)
    assert (first, third, fourth) == ([(1,)], [], [(3,)])
    assert isinstance(second, sqlite3.IntegrityError)
    assert stored(group) == [1, 3]


async def test_who_leaves_before_the_turn_has_nothing_stored(group: Group) -> None:
    async with group.turn():
        leaving = asyncio.create_task(group.run([(INSERT, (1, "x"))]))
        staying = asyncio.create_task(group.run([(INSERT, (2, "x"))]))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
    assert await staying == [(2,)]
    assert stored(group) == [2]


async def test_a_transaction_that_cannot_begin_is_told_to_all(group: Group) -> None:
    await group.run([(INSERT, (0, "x"))])
    assert group._connection is not None
    group._connection.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(group.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asked = [group.run([(INSERT, (each, "x"))]) for each in (1, 2)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in outcomes] == [sqlite3.OperationalError] * 2
        other.execute("ROLLBACK")
    assert await group.run([(INSERT, (1, "x"))]) == [(1,)]


async def test_what_follows_is_done_only_after_rows(group: Group) -> None:
    beside = ("INSERT INTO things (id, name) VALUES (?, ?)", (10, "beside"))
    assert await group.run([(INSERT, (1, "x")), beside]) == [(1,)]
    assert await group.run([(INSERT, (1, "x")), beside]) == []
    with pytest.raises(sqlite3.IntegrityError):
        await group.run([(INSERT, (2, "x")), beside])
    assert stored(group) == [1, 10]
