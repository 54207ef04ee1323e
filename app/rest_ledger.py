"""The ledger of REST calls: counted in memory, written to the store in the background.

A call costs a look-up in a dictionary. What was counted is written every few seconds and when the
service stops; a process that is killed loses what it counted since. Where the acknowledgement of
a commit is lost, what it wrote may be written again: the ledger is evidence, not a bill.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.bugs import describe
from app.db.engine import Store
from app.db.rest_calls import Tally, add, prune
from app.db.retry import FAILURES
from app.errors import Problem
from app.metrics import REST_CALLS

#: Seconds between two writes.
INTERVAL = 5.0
#: Seconds that one write may take, those of a shutdown included.
PATIENCE = 5.0
#: How many keys are counted between two writes; the calls of more callers share one client.
MOST_KEYS = 5_000
#: Bytes of a User-Agent that are looked at, and characters of a client that are kept.
LONGEST_AGENT = 128
LONGEST_CLIENT = 40
UNNAMED, OTHERS = "", "(others)"
ERROR_CLASS = 4

#: RFC 9110 §10.1.5: a User-Agent begins with a product, whose name is a token.
_PRODUCT = re.compile(rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)")

#: Endpoint, user, User-Agent, class of the status.
Key = tuple[str, UUID | None, bytes, int]

log = structlog.get_logger()


@dataclass(slots=True)
class Count:
    """The calls of one key; `last` is the time of the last one, in seconds of the epoch."""

    calls: int = 0
    last: float = 0.0

    def add(self, calls: int, last: float) -> None:
        self.calls += calls
        self.last = max(self.last, last)


def client_of(agent: bytes) -> str:
    """The name of the product that a User-Agent begins with, without its version."""
    found = _PRODUCT.match(agent)
    return found[1].decode("ascii")[:LONGEST_CLIENT] if found else UNNAMED


class Ledger:
    """Counts calls, and adds the counts to the store."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._counts: dict[Key, Count] = {}
        self._turn = asyncio.Lock()

    def note(self, endpoint: str, user: UUID | None, agent: bytes, status: int) -> None:
        """Count a call that has been answered."""
        key = (endpoint, user, agent[:LONGEST_AGENT], status // 100)
        count = self._counts.get(key)
        if count is None:
            count = self._counts.setdefault(self._fit(key), Count())
        count.calls += 1
        count.last = self._clock()

    def _fit(self, key: Key) -> Key:
        endpoint, user, _, status = key
        full = len(self._counts) >= MOST_KEYS
        return (endpoint, user, OTHERS.encode(), status) if full else key

    async def flush(self) -> None:
        """Write what has been counted; raises `Problem` or a failure of the driver."""
        async with self._turn:
            taken, self._counts = self._counts, {}
            if not taken:
                return
            tallies = tallied(taken)
            try:
                await self._store.write(partial(self._write, tallies), timeout=PATIENCE)
            except Problem:  # it may pass: nothing is lost by trying again
                self._put_back(taken)
                raise
            _count_metrics(taken)

    async def _write(self, tallies: Iterable[Tally], session: AsyncSession) -> None:
        await add(session, self._store.dialect, tallies)
        await prune(session)

    def _put_back(self, taken: dict[Key, Count]) -> None:
        for key, count in taken.items():
            fit = key if key in self._counts else self._fit(key)
            self._counts.setdefault(fit, Count()).add(count.calls, count.last)

    @asynccontextmanager
    async def kept(self, interval: float = INTERVAL) -> AsyncIterator[None]:
        """Write in the background for the time of the block, and once more at its end."""
        task = asyncio.create_task(self._keep(interval))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._attempt()

    async def _keep(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await asyncio.shield(self._attempt())

    async def _attempt(self) -> None:
        try:
            await self.flush()
        except (Problem, *FAILURES) as error:
            log.warning("rest_ledger_not_written", **describe(error))


def tallied(counts: dict[Key, Count]) -> list[Tally]:
    """The counts by endpoint, user and client."""
    sums: dict[tuple[str, UUID | None, str], tuple[Count, Count]] = {}
    for (endpoint, user, agent, status), count in counts.items():
        client = OTHERS if agent == OTHERS.encode() else client_of(agent)
        calls, errors = sums.setdefault((endpoint, user, client), (Count(), Count()))
        calls.add(count.calls, count.last)
        if status >= ERROR_CLASS:
            errors.add(count.calls, count.last)
    return [
        Tally(*key, calls.calls, errors.calls, datetime.fromtimestamp(calls.last, UTC))
        for key, (calls, errors) in sums.items()
    ]


def _count_metrics(counts: dict[Key, Count]) -> None:
    for (endpoint, _, _, status), count in counts.items():
        REST_CALLS.labels(endpoint, f"{status}xx").inc(count.calls)
