"""When answers leave that have found nothing: not as soon as they are made, but with the tick.

Whether a row is there that its viewer may not see takes the database some microseconds more to
find out than that there is none. Whoever asks often enough could tell the one from the other, as
far as an answer leaves when it is ready. So it is held until a whole multiple of `TICK` has passed
since its operation began: what took 390 microseconds and what took 399 is answered at one moment.
Where the two fall on different sides of a tick, the difference is there, but seldom.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from app.alarm import until

#: Nanoseconds. Most of what finds nothing is ready within the first.
TICK = 1_000_000

#: Waits until the next tick after some moment, which is one of `time.monotonic_ns()`.
Hold = Callable[[int], Awaitable[None]]


def due(began: int, now: int, tick: int = TICK) -> int:
    """The first moment from now on that is a whole number of ticks after the beginning."""
    return now + (began - now) % tick


async def hold(began: int) -> None:
    """Wait until the tick is due that comes next; may be cancelled as any waiting."""
    await until(due(began, time.monotonic_ns()))
