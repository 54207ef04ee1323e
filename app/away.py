"""Where work is done that could harm the server, or hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from app.occupancy import Occupancy

Result = TypeVar("Result")


class Away(Protocol):
    """Runs functions where they can do no harm, such as `app.workers.Workers`."""

    async def run(
        self, function: Callable[..., Result], /, *arguments: Any, seconds: float
    ) -> Result: ...
    def occupancy(self) -> Occupancy: ...
    async def close(self) -> None: ...


class Here:
    """Runs them in a thread of this process: where nobody else waits, and starting one costs."""

    async def run(
        self, function: Callable[..., Result], /, *arguments: Any, seconds: float
    ) -> Result:
        """What the function returns; raises TimeoutError, while the thread goes on."""
        async with asyncio.timeout(seconds):
            return await asyncio.to_thread(function, *arguments)

    def occupancy(self) -> Occupancy:
        """There is no room of its own."""
        return Occupancy(0, 0)

    async def close(self) -> None:
        """There is nothing to end."""
