"""Processes for work that content can make long, large or fatal: parsing, importing, evaluating.

What happens in one leaves the server as it is: it has a limit of memory, is killed when it is
late or nobody waits for it any more, and is replaced. It does not outlive the server.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, TypeVarTuple

from pebble import ProcessExpired, ProcessPool

from app import worker_process
from app.errors import LimitExceeded, Unavailable
from app.occupancy import Occupancy
from app.worker_process import OUT_OF_MEMORY, prepare, work

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MIB = 1024 * 1024
ATTEMPTS = 2
LOST_SECONDS = 20.0  # after its deadline: work of which nothing is heard, even no failure


class Workers:
    """At most `count` worker processes, started when first used.

    `memory_bytes` is the address space of each. When all are busy, `waiting` calls may wait.
    `preload` names modules that are loaded once, so that a worker starts sooner; the work must
    find all it needs in its arguments.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        memory_bytes: int = 1536 * MIB,
        waiting: int = 32,
        preload: Sequence[str] = (),
    ) -> None:
        self._count = count
        self._memory_bytes = memory_bytes
        self._most_waiting = waiting
        self._preload = [worker_process.__name__, *preload]
        self._free = asyncio.Semaphore(count)
        self._waiting = 0
        self._running: dict[asyncio.Future[bytes], ProcessPool] = {}
        self._pool: ProcessPool | None = None
        self._renewing = threading.Lock()
        self._closed = False

    async def run(self, function: Callable[[*Ts], T], *args: *Ts, seconds: float) -> T:
        """What a function of a module returns, called in a worker; what it raises is raised.

        Function, arguments and result must be picklable. `seconds` starts with the call of the
        function. Raises LimitExceeded for work that takes longer, needs too much memory or ends
        its process, and Unavailable when too many wait or the workers have failed. To cancel
        the caller kills the work.
        """
        async with self._turn():
            outcome = await self._outcome(seconds, function, args)
        done, value = pickle.loads(outcome)  # noqa: S301 - a worker's, which runs this code
        if done:
            result: T = value
            return result
        raise value

    def occupancy(self) -> Occupancy:
        busy = len(self._running)
        return Occupancy(self._count, busy, self._waiting)

    async def close(self) -> None:
        """End all work: its callers get Unavailable, and no worker is left."""
        self._closed = True
        for waiter in tuple(self._running):
            waiter.cancel()
        await asyncio.to_thread(self._end)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A worker's time. No more is handed to the pool than its workers can begin with."""
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise Unavailable("All workers are busy, and enough work is waiting for them.")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    async def _outcome(
        self, seconds: float, function: Callable[..., object], args: object
    ) -> bytes:
        """Tried again if the pool breaks: that can be for other work, or for an idle worker."""
        for _ in range(ATTEMPTS):
            pool = self._pool
            if pool is None or self._closed or not pool.active:
                pool = await self._other_than(pool)
            with suppress(BrokenProcessPool):
                return await self._attempt(pool, seconds, function, args)
        raise _failed()

    async def _attempt(
        self, pool: ProcessPool, seconds: float, function: Callable[..., object], args: object
    ) -> bytes:
        try:
            future = pool.schedule(work, (seconds, function, args), timeout=seconds)
        except RuntimeError as error:  # since it was looked at
            raise BrokenProcessPool from error
        waiter: asyncio.Future[bytes] = asyncio.wrap_future(future)
        self._running[waiter] = pool
        try:
            await asyncio.wait({waiter}, timeout=seconds + LOST_SECONDS)
            if not waiter.done():
                await self._other_than(pool)
        finally:
            del self._running[waiter]
            waiter.cancel()  # kills what still runs
        return self._result(waiter, seconds)

    def _result(self, waiter: asyncio.Future[bytes], seconds: float) -> bytes:
        try:
            return waiter.result()
        except TimeoutError:
            raise _exceeded(f"took longer than {seconds:g} seconds", seconds=seconds) from None
        except ProcessExpired as error:
            if error.exitcode == OUT_OF_MEMORY:
                text = f"needed more than {self._memory_bytes // MIB} MiB of memory"
                raise _exceeded(text, memory_bytes=self._memory_bytes) from None
            text = f"was ended by the system (status {error.exitcode}): too much memory or time"
            raise _exceeded(text, seconds=seconds, memory_bytes=self._memory_bytes) from None
        except asyncio.CancelledError:  # by `close`, or the pool is given up
            raise _failed() from None

    async def _other_than(self, broken: ProcessPool | None) -> ProcessPool:
        """A pool that works; nothing more is heard of work in a broken one."""
        for waiter in [waiter for waiter, pool in self._running.items() if pool is broken]:
            waiter.cancel()
        return await asyncio.to_thread(self._renew, broken)

    def _renew(self, broken: ProcessPool | None) -> ProcessPool:
        with self._renewing:
            if self._pool is broken:
                self._discard()
            if self._closed:
                raise _failed()
            if self._pool is None:
                self._pool = self._started()
            return self._pool

    def _started(self) -> ProcessPool:
        """Workers are forked from a process that is free of the server's threads."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(self._preload)
        pool = ProcessPool(
            self._count, initializer=prepare, initargs=(self._memory_bytes,), context=context
        )
        try:
            assert pool.active  # asking starts it
        except BrokenProcessPool as error:  # the system has no process to give
            _stop(pool)
            raise _failed() from error
        return pool

    def _end(self) -> None:
        with self._renewing:
            self._discard()

    def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            _stop(pool)


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call] # Pebble types most of itself
    pool.join()


def _exceeded(what: str, **limits: float) -> LimitExceeded:
    """The outcome for work that went over these limits."""
    allowed = {limit: {"allowed": value} for limit, value in limits.items()}
    return LimitExceeded(f"The work {what}.", limits=allowed)


def _failed() -> Unavailable:
    return Unavailable("The workers have ended; the same request may be sent again.")
