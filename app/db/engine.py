"""The engines: one FIFO writer beside read-only readers on SQLite, a pool on PostgreSQL."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import StaticPool

from app.errors import Unavailable

Answer = TypeVar("Answer")

#: How long a read waits for a connection, in seconds.
READ_TIMEOUT = 5.0

#: PostgreSQL states (SQLSTATE) after which the same transaction may succeed: serialization
#: failure, deadlock, shutdown, start-up, too many connections. Class 08 is a lost connection.
RETRIED = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "53300"})

READER_PRAGMAS = ("PRAGMA query_only = ON", "PRAGMA busy_timeout = 5000")
WRITER_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
)


class StoreInUse(RuntimeError):
    """Another server holds the SQLite file."""


class SerialSession(AsyncSession):
    """A session that several dataloaders share: statements run one after the other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = asyncio.Lock()

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        async with self._turn:
            return await super().execute(*args, **kwargs)


@dataclass
class Store:
    """A database. `reading` gives one snapshot, `write` runs a closure in a transaction."""

    dialect: str
    reader: AsyncEngine
    writer: AsyncEngine
    lock: IO[str] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def open(cls, url: str, *, pool_size: int = 8) -> Store:
        """Engines for a URL; raises `StoreInUse` for a SQLite file that another server holds."""
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            engine = create_async_engine(
                url,
                pool_size=pool_size,
                max_overflow=0,
                pool_timeout=7,
                pool_pre_ping=True,
                hide_parameters=True,
            )
            return cls("postgresql", engine, engine)
        path = Path(parsed.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _hold(path.with_name(path.name + ".lock"))
        # Once for ever, and before any reader can hold the file in its old mode.
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        writer = create_async_engine(url, poolclass=StaticPool, hide_parameters=True)
        _prepare(writer, WRITER_PRAGMAS, "BEGIN IMMEDIATE")
        reader = create_async_engine(
            url, pool_size=pool_size, max_overflow=0, pool_timeout=7, hide_parameters=True
        )
        _prepare(reader, READER_PRAGMAS, "BEGIN DEFERRED")
        return cls("sqlite", reader, writer, lock)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A read-only session in one snapshot; raises `Unavailable` when there is no connection."""
        session = SerialSession(self.reader, expire_on_commit=False, autoflush=False)
        async with session:
            try:
                async with asyncio.timeout(READ_TIMEOUT):
                    await self._connect(session)
            except TimeoutError as error:
                raise Unavailable(UNREACHABLE) from error
            try:
                yield session
            except DBAPIError as error:
                if not retryable(error):
                    raise
                raise Unavailable(UNREACHABLE) from error

    async def _connect(self, session: AsyncSession) -> None:
        """Begin the snapshot, again and again while the database cannot be reached."""
        options: dict[str, Any] = {}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        while True:
            try:
                await session.connection(execution_options=options)
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not retryable(error):
                    raise
                await session.rollback()
                await asyncio.sleep(0.05)
            else:
                return

    async def write(
        self,
        work: Callable[[AsyncSession], Awaitable[Answer]],
        *,
        timeout: float = 7.0,  # noqa: ASYNC109 - the deadline of all attempts together
    ) -> Answer:
        """Run the closure and commit; run it anew when the database asks for that.

        Raises `Unavailable` at the deadline (seconds). The closure must make its ids outside.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._attempts(work)
        except TimeoutError as error:
            raise Unavailable(UNREACHABLE) from error

    async def _attempts(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        delay = 0.01
        while True:
            try:
                return await self._attempt(work)
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not retryable(error):
                    raise
            await asyncio.sleep(delay * (0.5 + random.random()))  # noqa: S311 - jitter
            delay = min(delay * 2, 0.5)

    async def _attempt(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        if self.dialect == "postgresql":
            return await self._transaction(work)
        async with self._turn:
            return await self._transaction(work)

    async def _transaction(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        make = async_sessionmaker(self.writer, expire_on_commit=False)
        async with make() as session, session.begin():
            return await work(session)

    async def ping(self) -> None:
        """Raise `Unavailable` unless the database answers."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections and let another server have the file."""
        await self.reader.dispose()
        await self.writer.dispose()
        if self.lock is not None:
            self.lock.close()


UNREACHABLE = "The database could not be reached in time; try again."


def retryable(error: BaseException) -> bool:
    """Whether the transaction may succeed when it is run again from its start."""
    if isinstance(error, PoolTimeout | OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", "") or "")
    return error.connection_invalidated or state in RETRIED or state.startswith("08")


def _hold(path: Path) -> IO[str]:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreInUse(
            f"Another server uses {path.name.removesuffix('.lock')!r}: stop it, or give this one "
            "a MESHGRAPH_DATA_DIR or MESHGRAPH_DATABASE_URL of its own."
        ) from None
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _prepare(engine: AsyncEngine, pragmas: tuple[str, ...], begin: str) -> None:
    """Set each new connection up, and begin its transactions in the way that is asked for."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
