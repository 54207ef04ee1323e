"""Sessions that several loaders may use at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.retry import (
    BUSY,
    FAILURES,
    LATE,
    UNREACHABLE,
    is_late,
    passes,
    retrying,
)
from app.errors import SnapshotLost, Unavailable

Answer = TypeVar("Answer")


class SerialSession(AsyncSession):
    """An `AsyncSession` that does one thing at a time, in the order it was asked.

    One connection runs one statement at a time, and SQLAlchemy raises when a second
    task comes in between. `scalars` needs no lock of its own: it calls `execute`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turn = asyncio.Lock()

    async def execute(self, *args: Any, **options: Any) -> Any:
        async with self._turn:
            return await super().execute(*args, **options)

    async def scalar(self, *args: Any, **options: Any) -> Any:
        async with self._turn:
            return await super().scalar(*args, **options)

    async def get(self, *args: Any, **options: Any) -> Any:
        async with self._turn:
            return await super().get(*args, **options)

    async def refresh(self, *args: Any, **options: Any) -> None:
        async with self._turn:
            await super().refresh(*args, **options)

    async def flush(self, *args: Any, **options: Any) -> None:
        async with self._turn:
            await super().flush(*args, **options)

    async def rows(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        """The rows of a statement of columns, past the ORM, which takes as long as the driver."""
        async with self._turn:
            connection = await super().connection()
            return await connection.execute(statement, values)


class SnapshotSession(SerialSession):
    """A session for reading, whose first statement begins the snapshot.

    Until that has succeeded nothing has been read, so it is tried again, on another
    connection, for `timeout` seconds; but where the pool has none free in its own time, that is
    the answer, unless the reader is `patient`: others wait as well. A snapshot that is lost later
    is not made again behind the reader's back: what was read before would not agree with what is
    read after.
    Raises Unavailable, in the second case SnapshotLost.
    """

    def __init__(self, *args: Any, timeout: float, patient: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self._timeout = timeout
        self._patient = patient
        self._begun = False

    async def execute(self, *args: Any, **options: Any) -> Any:
        execute: Callable[[], Awaitable[Any]] = partial(
            AsyncSession.execute, self, *args, **options
        )
        return await self._run(execute)

    async def rows(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        async def read() -> CursorResult[*tuple[Any, ...]]:
            connection = await AsyncSession.connection(self)
            return await connection.execute(statement, values)

        return await self._run(read)

    async def _run(self, statement: Callable[[], Awaitable[Answer]]) -> Answer:
        async with self._turn:
            if self._begun:
                return await self._next(statement)
            result = await retrying(partial(self._first, statement), self._timeout)
            self._begun = True
            return result

    async def scalar(self, *args: Any, **options: Any) -> Any:
        return (await self.execute(*args, **options)).scalar()

    async def close(self) -> None:
        """Give the connection back. That it died does not matter to who has read all they want."""
        async with self._turn:
            await self._give_back()

    async def _give_back(self) -> None:
        try:
            await super().close()
        except FAILURES as error:
            if not passes(error):
                raise

    async def _first(self, statement: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            return await statement()
        except FAILURES as error:
            await self._give_back()
            if isinstance(error, NoConnectionFree) and not self._patient:
                raise Unavailable(BUSY) from error
            raise

    async def _next(self, statement: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            return await statement()
        except PendingRollbackError as error:  # the statements after the one that lost it
            raise SnapshotLost(UNREACHABLE) from error
        except FAILURES as error:
            if passes(error):
                raise SnapshotLost(UNREACHABLE) from error
            if is_late(error):
                raise Unavailable(LATE) from error
            raise
