"""Cancelling work from outside, and telling that cancellation from others."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from app.patience import PATIENCE


class Interruption:
    """May cancel, until it ends, the task that made it.

    A cancellation from elsewhere at the same time goes on as such, as with `asyncio.timeout`. As a
    context manager it ends with its block, which it leaves quietly where it has come.
    """

    __slots__ = ("_cancelling", "_come", "_over", "_task")

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._over = self._come = False

    def come(self) -> None:
        """Cancel the task; for callbacks."""
        if not self._over:
            self._come = True
            self._task.cancel()

    def end(self) -> bool:
        """Whether the task was cancelled, and by nobody else."""
        self._over = True
        return self._come and self._task.uncancel() <= self._cancelling

    @property
    def has_come(self) -> bool:
        return self._come

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> bool:
        return self.end() and kind is asyncio.CancelledError


class Deadline:
    """`with Deadline(seconds):` is `async with asyncio.timeout(seconds):`, and cheaper.

    It has no timer of its own for work that ends soon, and is late by as much as `PATIENCE` where
    the deadline is sooner than that.
    """

    __slots__ = ("_interruption", "_seconds", "_timer", "_wait")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._interruption = Interruption()
        self._wait = PATIENCE.wait(self._begin)

    def _begin(self) -> None:
        left = max(0.0, self._seconds - PATIENCE.seconds)
        self._timer = asyncio.get_running_loop().call_later(left, self._interruption.come)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._wait.end()
        del self._wait  # which holds this: all is freed at once, and not by the garbage collector
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._interruption.end() and kind is asyncio.CancelledError:
            raise TimeoutError from error
