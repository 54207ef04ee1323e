"""The engines: one FIFO writer beside read-only readers on SQLite, a pool on PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, StaticPool

from app.db.access import WatchedSession, advance
from app.db.connecting import Line, engine_of
from app.db.direct import Direct, PostgreSQL, SQLite, timeout_setting
from app.db.engine_events import count_statements, prepare, read_json
from app.db.grouping import Group, Step
from app.db.health import Health
from app.db.holding import hold
from app.db.inserting import Draft, insertion
from app.db.pragmas import READER_PRAGMAS, WRITER_PRAGMAS
from app.db.retry import FAILURES, retrying
from app.db.room import POOL_SECONDS, Room
from app.db.session import SerialSession, SnapshotSession
from app.errors import Unwritable
from app.figures import current
from app.occupancy import Occupancy

Answer = TypeVar("Answer")

#: Seconds for all attempts together: a restart or a failover of the database mostly takes less.
DEADLINE = 7.0

#: Connections for what must be answered when all others are taken: who is calling, and probes.
RESERVED = 2


@dataclass(frozen=True)
class Statements:
    """Seconds that PostgreSQL gives a statement: one that is all there is to run, and any."""

    one: float = 0.0
    any: float = 0.0


NEVER = Statements()


@dataclass
class Store:
    """A database. `reading` gives one snapshot, `write` runs a closure in a transaction.

    `committed` is called after each commit. Writers of SQLite take turns, first come first served;
    its own waiting is a matter of luck.
    """

    dialect: str
    reader: AsyncEngine
    writer: AsyncEngine
    direct: Direct
    reserve: AsyncEngine
    health: Health
    lock: IO[str] | None = None
    _turn: AbstractAsyncContextManager[None] = field(default_factory=nullcontext)
    group: Group | None = None
    committed: Callable[[], None] = lambda: None

    @classmethod
    def open(
        cls,
        url: str,
        *,
        pool_size: int = 8,
        pool_seconds: float = POOL_SECONDS,
        statement_seconds: Statements = NEVER,
    ) -> Store:
        """Engines for a URL; raises `StoreInUse` for a SQLite file that another server holds.

        PostgreSQL itself ends statements that take longer than `statement_seconds`. Who reads is
        `Unavailable` where no connection has come free in `pool_seconds`; who writes waits on, up
        to the deadline.
        """
        room = Room(pool_size, pool_seconds)
        if make_url(url).get_backend_name() != "sqlite":
            return cls._postgresql(url, room, statement_seconds)
        return cls._sqlite(url, room)

    @classmethod
    def _postgresql(cls, url: str, room: Room, seconds: Statements) -> Store:
        line = Line(make_url(url))

        def engine(size: int) -> AsyncEngine:
            made = engine_of(
                url,
                line,
                timeout_setting(seconds.any),
                **_pool(size, room.seconds),
                isolation_level="READ COMMITTED",  # stated: a role or database may set another
                hide_parameters=True,
                json_deserializer=read_json,
            )
            count_statements(made)
            return made

        snapshots = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        writer, reserved = engine(room.size), engine(RESERVED)
        return cls(
            "postgresql",
            writer.execution_options(**snapshots),
            writer,
            PostgreSQL(line, room, timeout_setting(seconds.one)),
            reserved.execution_options(**snapshots),
            Health("postgresql", reserved, writer, asyncio.Lock()),
        )

    @classmethod
    def _sqlite(cls, url: str, room: Room) -> Store:
        parsed = make_url(url)
        path = Path(parsed.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = hold(path.with_name(path.name + ".lock"))
        path.touch(mode=0o600)  # which SQLite gives to the files beside it as well
        # Once for ever, and before any reader can hold the file in its old mode.
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        options: dict[str, Any] = {"hide_parameters": True, "json_deserializer": read_json}
        writer = create_async_engine(url, poolclass=StaticPool, **options)
        prepare(writer, WRITER_PRAGMAS, "BEGIN IMMEDIATE")
        reader = create_async_engine(url, **_pool(room.size, room.seconds), **options)
        prepare(reader, READER_PRAGMAS, "BEGIN DEFERRED")
        rows = SQLite(str(path), room, READER_PRAGMAS)
        reserve = create_async_engine(url, **_pool(RESERVED, room.seconds), **options)
        prepare(reserve, READER_PRAGMAS, "BEGIN DEFERRED")
        turn = asyncio.Lock()
        group = Group(str(path), WRITER_PRAGMAS, lambda: turn)
        health = Health("sqlite", reserve, writer, turn)
        return cls("sqlite", reader, writer, rows, reserve, health, lock, turn, group)

    @asynccontextmanager
    async def reading(
        self,
        *,
        timeout: float = DEADLINE,  # noqa: ASYNC109
        patient: bool = False,
    ) -> AsyncIterator[AsyncSession]:
        """A session on one connection, which sees one snapshot and cannot write.

        The session raises `Unavailable` when there is no connection in time (seconds), or
        when it is lost midway: resolvers' errors do not leave the block. Who is patient has all
        of the time for it, and not what the pool gives alone.
        """
        async with SnapshotSession(
            self.reader, expire_on_commit=False, autoflush=False, timeout=timeout, patient=patient
        ) as session:
            yield session

    async def read(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        """Run a closure that only reads, in one snapshot; anew, in another, when that is lost.

        It has connections of its own: for what has to be known before anything else is done.
        Raises `Unavailable` at the deadline.
        """
        return await retrying(partial(self._snapshot, work), DEADLINE)

    async def _snapshot(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        async with SnapshotSession(
            self.reserve, expire_on_commit=False, autoflush=False, timeout=DEADLINE
        ) as session:
            return await work(session)

    async def fetch(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """The rows of one statement that only reads, in a snapshot of its own.

        Parameters are as the driver takes them. Raises `Unavailable` at the deadline.
        """
        return await _at_once(self.direct.fetch, sql, parameters)

    async def row(self, sql: str, parameters: Sequence[Any]) -> Any:
        """The row of a statement that always has one, as `fetch` in all else."""
        return await _at_once(self.direct.row, sql, parameters)

    async def insert(self, row: Draft, generation: int) -> bool:
        """Insert a row, and the one beside it, by one statement.

        False where nothing was inserted: rights are no longer of that generation, or the id is
        taken, by an earlier attempt of this call or by another row. Raises as `write` does.
        """
        beside = None if row.beside is None else row.beside.table
        made = insertion(row.table, beside, self.dialect)
        steps = [(each.sql, each.parameters(row, generation)) for each in made]
        with self._doubting():
            inserted = await _at_once(self._insert, steps, statements=len(steps))
        self.committed()
        return inserted

    async def _insert(self, steps: Sequence[Step]) -> bool:
        if self.group is not None:
            return bool(await self.group.run(steps))
        ((sql, parameters),) = steps
        (inserted,) = await self.direct.row(sql, parameters, patient=True)
        return bool(inserted)

    async def write(
        self,
        work: Callable[[AsyncSession], Awaitable[Answer]],
        *,
        timeout: float = DEADLINE,  # noqa: ASYNC109 - of all attempts together
    ) -> Answer:
        """Run the closure and commit; run it anew when the database asks for that.

        Raises `Unavailable` at the deadline (seconds), after which a commit may or may not
        have happened. The closure must make its ids outside: it may run again even after a
        commit, when only the acknowledgement was lost.
        """
        return await self.trying(partial(self._transaction, work), timeout)

    async def trying(
        self,
        attempt: Callable[[], Awaitable[Answer]],
        timeout: float,  # noqa: ASYNC109 - of all attempts together
    ) -> Answer:
        """What an attempt comes to that may open a `transaction`; as `write` in all else."""
        with self._doubting():
            return await retrying(attempt, timeout)

    async def _transaction(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        async with self.transaction() as session:
            return await work(session)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SerialSession]:
        """One attempt of a transaction, committed at the end of the block unless that raises."""
        session = SerialSession(
            self.writer, expire_on_commit=False, sync_session_class=WatchedSession
        )
        async with self._turn, session, session.begin():
            yield session
            await advance(session)
        self.committed()

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """The engines that have events of their own: PostgreSQL's reader passes on its writer's."""
        own = (self.writer, self.reserve)
        return own if self.dialect == "postgresql" else (*own, self.reader)

    def pools(self) -> dict[str, Occupancy]:
        """How full the pools of connections are: those of sessions, that of single statements."""
        return {
            "sessions": _occupancy(self.reader),
            "reserve": _occupancy(self.reserve),
            "direct": self.direct.occupancy(),
        }

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Whoever asks whether anything can be written hears of it when that has just failed."""
        try:
            yield
        except Unwritable:
            self.health.doubt()
            raise

    async def close(self) -> None:
        """Close all connections and let another server have the file."""
        await self.direct.close()
        if self.group is not None:
            await self.group.close()
        await self.health.close()
        await self.reader.dispose()
        await self.writer.dispose()
        if self.lock is not None:
            self.lock.close()


def _pool(size: int, seconds: float) -> dict[str, Any]:
    return {"pool_size": size, "max_overflow": 0, "pool_timeout": seconds}


def _occupancy(engine: AsyncEngine) -> Occupancy:
    pool = cast("AsyncAdaptedQueuePool", engine.pool)
    return Occupancy(pool.size(), pool.checkedout())


async def _at_once(
    run: Callable[..., Awaitable[Answer]], *given: Any, statements: int = 1
) -> Answer:
    """Run statements; the deadline of all attempts is only set where the first one fails."""
    figures = current()
    figures.statements += statements
    try:
        return await run(*given)
    except FAILURES:

        async def again() -> Answer:
            figures.statements += statements
            return await run(*given)

        return await retrying(again, DEADLINE)
