"""Limits that can be tried out before they refuse anybody: off, warn, enforce."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import TypeVar

import structlog

from app.errors import Problem
from app.metrics import EXCEEDED
from app.recent import Recent

#: Seconds between two lines of the log about the same limit and caller.
QUIET = 60.0
MOST_CALLERS = 1_000

Refusal = TypeVar("Refusal", bound=Problem)

log = structlog.get_logger()


class Mode(StrEnum):
    """What a limit does when it is exceeded: `warn` counts and logs, and lets pass."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class Watch:
    """Counts and logs how often one limit is exceeded."""

    def __init__(self, limit: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._counters = {mode: EXCEEDED.labels(limit, mode) for mode in (Mode.WARN, Mode.ENFORCE)}
        self._told: Recent[Hashable, float] = Recent(MOST_CALLERS)

    def passed(self, caller: Hashable) -> None:
        """The limit was exceeded, and the caller let pass."""
        self.told(Mode.WARN, caller)

    def refused(self, caller: Hashable, refusal: Refusal) -> Refusal:
        """The limit was exceeded, and this is the answer."""
        self.told(Mode.ENFORCE, caller)
        return refusal

    def told(self, mode: Mode, caller: Hashable) -> None:
        """The limit was exceeded, and that is what it does."""
        self._counters[mode].inc()
        now = self._clock()
        before = self._told.get(caller)
        if before is None or now - before >= QUIET:
            self._told.add(caller, now)
            log.warning("limit_exceeded", limit=self._limit, mode=str(mode), caller=str(caller))
