"""What is to happen to work that takes long, at next to no cost for work that does not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

Loop = asyncio.AbstractEventLoop

#: Seconds by which a timer of an event loop may come early.
RESOLUTION = 0.001


@dataclass(slots=True)
class Wait:
    """Calls `then` when it is due, a time of the event loop, unless it has ended by then."""

    due: float
    then: Callable[[], object] | None

    def end(self) -> None:
        self.then = None


class Patience:
    """Waits of `seconds` each, all on one timer of the event loop.

    As all are equally long, they are due in the order in which they began. One that has ended
    leaves no more behind, for as long as it would have lasted, than its place in the queue.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._queues: WeakKeyDictionary[Loop, deque[Wait]] = WeakKeyDictionary()

    def wait(self, then: Callable[[], object]) -> Wait:
        """Begin to wait, in the event loop that is running."""
        loop = asyncio.get_running_loop()
        if (queue := self._queues.get(loop)) is None:
            queue = self._queues[loop] = deque()
        wait = Wait(loop.time() + self.seconds, then)
        queue.append(wait)
        if len(queue) == 1:
            loop.call_at(wait.due, self._look, loop, queue)
        return wait

    def _look(self, loop: Loop, queue: deque[Wait]) -> None:
        """Call what is due; come back for what is not."""
        due = []
        while queue and (queue[0].then is None or queue[0].due <= loop.time() + RESOLUTION):
            due.append(queue.popleft())
        if queue:
            loop.call_at(queue[0].due, self._look, loop, queue)
        for wait in due:
            if wait.then is not None:
                wait.then()


#: Most operations are done by then.
PATIENCE = Patience(0.05)
