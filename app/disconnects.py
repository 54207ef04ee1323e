"""Work that ends when the caller stops waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

Result = TypeVar("Result")

PATIENCE = 0.05  # seconds; most operations are done by then, and a watcher is a task of its own


async def while_connected(
    receive: Receive, work: Awaitable[Result], *, patience: float = PATIENCE
) -> Result:
    """The result of `work`; cancels it and raises `ClientDisconnect` when the client goes first.

    Otherwise abandoned requests keep their database connections. The client is watched once the
    work has taken `patience` seconds. The body must have been read.
    """
    watch = _Watch(receive, patience)
    try:
        return await work
    finally:
        await watch.end()


class _Watch:
    """Cancels the current task when the client goes, until `end`."""

    def __init__(self, receive: Receive, patience: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._timer = task.get_loop().call_later(patience, self._begin)
        self._over = self._gone = False

    def _begin(self) -> None:
        self._watcher = self._task.get_loop().create_task(_disconnected(self._receive))
        self._watcher.add_done_callback(self._ended)

    def _ended(self, _: asyncio.Task[None]) -> None:
        if not self._over:
            self._gone = True
            self._task.cancel()

    async def end(self) -> None:
        """Stop watching; raises `ClientDisconnect` if the client has gone.

        A cancellation from elsewhere at the same time goes on as such, as with `asyncio.timeout`.
        """
        self._over = True
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        if self._gone and self._task.uncancel() <= self._cancelling:
            raise ClientDisconnect


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
