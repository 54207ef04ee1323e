"""Signs of life for connections on which nothing happens for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect

from app.patience import Patience


class Heartbeat:
    """Calls `beat` each time that `patience` ends, until `end`, or `lost` where nobody is there.

    Between two beats there is no task.
    """

    __slots__ = ("_beat", "_lost", "_patience", "_task", "_wait")

    def __init__(
        self,
        patience: Patience,
        beat: Callable[[], Awaitable[object]],
        lost: Callable[[], object],
    ) -> None:
        self._patience = patience
        self._beat = beat
        self._lost = lost
        self._task: asyncio.Task[None] | None = None
        self._wait = patience.wait(self._due)

    def _due(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._beat()
        except ClientDisconnect:
            self._lost()
        else:
            self._wait = self._patience.wait(self._due)
        self._task = None

    async def end(self) -> None:
        """No beat begins or goes on after this."""
        self._wait.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._wait.end()
        del self._wait  # which holds this
