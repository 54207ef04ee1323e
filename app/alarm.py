"""Waiting until a moment, to some microseconds.

The timers of an event loop do not do: they count milliseconds from when the loop last looked, so
that whoever begins to wait later goes on later. Here a timer of the kernel (timerfd_create(2)) is
set to the moment itself; where there is none, as on other systems, it is the loop's after all.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import time
import weakref
from collections.abc import MutableMapping
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count

#: time.h and sys/timerfd.h of Linux.
_MONOTONIC, _ABSOLUTE = 1, 1
_SECOND = 1_000_000_000


class _Setting(ctypes.Structure):
    """`struct itimerspec`: an interval, which is none, and the moment."""

    _fields_ = (
        ("interval_seconds", ctypes.c_long),
        ("interval_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class Alarm:
    """One timer, for all that waits in one event loop, which must be the one that is running.

    Raises OSError where the process may have no file for it, AttributeError where the system has
    no such timers.
    """

    def __init__(self) -> None:
        self._system = ctypes.CDLL(None, use_errno=True)
        self._file = self._system.timerfd_create(_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "no timer")
        weakref.finalize(self, os.close, self._file)  # the loop has this, and goes first
        self._waits: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        asyncio.get_running_loop().add_reader(self._file, self._ring)

    async def wait(self, moment: int) -> None:
        """Return at a moment of `time.monotonic_ns()` to come, or soon after it."""
        ready = asyncio.get_running_loop().create_future()
        heappush(self._waits, (moment, next(self._numbers), ready))
        if self._waits[0][2] is ready:
            self._set(moment)
        await ready

    def _ring(self) -> None:
        """Let go on whoever is due, and set the timer for who is next."""
        with suppress(BlockingIOError):  # it has been set anew in the meantime
            os.read(self._file, 8)
        now = time.monotonic_ns()
        while self._waits and self._waits[0][0] <= now:
            ready = heappop(self._waits)[2]
            if not ready.done():  # as it is where its task was cancelled
                ready.set_result(None)
        if self._waits:
            self._set(self._waits[0][0])

    def _set(self, moment: int) -> None:
        seconds, nanoseconds = divmod(moment, _SECOND)
        setting = _Setting(0, 0, seconds, nanoseconds)
        self._system.timerfd_settime(self._file, _ABSOLUTE, ctypes.byref(setting), None)


_ALARMS: MutableMapping[asyncio.AbstractEventLoop, Alarm] = weakref.WeakKeyDictionary()


async def until(moment: int) -> None:
    """Return at a moment of `time.monotonic_ns()`, never before; at once where it is past."""
    if moment <= time.monotonic_ns():
        return  # a timer that is set to 0 never rings
    loop = asyncio.get_running_loop()
    try:
        alarm = _ALARMS.get(loop)
        if alarm is None:
            alarm = _ALARMS[loop] = Alarm()
    except (OSError, AttributeError, NotImplementedError):
        await asyncio.sleep(max(0, moment - time.monotonic_ns()) / _SECOND)
        return
    await alarm.wait(moment)
