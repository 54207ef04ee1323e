"""Asking a database whether it can be read and written, beside all that others ask of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.retry import FAILURES
from app.errors import Unavailable

#: Seconds within which a database answers that is well.
TIMEOUT = 2.0
#: Seconds for which nobody is told that the database can be written, after it could not.
DOUBT = 1.5

UNREADABLE = "the database does not answer."
UNWRITABLE = "the database is full, read-only or a standby."

READ_ONLY = text("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean")


@dataclass
class Health:
    """Asks over connections of `engine`, which are nobody else's, and on SQLite of `writer`.

    `turn` is that of the one who writes to the file.
    """

    dialect: str
    engine: AsyncEngine
    writer: AsyncEngine
    turn: asyncio.Lock
    clock: Callable[[], float] = time.monotonic
    _doubted: float = field(default=float("-inf"))

    def doubt(self) -> None:
        """Somebody could not write, for want of room or of rights to."""
        self._doubted = self.clock()

    async def check_reading(self) -> None:
        """Raises `Unavailable` unless something can be read."""
        await _within(self._read(), UNREADABLE)

    async def check_writing(self) -> None:
        """Raises `Unavailable` where it is known that nothing can be written."""
        if self.dialect == "sqlite":
            await _within(self._write(), UNWRITABLE)
        elif self.clock() - self._doubted < DOUBT or await _within(self._is_closed(), UNREADABLE):
            raise Unavailable(UNWRITABLE)

    async def close(self) -> None:
        await self.engine.dispose()

    async def _read(self) -> None:
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def _is_closed(self) -> bool:
        async with self.engine.connect() as connection:
            return bool((await connection.execute(READ_ONLY)).scalar_one())

    async def _write(self) -> None:
        """Write the file's header as it is, which takes a page and a sync as any write does.

        Where others are writing all the time, they tell.
        """
        try:
            async with asyncio.timeout(TIMEOUT / 2):
                await self.turn.acquire()
        except TimeoutError:
            return
        try:
            async with self.writer.begin() as connection:
                version = int((await connection.execute(text("PRAGMA user_version"))).scalar_one())
                await connection.exec_driver_sql(f"PRAGMA user_version = {version}")
        finally:
            self.turn.release()


async def _within(work: Awaitable[bool | None], otherwise: str) -> bool | None:
    try:
        async with asyncio.timeout(TIMEOUT):
            return await work
    except (*FAILURES, TimeoutError) as error:
        raise Unavailable(otherwise) from error
