"""What is counted, as Prometheus reads it.

With several worker processes the counts of all of them are in files of one folder, where
`PROMETHEUS_MULTIPROC_DIR` says, and whichever is asked adds them up.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.errors import Problem
from app.figures import OTHER, Figures
from app.occupancy import Occupancy

#: Read by prometheus-client when it is imported: to be set before a process begins.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

#: Bounds of the histograms: seconds of requests, seconds of long work, statements, seconds of lag.
QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60)
FEW = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
LATE = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)

REQUESTS = Counter(
    "meshgraph_requests",
    "HTTP requests, by operation, by who executed it, by status and by the first error.",
    ["operation", "executor", "status", "outcome"],
)
REQUEST_SECONDS = Histogram(
    "meshgraph_request_seconds",
    "Time from a request to the end of its answer.",
    ["operation", "executor"],
    buckets=QUICK,
)
STATEMENTS = Histogram(
    "meshgraph_statements", "SQL statements of an operation.", ["operation"], buckets=FEW
)
WORK_SECONDS = Histogram(
    "meshgraph_work_seconds",
    "Time that an import, a registration or an evaluation took before it was stored.",
    ["work", "outcome"],
    buckets=LONG,
)
LOOP_LAG = Histogram(
    "meshgraph_event_loop_lag_seconds",
    "How late a timer of one second was: other work kept the event loop.",
    buckets=LATE,
)
REST_CALLS = Counter(
    "meshgraph_rest_calls",
    "Calls of REST endpoints, counted when the ledger is written.",
    ["endpoint", "status"],
)
SUBSCRIBERS = Gauge(
    "meshgraph_subscribers", "Subscriptions that are open.", multiprocess_mode="livesum"
)
PROCESSES = Gauge("meshgraph_processes", "Server processes.", multiprocess_mode="livesum")

EXCEEDED = Counter(
    "meshgraph_limit_exceeded", "Requests beyond a limit, by what it did.", ["limit", "mode"]
)

#: Each field of an `Occupancy`, of every pool.
POOLS: Final = tuple(
    (
        field,
        Gauge(f"meshgraph_pool_{field}", meaning, ["pool"], multiprocess_mode="livesum"),
    )
    for field, meaning in (
        ("size", "Connections or processes that a pool may have."),
        ("taken", "Connections or processes of a pool that are in use."),
        ("waiting", "Callers who wait for a connection or a process of a pool."),
    )
)

Pools = Callable[[], Mapping[str, Occupancy]]

SECONDS = 1.0
_OF_A_PROCESS = re.compile(r"gauge_live\w+_(\d+)\.db")


def record(figures: Figures, status: int | None, seconds: float) -> None:
    """Count a request that has ended; no status: the client went before."""
    operation, executor = figures.operation or OTHER, figures.executor or "none"
    outcome = figures.outcome or _outcome(status)
    _requests(operation, executor, status, outcome).inc()
    _seconds(operation, executor).observe(seconds)
    if figures.executor is not None:
        _statements(operation).observe(figures.statements)


def _outcome(status: int | None) -> str:
    """What a status says, where no error has a code."""
    if status is None:
        return "left"
    if status >= 400:  # noqa: PLR2004 - HTTP
        return "failed" if status >= 500 else "refused"  # noqa: PLR2004 - HTTP
    return "ok"


# Labels are looked up in prometheus-client under a lock; there are few, and they come again.
_CACHED: Final = 4096


@lru_cache(_CACHED)
def _requests(operation: str, executor: str, status: int | None, outcome: str) -> Counter:
    return REQUESTS.labels(operation, executor, "none" if status is None else status, outcome)


@lru_cache(_CACHED)
def _seconds(operation: str, executor: str) -> Histogram:
    return REQUEST_SECONDS.labels(operation, executor)


@lru_cache(_CACHED)
def _statements(operation: str) -> Histogram:
    return STATEMENTS.labels(operation)


@contextmanager
def timed(work: str) -> Iterator[None]:
    """Time the block, by the outcome: `ok`, the code of a problem, or `failed` for all else."""
    started, outcome = time.perf_counter(), "failed"
    try:
        yield
        outcome = "ok"
    except Problem as problem:
        outcome = str(problem.code)
        raise
    finally:
        WORK_SECONDS.labels(work, outcome).observe(time.perf_counter() - started)


def look(pools: Pools) -> None:
    """Note how full the pools of this process are."""
    PROCESSES.set(1)
    for pool, occupancy in pools().items():
        for field, gauge in POOLS:
            gauge.labels(pool).set(getattr(occupancy, field))


@asynccontextmanager
async def watching(pools: Pools) -> AsyncIterator[None]:
    """Watch the event loop and the pools as long as the block lasts."""
    task = asyncio.create_task(_watch(pools))
    try:
        yield
    finally:
        task.cancel()


async def _watch(pools: Pools) -> None:
    """Each second, how late the event loop is and how full the pools are."""
    loop = asyncio.get_running_loop()
    while True:
        look(pools)
        due = loop.time() + SECONDS
        await asyncio.sleep(SECONDS)
        LOOP_LAG.observe(max(0.0, loop.time() - due))


def exposition() -> bytes:
    """All counts, of all worker processes; files are read, so not for the event loop."""
    if (folder := os.environ.get(FOLDER)) is None:
        return generate_latest()
    _forget_ended(Path(folder))
    registry = CollectorRegistry()
    registry.register(Filled(folder))
    return generate_latest(registry)


class Filled(MultiProcessCollector):
    """Adds up the files of a folder, but for those that a process is just making.

    They are empty for a moment, and prometheus-client fails on one.
    """

    def __init__(self, folder: str) -> None:
        super().__init__(None, folder)  # type: ignore[no-untyped-call] # its own lack
        self._folder = Path(folder)

    def collect(self) -> Iterable[Metric]:
        files = [str(file) for file in self._folder.glob("*.db") if _size(file)]
        added: Iterable[Metric] = self.merge(files)  # type: ignore[no-untyped-call]
        return added


def _size(file: Path) -> int:
    """The bytes of a file: none, if it has been removed in the meantime."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _forget_ended(folder: Path) -> None:
    """Drop what processes that have ended had open; what they counted stays."""
    for file in folder.glob("gauge_live*.db"):
        found = _OF_A_PROCESS.fullmatch(file.name)
        if found is not None and not Path(f"/proc/{found[1]}").exists():
            with suppress(FileNotFoundError):  # another process looks as well
                mark_process_dead(int(found[1]), str(folder))  # type: ignore[no-untyped-call]


@contextmanager
def shared(*, wanted: bool) -> Iterator[None]:
    """A folder for the counts of processes that begin in the block, unless the operator has one."""
    if not wanted or FOLDER in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="meshgraph-metrics-") as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
