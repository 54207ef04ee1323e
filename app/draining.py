"""Stopping so that no caller notices: first everybody is told, then the server stops.

A server that closes idle connections the moment it is told to stop loses requests that are on
their way in them. So for a while it answers as before, and each answer says `Connection: close`.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from app.notifying import notify

Handler = Callable[[int, FrameType | None], Any]


class Drain:
    """Whether this process has been told to stop; `seconds` later it does.

    Only the first SIGTERM counts: a supervisor and its process group may both send one.
    """

    __slots__ = ("_loop", "_stop", "_timer", "seconds", "under_way")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.under_way = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: Handler | None = None
        self._timer: asyncio.TimerHandle | None = None

    def listen(self) -> None:
        """Take SIGTERM over from the server that runs this, for which it is put off."""
        if threading.current_thread() is not threading.main_thread():
            return
        stop = signal.getsignal(signal.SIGTERM)
        if callable(stop):
            self._loop, self._stop = asyncio.get_running_loop(), stop
            signal.signal(signal.SIGTERM, self._told)

    def begin(self) -> None:
        """Tell everybody, and stop when they have had the time to go."""
        if not self.under_way:
            self.under_way = True
            notify("STOPPING=1")
            self._timer = asyncio.get_running_loop().call_later(self.seconds, self._end)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.begin)

    def _end(self) -> None:
        if self._stop is not None:
            self._stop(signal.SIGTERM, None)
