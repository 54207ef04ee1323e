"""What is told when the process is asked to end, before it waits for what is under way.

A stream of events has no end of its own: the server would wait for it until it loses patience.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_told: set[Callable[[], object]] = set()


@contextmanager
def on_stop(then: Callable[[], object]) -> Iterator[None]:
    """Call `then` if the process is asked to end within the block."""
    _told.add(then)
    try:
        yield
    finally:
        _told.discard(then)


def watch() -> None:
    """From now on the running event loop hears of the signals, and after it who did so before."""
    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        for each in SIGNALS:
            _watch(loop, each)


def _watch(loop: asyncio.AbstractEventLoop, number: int) -> None:
    before = signal.getsignal(number)

    def heard(number_: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(_tell)
        if callable(before):
            before(number_, frame)

    if callable(before):  # else nobody would end the process
        signal.signal(number, heard)


def _tell() -> None:
    for then in list(_told):
        then()
