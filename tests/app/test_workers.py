"""Work in processes: what it returns and raises, its limits, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from app.errors import BadInput, LimitExceeded, Unavailable
from app.importing.refusals import Refused, TooLarge, Unsafe
from app.worker_process import NICENESS
from app.workers import LOST_SECONDS, MIB, Workers

ROOT = Path(__file__).parent.parent.parent
IN_TIME = 10.0  # seconds; a worker starts slowly where the machine is busy


@asynccontextmanager
async def workers(count: int = 1, *, waiting: int = 8) -> AsyncIterator[Workers]:
    some = Workers(count, memory_bytes=512 * MIB, waiting=waiting, preload=[__name__])
    try:
        async with asyncio.timeout(IN_TIME + LOST_SECONDS):
            yield some
    finally:
        await some.close()


def add(a: int, b: int) -> int:
    return a + b


def raising(error: BaseException) -> None:
    raise error


def pid() -> int:
    return os.getpid()


def spin(file: str) -> None:
    """Never ends; says in a fifo which process it is."""
    with Path(file).open("w", encoding="ascii") as told:
        told.write(str(os.getpid()))
    while True:
        pass


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def crash(status: int) -> None:
    time.sleep(0.1)
    os._exit(status)


def allocate(size: int) -> int:
    return len(bytes(size))


def limits() -> list[int]:
    kinds = (
        resource.RLIMIT_AS,
        resource.RLIMIT_CORE,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_CPU,
    )
    return [resource.getrlimit(kind)[0] for kind in kinds]


def niceness() -> int:
    return os.nice(0)


def unpicklable() -> Callable[[], int]:
    return lambda: 1


class Demanding(Exception):
    """Cannot be made from its text alone, as unpickling would."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def demanding() -> None:
    raise Demanding("a", "b")


def alive(process: int) -> bool:
    """Whether that process runs; one that has ended and is not yet waited for does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def gone(process: int) -> bool:
    for _ in range(round(IN_TIME / 0.02)):
        if not alive(process):
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    os.mkfifo(tmp_path / "pid")
    return str(tmp_path / "pid")


async def told(fifo: str) -> int:
    """The process that spins."""
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        for _ in range(round(IN_TIME / 0.02)):
            with suppress(BlockingIOError):  # it is open, and nothing is written yet
                if text := os.read(reader, 20):
                    return int(text)
            await asyncio.sleep(0.02)
    finally:
        os.close(reader)
    raise AssertionError("nothing has begun to spin")


async def test_a_result() -> None:
    async with workers() as some:
        assert await some.run(add, 1, 2, seconds=5) == 3
        assert await some.run(len, b"a" * 5_000_000, seconds=5) == 5_000_000
        assert len(await some.run(bytes, 5_000_000, seconds=5)) == 5_000_000
        assert await some.run(pid, seconds=5) != os.getpid()


@pytest.mark.parametrize(
    "error", [Refused("a"), TooLarge("b"), Unsafe("c"), BadInput("d", field="e")]
)
async def test_a_refusal_travels_unchanged(error: Exception) -> None:
    async with workers() as some:
        with pytest.raises(type(error)) as raised:
            await some.run(raising, error, seconds=5)
    assert type(raised.value) is type(error)
    assert vars(raised.value) == vars(error)
    assert raised.value.args == error.args


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        (raising, (KeyError("a"),), KeyError),
        (raising, (SystemExit(1),), RuntimeError),
        (raising, (KeyboardInterrupt(),), RuntimeError),
        (demanding, (), RuntimeError),
        (unpicklable, (), AttributeError),
        (add, (lambda: 1, 1), pickle.PicklingError),
    ],
)
async def test_a_bug_is_an_exception_and_ends_nothing(
    function: Callable[..., object], args: tuple[object, ...], expected: type[Exception]
) -> None:
    async with workers() as some:
        first = await some.run(pid, seconds=5)
        with pytest.raises(expected):
            await some.run(function, *args, seconds=5)
        assert await some.run(pid, seconds=5) == first


async def test_the_traceback_of_a_bug_is_kept() -> None:
    async with workers() as some:
        with pytest.raises(KeyError) as raised:
            await some.run(raising, KeyError("a"), seconds=5)
    assert "in raising" in raised.value.__notes__[0]


async def test_what_a_worker_is_allowed() -> None:
    async with workers() as some:
        memory, core, file, processor = await some.run(limits, seconds=5)
        assert (memory, core, file) == (512 * MIB, 0, 128 * MIB)
        assert 6 <= processor <= 8
        assert await some.run(niceness, seconds=5) == min(os.nice(0) + NICENESS, 19)


async def test_late_work_is_killed(fifo: str) -> None:
    async with workers() as some:
        async with asyncio.TaskGroup() as group:
            spinning = group.create_task(told(fifo))
            with pytest.raises(LimitExceeded, match=r"longer than 0\.3 seconds") as raised:
                await some.run(spin, fifo, seconds=0.3)
        assert raised.value.extensions["limits"] == {"seconds": {"allowed": 0.3}}
        assert await gone(spinning.result())
        assert await some.run(add, 1, 2, seconds=5) == 3


async def test_late_work_that_is_not_python_is_killed_at_once() -> None:
    async with workers() as some:
        assert await some.run(add, 1, 2, seconds=5) == 3
        async with asyncio.timeout(2):
            with pytest.raises(LimitExceeded):
                await some.run(sum, range(10**12), seconds=0.2)


async def test_work_that_needs_too_much_memory() -> None:
    async with workers() as some:
        first = await some.run(pid, seconds=5)
        with pytest.raises(LimitExceeded, match="more than 512 MiB of memory") as raised:
            await some.run(allocate, 1024 * MIB, seconds=5)
        assert raised.value.extensions["limits"] == {"memory_bytes": {"allowed": 512 * MIB}}
        assert await gone(first)
        assert await some.run(allocate, MIB, seconds=5) == MIB


@pytest.mark.parametrize("status", [1, 139])
async def test_work_that_ends_its_process(status: int) -> None:
    async with workers(2) as some:
        other = asyncio.create_task(some.run(sleep, 0.5, seconds=5))
        with pytest.raises(LimitExceeded, match="ended by the system"):
            await some.run(crash, status, seconds=5)
        assert await other == 0.5
        assert await some.run(add, 1, 2, seconds=5) == 3


async def test_an_idle_worker_that_is_killed_is_replaced() -> None:
    async with workers() as some:
        os.kill(first := await some.run(pid, seconds=5), signal.SIGKILL)
        assert await gone(first)
        assert await some.run(pid, seconds=5) != first


async def test_work_beside_a_pool_that_breaks_is_done_again() -> None:
    async with workers(2) as some:
        await some.run(pid, seconds=5)
        pool = some._pool
        assert pool is not None
        sleeping = asyncio.create_task(some.run(sleep, 0.5, seconds=5))
        await asyncio.sleep(0.2)
        pool._pool_manager.handle_broken_pool(BrokenProcessPool())
        assert await sleeping == 0.5
        assert some._pool is not pool


async def test_a_worker_of_which_nothing_is_heard_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.workers.LOST_SECONDS", 0.3)
    async with workers() as some:
        os.kill(first := await some.run(pid, seconds=5), signal.SIGSTOP)
        with pytest.raises(Unavailable, match="sent again"):
            await some.run(add, 1, 2, seconds=0.1)
        assert await gone(first)
        assert await some.run(add, 1, 2, seconds=5) == 3


async def test_without_processes_there_is_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: object) -> None:
        del process
        raise OSError

    async with workers() as some:
        with monkeypatch.context() as patched:
            patched.setattr(ForkServerProcess, "start", refuse)
            with pytest.raises(Unavailable):
                await some.run(add, 1, 2, seconds=5)
        assert await some.run(add, 1, 2, seconds=5) == 3


async def test_work_that_nobody_waits_for_is_killed(fifo: str) -> None:
    async with workers() as some:
        task = asyncio.create_task(some.run(spin, fifo, seconds=60))
        spinning = await told(fifo)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await gone(spinning)
        assert await some.run(add, 1, 2, seconds=5) == 3


async def test_a_caller_that_leaves_the_queue_leaves_no_work() -> None:
    async with workers() as some:
        running = asyncio.create_task(some.run(sleep, 0.3, seconds=5))
        waiting = asyncio.create_task(some.run(sleep, 60.0, seconds=60))
        await asyncio.sleep(0.1)
        waiting.cancel()
        assert await running == 0.3
        async with asyncio.timeout(5):
            assert await some.run(add, 1, 2, seconds=5) == 3


async def test_only_so_many_may_wait() -> None:
    async with workers(1, waiting=2) as some:
        tasks = [asyncio.create_task(some.run(sleep, 0.1, seconds=5)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="busy"):
            await some.run(add, 1, 2, seconds=5)
        assert await asyncio.gather(*tasks) == [0.1] * 3
        assert await some.run(add, 1, 2, seconds=5) == 3


async def test_closing_ends_what_runs_and_what_waits(fifo: str) -> None:
    async with workers() as some:
        running = asyncio.create_task(some.run(spin, fifo, seconds=60))
        waiting = asyncio.create_task(some.run(add, 1, 2, seconds=60))
        spinning = await told(fifo)
        closing = asyncio.create_task(some.close())
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await some.run(add, 1, 2, seconds=5)
        await closing
        assert await gone(spinning)
        outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 2


async def test_workers_that_were_never_used_close() -> None:
    some = Workers()
    await some.close()
    await some.close()


@asynccontextmanager
async def ticking() -> AsyncIterator[None]:
    """The event loop is never held up for long."""
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - start)

    ticks = asyncio.create_task(tick())
    yield
    ticks.cancel()
    assert len(gaps) > 40
    assert max(gaps) < 0.5


async def test_the_server_goes_on_while_a_worker_works(fifo: str) -> None:
    async with ticking(), workers() as some:
        reading = asyncio.create_task(told(fifo))
        with pytest.raises(LimitExceeded):
            await some.run(spin, fifo, seconds=1)
        await reading


async def test_the_server_goes_on_while_workers_start(monkeypatch: pytest.MonkeyPatch) -> None:
    start = ForkServerProcess.start

    def slowly(process: ForkServerProcess) -> None:
        time.sleep(0.6)
        start(process)

    monkeypatch.setattr(ForkServerProcess, "start", slowly)
    async with ticking(), workers(2) as some:
        assert await asyncio.gather(*(some.run(add, 1, 2, seconds=5) for _ in range(4))) == [3] * 4


SERVER = """
import asyncio
import signal, sys
from app.workers import Workers
from tests.app.test_workers import spin
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a background job ignores
workers = Workers(1)
asyncio.run(workers.run(spin, sys.argv[1], seconds=60))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_no_worker_outlives_the_server(how: signal.Signals, fifo: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER, fifo],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    ) as server:
        spinning = await told(fifo)
        assert alive(spinning)
        server.send_signal(how)
        assert await gone(spinning)
        server.kill()


CLOSING = """
import asyncio
from app.workers import Workers

async def main():
    asyncio.get_running_loop().slow_callback_duration = 1  # only to be told of what is wrong
    workers = Workers(2)
    print(await asyncio.gather(*(workers.run(len, "abc", seconds=5) for _ in range(4))))
    await workers.close()

asyncio.run(main())
"""


async def test_a_server_that_closes_them_ends_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", CLOSING]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert (process.returncode, output, errors) == (0, b"[3, 3, 3, 3]\n", b"")
