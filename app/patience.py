"""What is to happen to work that takes long, at next to no cost for work that does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

#: Seconds by which a timer of an event loop may come early.
RESOLUTION = 0.001


@dataclass(slots=True)
class _Waiting:
    """The waits of one event loop that have not ended, those that are due first before others."""

    loop: asyncio.AbstractEventLoop
    waits: dict[Wait, None] = field(default_factory=dict)
    timed: bool = False

    def add(self, wait: Wait) -> None:
        self.waits[wait] = None
        if not self.timed:
            self._come_back(wait.due)

    def _come_back(self, due: float) -> None:
        self.timed = True
        self.loop.call_at(due, self._look)

    def _look(self) -> None:
        """Call what is due; come back for what is not."""
        self.timed = False
        due = []
        for wait in self.waits:
            if wait.due > self.loop.time() + RESOLUTION:
                self._come_back(wait.due)
                break
            due.append(wait)
        for wait in due:
            if wait in self.waits:  # else what was called has ended it
                wait.end()
                wait.then()


@dataclass(slots=True, eq=False)
class Wait:
    """Calls `then` when it is due, a time of the event loop, unless it has ended by then."""

    due: float
    then: Callable[[], object]
    among: _Waiting

    def end(self) -> None:
        self.among.waits.pop(self, None)


class Patience:
    """Waits of `seconds` each, all on one timer of the event loop.

    As all are equally long, they are due in the order in which they began.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waiting: _Waiting | None = None

    def wait(self, then: Callable[[], object]) -> Wait:
        """Begin to wait, in the event loop that is running."""
        loop, waiting = asyncio.get_running_loop(), self._waiting
        if waiting is None or waiting.loop is not loop:  # the former one sees to its own
            waiting = self._waiting = _Waiting(loop)
        wait = Wait(loop.time() + self.seconds, then, waiting)
        waiting.add(wait)
        return wait


#: Most operations are done by then.
PATIENCE = Patience(0.05)
