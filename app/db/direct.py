"""Single statements straight to the driver, which need no session, and no transaction.

One statement is a snapshot and a transaction of its own, so nothing else has to be sent for it.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from queue import LifoQueue
from typing import Any, Protocol, TypeAlias

import asyncpg

from app.db.connecting import Line
from app.db.convoy import Convoy, Parameters
from app.db.room import Room
from app.db.search import like
from app.occupancy import Occupancy

#: Plans of the server that a connection keeps. Statements are few, and long.
STATEMENTS = 500
LONGEST_STATEMENT = 1_000_000

#: Seconds that a connection has to say that the statement which was cut off on it has ended.
SETTLING = 2.0

#: Compiling a statement of ours to machine code takes longer than running it. And looking up rows
#: by their key is no dearer than reading them in a row, where they are in memory or on an SSD.
SERVER_SETTINGS = {"jit": "off", "random_page_cost": "1.1"}


def timeout_setting(seconds: float) -> dict[str, str]:
    """The setting by which PostgreSQL ends statements that take longer; none for 0 seconds.

    A second wall: mostly the deadline of an operation comes first, and cancels its statement.
    """
    return {"statement_timeout": f"{seconds * 1000:.0f}"} if seconds else {}


Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Rows = Sequence[Any]


class Direct(Protocol):
    """Runs one statement, its parameters as the driver takes them; returns all rows."""

    async def fetch(self, sql: str, parameters: Parameters, *, patient: bool = False) -> Rows:
        """Raises `Unavailable` where no connection comes free, but for who is patient."""
        ...

    async def row(self, sql: str, parameters: Parameters, *, patient: bool = False) -> Any:
        """The row of a statement that always has one, as `fetch` in all else.

        Those who ask for the same at the same time share a round trip, and a transaction.
        """
        ...

    def occupancy(self) -> Occupancy: ...

    async def close(self) -> None: ...


@dataclass
class PostgreSQL:
    """A few asyncpg connections, which prepare each statement once, or never behind a pooler.

    They are kept by hand: asyncpg's pool resets a connection each time it is given back, which
    here would cost more than the statements, and these leave nothing behind. The connection that
    was used last is used next.
    """

    line: Line
    room: Room
    settings: Mapping[str, str] = field(default_factory=dict)
    _free: list[Connection] = field(default_factory=list)
    _open: int = 0
    _settling: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._reading = Convoy(partial(self._carry, patient=False))
        # Who writes shares what takes longest: the commit.
        self._writing = Convoy(partial(self._carry, patient=True), span=math.inf)

    async def row(self, sql: str, parameters: Parameters, *, patient: bool = False) -> Any:
        return await (self._writing if patient else self._reading).row(sql, parameters)

    async def fetch(self, sql: str, parameters: Parameters, *, patient: bool = False) -> Rows:
        rows, _ = await self._carry(sql, (parameters,), patient=patient)
        return rows

    async def _carry(
        self, sql: str, given: Sequence[Parameters], *, patient: bool
    ) -> tuple[Rows, float]:
        """The rows of the statement with each of the parameters, one after the other.

        And the seconds that it took once there was room.
        """
        await self.room.take(patient=patient)
        began = time.perf_counter()
        try:
            connection = self._alive() or await self._connect()
        except BaseException:
            self.room.give_back()
            raise
        try:
            rows = await self._run(connection, sql, given)
        except (TimeoutError, asyncio.CancelledError):
            task = asyncio.create_task(self._settle(connection))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
            raise
        except BaseException:
            self._take_back(connection)
            raise
        self._take_back(connection)
        return rows, time.perf_counter() - began

    async def _settle(self, connection: Connection) -> None:
        """Take a connection back on which a statement was cut off, unless it is silent.

        Then the network has lost it, and mostly those that are free as well: whoever got one of
        them would wait in vain.
        """
        try:
            await connection.execute("", timeout=SETTLING)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            for each in (connection, *self._free):
                each.terminate()
        finally:
            self._take_back(connection)

    def _take_back(self, connection: Connection) -> None:
        if connection.is_closed():
            self._open -= 1
        else:
            self._free.append(connection)
        self.room.give_back()

    def occupancy(self) -> Occupancy:
        return Occupancy(self.room.size, self._open - len(self._free))

    async def close(self) -> None:
        await asyncio.gather(self._reading.close(), self._writing.close())
        await asyncio.gather(*self._settling, return_exceptions=True)
        while self._free:
            self._open -= 1
            await self._free.pop().close(timeout=self.line.timeout)

    async def _run(self, connection: Connection, sql: str, given: Sequence[Parameters]) -> Rows:
        if not self.line.pooled:
            return await _all(connection, sql, given)
        async with connection.transaction(isolation="read_committed"):  # which has the settings
            return await _all(connection, sql, given)

    def _alive(self) -> Connection | None:
        """A connection that is kept; those that a restart has closed are dropped."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        return None

    async def _connect(self) -> Connection:
        connection = await self.line.connect(
            {**SERVER_SETTINGS, **self.settings},
            statement_cache_size=STATEMENTS,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=LONGEST_STATEMENT,
        )
        self._open += 1
        return connection


async def _all(connection: Connection, sql: str, given: Sequence[Parameters]) -> Rows:
    """One after the other, without waiting in between."""
    if len(given) == 1:
        return await connection.fetch(sql, *given[0])
    found: list[asyncpg.Record] = await connection.fetchmany(sql, given)
    return found


def too_deep(sql: str) -> bool:
    """Whether SQLite's parser, which keeps at most 100 open symbols, gives up on the statement."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"EXPLAIN {sql}")
        except sqlite3.Error as error:  # whatever else is wrong here is found after parsing
            return "stack overflow" in str(error)
    return False


@dataclass
class SQLite:
    """Read-only connections, each used by one thread of a pool at a time."""

    path: str
    room: Room
    pragmas: Mapping[str, object]
    _threads: ThreadPoolExecutor = field(init=False)
    _free: LifoQueue[sqlite3.Connection] = field(default_factory=LifoQueue)
    _asked: int = 0

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(self.room.size, thread_name_prefix="sqlite")
        self._reading = Convoy(partial(self._carry, patient=False))

    async def row(self, sql: str, parameters: Parameters, *, patient: bool = False) -> Any:
        assert not patient, "who writes to SQLite is in a `Group`"
        return await self._reading.row(sql, parameters)

    async def fetch(self, sql: str, parameters: Parameters, *, patient: bool = False) -> Rows:
        rows, _ = await self._carry(sql, (parameters,), patient=patient)
        return rows

    async def _carry(
        self, sql: str, given: Sequence[Parameters], *, patient: bool
    ) -> tuple[Rows, float]:
        self._asked += 1
        try:
            await self.room.take(patient=patient)
            began = time.perf_counter()
            try:
                return await self._fetch(sql, given), time.perf_counter() - began
            finally:
                self.room.give_back()
        finally:
            self._asked -= 1

    async def _fetch(self, sql: str, given: Sequence[Parameters]) -> Rows:
        running: list[sqlite3.Connection] = []
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._threads, partial(self._run, sql, given, running))
        try:
            return await work
        except asyncio.CancelledError:
            for connection in running:
                connection.interrupt()
            raise

    def occupancy(self) -> Occupancy:
        taken = min(self._asked, self.room.size)
        return Occupancy(self.room.size, taken, self._asked - taken)

    async def close(self) -> None:
        await self._reading.close()
        self._threads.shutdown()
        while not self._free.empty():
            self._free.get_nowait().close()

    def _run(
        self, sql: str, given: Sequence[Parameters], running: list[sqlite3.Connection]
    ) -> list[Any]:
        connection = self._connect() if self._free.empty() else self._free.get_nowait()
        running.append(connection)
        try:
            return [row for each in given for row in connection.execute(sql, each).fetchall()]
        finally:
            running.clear()
            self._free.put_nowait(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{self.path}?mode=ro",
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            cached_statements=STATEMENTS,
        )
        connection.create_function("like", 3, like, deterministic=True)
        for name, value in self.pragmas.items():
            connection.execute(f"PRAGMA {name} = {value}")
        return connection
