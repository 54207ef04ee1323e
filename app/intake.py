"""Content that a caller names or sends, brought in: fetched, and read by a worker process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.away import Away
from app.errors import BadInput
from app.fetching.fetcher import Fetched, Fetcher
from app.importing.executables import Tools
from app.importing.refusals import Refused

Result = TypeVar("Result")

#: How many addresses are asked at once: the content of each is kept in memory.
MOST_FETCHED = 8


@dataclass(frozen=True)
class Intake:
    """What bringing in needs of the world around: an address to get, a process to read in.

    `seconds` is the longest that reading one thing may take.
    """

    fetcher: Fetcher
    workers: Away
    tools: Tools
    seconds: float = 30.0
    _fetching: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_FETCHED))

    async def fetch(self, url: str) -> Fetched:
        """Get the content of an address that a caller named; raises `BadInput`."""
        async with self._fetching:
            return await self.fetcher.get(url)

    async def read(self, field: str, function: Callable[..., Result], *arguments: Any) -> Result:
        """What the function makes of its arguments, away from the event loop.

        A refusal is a `BadInput` that names the field; raises `LimitExceeded` for what takes too
        long or too much memory.
        """
        try:
            return await self.workers.run(function, *arguments, seconds=self.seconds)
        except Refused as refused:
            raise BadInput(f"{field}: {refused.message}", field=field) from None

    async def close(self) -> None:
        """End the worker processes."""
        await self.workers.close()
