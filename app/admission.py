"""How many operations may be under way at once: in this process, and for one caller.

Whoever finds no room waits for it, first come first served, and not for long: a queue that grows
helps nobody. All anonymous callers together count as one caller.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from app.enforcement import Mode, Watch
from app.errors import TooMany, Unavailable
from app.patience import Patience

#: Seconds that an operation may wait for room.
LONGEST_WAIT = 0.2
#: How many may wait at once, for each seat that there is.
WAITING_PER_SEAT = 8

#: Callers who are remembered before those are dropped who have nothing under way.
MOST_CALLERS = 10_000

_PATIENCE = Patience(LONGEST_WAIT)


@dataclass(frozen=True)
class Rooms:
    """Operations under way at once: that read, that write, and of one caller."""

    reads: int = 64
    writes: int = 16
    caller: int = 16


@dataclass(slots=True)
class Seats:
    """Free seats, and those who wait for one."""

    most: int
    free: int
    waiting: deque[asyncio.Future[bool]] = field(default_factory=deque)

    def leave(self) -> None:
        """Give a seat up, to the first who waits for one."""
        while self.waiting:
            turn = self.waiting.popleft()
            if not turn.done():
                turn.set_result(True)
                return
        self.free += 1

    async def take(self, patience: _Patience) -> bool:
        """Whether there is a seat, or one comes free before the patience ends."""
        if self.free > 0:
            self.free -= 1
            return True
        if len(self.waiting) >= self.most * WAITING_PER_SEAT:
            return False
        turn = patience.turn()
        self.waiting.append(turn)
        try:
            found = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.leave()  # it was handed over while the caller went
            raise
        if not found and turn in self.waiting:  # or who left a seat has passed it over already
            self.waiting.remove(turn)
        return found


class _Patience:
    """The patience of one caller, for all that they wait for."""

    def __init__(self) -> None:
        self._turn: asyncio.Future[bool] | None = None
        self._over = False
        self._wait = _PATIENCE.wait(self._end)

    def turn(self) -> asyncio.Future[bool]:
        """Becomes true when the seat is there, false when the patience has ended."""
        self._turn = asyncio.get_running_loop().create_future()
        if self._over:
            self._turn.set_result(False)
        return self._turn

    def close(self) -> None:
        self._wait.end()

    def _end(self) -> None:
        self._over = True
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(False)


class Admission:
    """Lets operations in, or refuses them; `enter` is sync, as there mostly is room."""

    def __init__(self, rooms: Rooms, mode: Mode = Mode.ENFORCE) -> None:
        self._mode = mode
        self._most = rooms.caller
        self._callers: dict[Hashable, Seats] = {}
        self._reads = Seats(rooms.reads, rooms.reads)
        self._writes = Seats(rooms.writes, rooms.writes)
        self._watch = Watch("concurrency")

    def enter(self, caller: Hashable, *, writes: bool) -> bool:
        """Whether the caller has been let in at once; who has must `leave`, others may `queue`."""
        kind = self._writes if writes else self._reads
        own = self._callers.get(caller)
        if own is None:
            own = self._callers[caller] = Seats(self._most, self._most)
        if own.free > 0 and kind.free > 0:
            own.free -= 1
            kind.free -= 1
            return True
        return False

    def leave(self, caller: Hashable, *, writes: bool) -> None:
        kind = self._writes if writes else self._reads
        if kind.waiting:
            kind.leave()
        else:
            kind.free += 1
        own = self._callers[caller]
        if own.waiting:
            own.leave()
        else:
            own.free += 1
            if len(self._callers) > MOST_CALLERS:
                self._forget()

    async def queue(self, caller: Hashable, *, writes: bool) -> None:
        """Wait to be let in; raises `TooMany` or, where others take the room, `Unavailable`."""
        kind, own = self._writes if writes else self._reads, self._callers[caller]
        if self._mode is not Mode.ENFORCE:
            self._watch.passed(caller)
            own.free -= 1  # less than none: they are missed when the others leave
            kind.free -= 1
            return
        patience = _Patience()
        try:
            await self._take(caller, own, kind, patience)
        finally:
            patience.close()

    async def _take(self, caller: Hashable, own: Seats, kind: Seats, patience: _Patience) -> None:
        if not await own.take(patience):
            raise self._watch.refused(caller, _too_many(own.most))
        seated = False
        try:
            seated = await kind.take(patience)
        finally:
            if not seated:
                own.leave()
        if not seated:
            raise self._watch.refused(caller, _busy(kind.most))

    def _forget(self) -> None:
        """Drop the callers who have nothing under way."""
        busy = {
            caller: own
            for caller, own in self._callers.items()
            if own.free < own.most or own.waiting
        }
        self._callers = busy


def _too_many(allowed: int) -> TooMany:
    message = f"concurrency: {allowed} of your operations are under way, and no more are allowed."
    return TooMany(message, limits=_report("concurrency", allowed))


def _busy(allowed: int) -> Unavailable:
    message = "The service has as many operations under way as it can do at once; try again."
    return Unavailable(message, limits=_report("service_concurrency", allowed))


def _report(limit: str, allowed: int) -> dict[str, dict[str, int]]:
    return {limit: {"allowed": allowed, "found": allowed + 1}}
