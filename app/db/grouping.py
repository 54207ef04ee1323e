"""Inserts of one row each, committed together: on SQLite a commit costs more than all else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from app.db.pragmas import apply

Rows = list[Any]

#: Statements that wait for the disk together, at most: others want their turn too.
MOST = 100


#: SQL and its parameters.
Step = tuple[str, Sequence[Any]]


@dataclass(frozen=True)
class Waiting:
    """Statements, and who waits for the rows of the first; without any the others are left out."""

    steps: Sequence[Step]
    rows: asyncio.Future[Rows]


@dataclass
class Group:
    """The statements of those who wait for their turn to write, run in one transaction.

    Each fails by itself, and is acknowledged when all are on the disk. `turn` is that of the one
    who writes to the file; the connection is made when it is first needed.
    """

    path: str
    pragmas: Mapping[str, object]
    turn: Callable[[], AbstractAsyncContextManager[Any]]
    _waiting: list[Waiting] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None
    _connection: sqlite3.Connection | None = None
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
    )

    async def run(self, steps: Sequence[Step]) -> Rows:
        """The rows of the first statement, once all are committed; raises what the driver does."""
        rows: asyncio.Future[Rows] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(steps, rows))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await rows

    async def close(self) -> None:
        """Wait for what is being written, and close the connection."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)
        if self._connection is not None:
            self._connection.close()

    async def _write(self) -> None:
        while self._waiting:
            async with self.turn():
                found: list[Rows | Exception]
                chosen = [each for each in self._waiting[:MOST] if not each.rows.done()]
                del self._waiting[:MOST]
                loop = asyncio.get_running_loop()
                try:
                    found = await loop.run_in_executor(self._thread, self._commit, chosen)
                except Exception as error:  # noqa: BLE001 - nobody may be left to wait
                    found = [error] * len(chosen)
            for each, outcome in zip(chosen, found, strict=True):
                _tell(each.rows, outcome)

    def _commit(self, chosen: Sequence[Waiting]) -> list[Rows | Exception]:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = [_outcome(connection, each) for each in chosen]
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        return found

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        apply(connection, self.pragmas)
        return connection


def _outcome(connection: sqlite3.Connection, given: Waiting) -> Rows | Exception:
    """Statements of which one fails leave nothing, and the others as they are."""
    connection.execute("SAVEPOINT one")
    try:
        (sql, parameters), *more = given.steps
        rows = connection.execute(sql, tuple(parameters)).fetchall()
        if rows:
            for sql, parameters in more:
                connection.execute(sql, tuple(parameters))
    except sqlite3.Error as error:
        connection.execute("ROLLBACK TO one")
        return error
    finally:
        connection.execute("RELEASE one")
    return rows


def _tell(rows: asyncio.Future[Rows], outcome: Rows | Exception) -> None:
    if rows.done():  # who asked has gone
        return
    if isinstance(outcome, Exception):
        rows.set_exception(outcome)
    else:
        rows.set_result(outcome)
