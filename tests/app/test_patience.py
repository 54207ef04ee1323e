"""Waits are over in their order, each at its time, unless they have ended."""

from __future__ import annotations

import asyncio

from app.patience import Patience


async def test_what_is_due_is_called_in_order_and_what_has_ended_is_not() -> None:
    patience, called = Patience(0.03), list[str]()
    loop = asyncio.get_running_loop()
    started = loop.time()
    patience.wait(lambda: called.append("first"))
    patience.wait(lambda: called.append("ended")).end()
    await asyncio.sleep(0.02)
    patience.wait(lambda: called.append(f"later {loop.time() - started >= 0.045}"))
    await asyncio.sleep(0.02)
    assert called == ["first"]
    await asyncio.sleep(0.03)
    assert called == ["first", "later True"]


async def test_waiting_goes_on_after_a_pause_and_from_what_is_called() -> None:
    patience, called = Patience(0.01), list[str]()
    patience.wait(lambda: patience.wait(lambda: called.append("second")))
    await asyncio.sleep(0.05)
    patience.wait(lambda: called.append("third"))
    await asyncio.sleep(0.03)
    assert called == ["second", "third"]


def test_each_event_loop_has_its_own() -> None:
    patience, called = Patience(0.01), list[int]()

    async def run(number: int) -> None:
        patience.wait(lambda: called.append(number))
        await asyncio.sleep(0.03 * (number > 0))  # the first loop closes before it is due

    for number in range(3):
        asyncio.run(run(number))
    assert called == [1, 2]
