"""Waiting until a moment: nobody goes on before it, and those that are due first go on first."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop

from app import alarm
from app.alarm import Alarm, until

MILLISECOND = 1_000_000
Make = Callable[[], asyncio.AbstractEventLoop]
LOOPS: dict[str, Make] = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
EACH_LOOP = pytest.mark.parametrize("make", LOOPS.values(), ids=LOOPS)


async def noted(milliseconds: tuple[int, ...], *, cancelled: int | None = None) -> list[int]:
    """Who goes on, in order; one that waited is cancelled before. Nobody goes on too soon."""
    began, went = time.monotonic_ns(), list[int]()

    async def wait(each: int) -> None:
        await until(began + each * MILLISECOND)
        assert time.monotonic_ns() >= began + each * MILLISECOND
        went.append(each)

    tasks = {each: asyncio.create_task(wait(each)) for each in milliseconds}
    await asyncio.sleep(0)
    if cancelled is not None:
        tasks.pop(cancelled).cancel()
    await asyncio.gather(*tasks.values())
    return went


@EACH_LOOP
def test_who_is_due_first_goes_on_first_and_nobody_before(make: Make) -> None:
    with asyncio.Runner(loop_factory=make) as runner:
        assert runner.run(noted((30, 10, 20, 0))) == [0, 10, 20, 30]
        assert runner.run(noted((20, 5, 10), cancelled=5)) == [10, 20]
        assert runner.run(noted((5,), cancelled=5)) == []
        assert runner.run(noted((10,))) == [10]


async def test_what_is_past_is_not_waited_for() -> None:
    async with asyncio.timeout(30):
        await until(0)
        await until(1)
        await until(time.monotonic_ns() - 1)


def timers() -> int:
    """How many timers of the kernel this process has open."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # what the listing itself has opened
            found += "timerfd" in str(each.readlink())
    return found


@EACH_LOOP
def test_a_loop_has_one_timer_which_goes_with_it(make: Make) -> None:
    gc.collect()
    before = timers()
    with asyncio.Runner(loop_factory=make) as runner:
        for _ in range(3):
            runner.run(noted((1, 2)))
        assert timers() == before + 1
    del runner
    gc.collect()
    assert timers() == before


async def test_without_a_timer_of_the_kernel_the_loops_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Missing(Alarm):
        def __init__(self) -> None:
            raise OSError("too many open files")

    monkeypatch.setattr(alarm, "Alarm", Missing)
    assert await noted((15, 5)) == [5, 15]
