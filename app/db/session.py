"""Sessions that several loaders may use at once."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.retry import FAILURES, passes, unavailable


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


class SnapshotSession(SerialSession):
    """A session for reading. A snapshot that was lost is not made again behind the reader's back:
    what was read before would not agree with what is read after. Raises Unavailable instead.
    """

    async def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().execute(*args, **options)
        except PendingRollbackError as error:  # the statements after the one that lost it
            raise unavailable() from error
        except FAILURES as error:
            if passes(error):
                raise unavailable() from error
            raise

    async def scalar(self, *args: Any, **options: Any) -> Any:
        return (await self.execute(*args, **options)).scalar()
