"""Room for those who use a connection: whoever finds none waits, first come first served."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from app.db.retry import BUSY
from app.errors import Unavailable
from app.interruptions import Deadline

#: Seconds that a read waits for a connection: a database that is well has one free long before.
POOL_SECONDS = 1.0


@dataclass
class Room:
    """For `size` at once; who is not patient waits for so many seconds."""

    size: int
    seconds: float = POOL_SECONDS
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.size)

    async def take(self, *, patient: bool) -> None:
        """Return when there is room, which is to be given back; raises `Unavailable`."""
        if patient or not self._free.locked():
            await self._free.acquire()
            return
        try:
            with Deadline(self.seconds):
                await self._free.acquire()
        except TimeoutError as error:
            raise Unavailable(BUSY) from error

    def give_back(self) -> None:
        self._free.release()
