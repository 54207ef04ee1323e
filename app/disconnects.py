"""Work that ends when the caller stops waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.interruptions import Interruption
from app.patience import PATIENCE, Patience

Result = TypeVar("Result")


async def while_connected(
    receive: Receive, work: Awaitable[Result], *, patience: Patience = PATIENCE
) -> Result:
    """The result of `work`; cancels it and raises `ClientDisconnect` when the client goes first.

    Otherwise abandoned requests keep their database connections. The client is watched, by a task
    of its own, once the work has lasted as long as `patience`. The body must have been read.
    """
    watch = _Watch(receive)
    wait = patience.wait(watch.begin)
    try:
        return await work
    finally:
        wait.end()
        await watch.end()


class _Watch:
    """Cancels the current task when the client goes, until `end`."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._interruption = Interruption()
        self._watcher: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(_disconnected(self._receive))
        self._watcher.add_done_callback(lambda _: self._interruption.come())

    async def end(self) -> None:
        """Stop watching; raises `ClientDisconnect` if the client has gone."""
        gone = self._interruption.end()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        if gone:
            raise ClientDisconnect


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
