"""A deadline is `asyncio.timeout`, whatever else happens to the task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.interruptions import Deadline, Interruption

Work = Callable[[], Awaitable[object]]


async def short() -> str:
    return "done"


async def late() -> None:
    await asyncio.sleep(30)


async def wrong() -> None:
    await asyncio.sleep(0)
    raise KeyError


async def stubborn() -> str:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        return "anyway"
    return "never"


async def own_cancellation() -> None:
    raise asyncio.CancelledError


async def late_within() -> None:
    with Deadline(30):
        await late()


async def ours(work: Work, seconds: float) -> object:
    with Deadline(seconds):
        return await work()


async def theirs(work: Work, seconds: float) -> object:
    async with asyncio.timeout(seconds):
        return await work()


async def outcome(run: Callable[[Work, float], Awaitable[object]], work: Work) -> object:
    """What comes of it, and how often the task is being cancelled afterwards."""
    task = asyncio.current_task()
    assert task is not None
    try:
        return await run(work, 0.08), task.cancelling()
    except (KeyError, TimeoutError, asyncio.CancelledError) as error:
        return type(error), task.cancelling()


@pytest.mark.parametrize("work", [short, late, wrong, stubborn, own_cancellation, late_within])
async def test_a_deadline_is_a_timeout(work: Work) -> None:
    assert await outcome(ours, work) == await outcome(theirs, work)


async def test_a_cancellation_from_elsewhere_is_one() -> None:
    task = asyncio.ensure_future(ours(late, 30))
    await asyncio.sleep(0.06)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_deadline_ends_when_it_is_due() -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await ours(late, 0.1)
    assert 0.095 <= asyncio.get_running_loop().time() - started < 1


async def test_a_block_that_is_interrupted_ends_quietly() -> None:
    loop = asyncio.get_running_loop()
    with Interruption() as interruption:
        loop.call_soon(interruption.come)
        await late()
    assert interruption.has_come
    interruption.come()
    await asyncio.sleep(0)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_block_that_is_cancelled_by_somebody_else_is_cancelled() -> None:
    ended: list[bool] = []

    async def work() -> None:
        interruption = Interruption()
        try:
            with interruption:
                await late()
        finally:
            ended.append(interruption.has_come)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [False]
