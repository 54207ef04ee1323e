"""How many operations are let in at once, who waits, and who is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.admission import Admission, Rooms, Seats
from app.enforcement import Mode
from app.errors import TooMany, Unavailable

ROOMS = Rooms(reads=3, writes=1, caller=2)


@asynccontextmanager
async def let_in(admission: Admission, caller: str, *, writes: bool = False) -> AsyncIterator[None]:
    if not admission.enter(caller, writes=writes):
        await admission.queue(caller, writes=writes)
    try:
        yield
    finally:
        admission.leave(caller, writes=writes)


async def hold(
    admission: Admission, caller: str, until: asyncio.Event, *, writes: bool = False
) -> str:
    async with let_in(admission, caller, writes=writes):
        await until.wait()
    return caller


async def holding(admission: Admission, *callers: str, writes: bool = False) -> asyncio.Event:
    """An event that ends the operations of those callers, which have begun."""
    until = asyncio.Event()
    for caller in callers:
        task = asyncio.create_task(hold(admission, caller, until, writes=writes))
        task.add_done_callback(lambda _: None)
    await asyncio.sleep(0)
    return until


async def test_a_caller_beyond_their_own_limit_is_told_so() -> None:
    admission = Admission(ROOMS)
    until = await holding(admission, "ann", "ann")
    with pytest.raises(TooMany) as refused:
        await hold(admission, "ann", until)
    assert refused.value.extensions == {
        "code": "TOO_MANY_REQUESTS",
        "limits": {"concurrency": {"allowed": 2, "found": 3}},
        "retryAfter": 1,
    }
    async with let_in(admission, "bob"):
        until.set()


async def test_a_busy_service_is_nobodys_fault() -> None:
    admission = Admission(ROOMS)
    until = await holding(admission, "ann", "ann", "bob")
    with pytest.raises(Unavailable) as refused:
        await hold(admission, "cy", until)
    assert refused.value.extensions["limits"] == {"service_concurrency": {"allowed": 3, "found": 4}}
    async with let_in(admission, "cy", writes=True):  # which has room of its own
        until.set()


async def test_who_waits_is_let_in_first_come_first_served() -> None:
    admission, order = Admission(ROOMS), list[str]()
    until = await holding(admission, "ann", writes=True)

    async def wait(caller: str) -> None:
        async with let_in(admission, caller, writes=True):
            order.append(caller)

    waiting = [asyncio.create_task(wait(each)) for each in ("bob", "cy", "dee")]
    await asyncio.sleep(0)
    until.set()
    await asyncio.gather(*waiting)
    assert order == ["bob", "cy", "dee"]


async def test_who_goes_while_waiting_leaves_no_gap() -> None:
    admission = Admission(ROOMS)
    until = await holding(admission, "ann", writes=True)
    waiting = asyncio.create_task(hold(admission, "bob", until, writes=True))
    await asyncio.sleep(0)
    until.set()
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    for _ in range(3):
        async with let_in(admission, "ann", writes=True):
            pass


async def test_after_any_refusal_all_seats_are_there_again() -> None:
    admission = Admission(ROOMS)
    until = await holding(admission, "ann", "ann", "bob")
    refused = await asyncio.gather(
        *(hold(admission, each, until) for each in ("ann", "bob", "cy")), return_exceptions=True
    )
    assert isinstance(refused[0], TooMany)
    assert all(isinstance(each, Unavailable) for each in refused[1:])
    until.set()
    await asyncio.sleep(0)
    for caller in ("ann", "bob", "cy"):
        async with let_in(admission, caller), let_in(admission, caller):
            pass


async def test_a_warning_lets_everybody_in() -> None:
    admission = Admission(ROOMS, Mode.WARN)
    until = await holding(admission, *["ann"] * 10)
    async with let_in(admission, "ann"):
        until.set()
    await asyncio.sleep(0)
    assert admission.enter("ann", writes=False)


async def test_a_seat_comes_free_in_the_moment_in_which_the_patience_ends() -> None:
    turn = asyncio.get_running_loop().create_future()

    class Ending:
        def turn(self) -> asyncio.Future[bool]:
            return turn

    patience: Any = Ending()
    seats = Seats(1, 0)
    waiting = asyncio.create_task(seats.take(patience))
    await asyncio.sleep(0)
    turn.set_result(False)
    seats.leave()  # before the one who waits has heard of it
    assert await waiting is False
    assert (seats.free, len(seats.waiting)) == (1, 0)
