"""The moment of a tick: counted from the beginning, never past, and never more than one away."""

from __future__ import annotations

import pytest

from app import ticks
from app.ticks import TICK, due, hold

#: When an operation began and was ready, and when its answer leaves.
CASES = {
    "at once": ((7, 7), 7),
    "within the first tick": ((7, 397), 1007),
    "a little later": ((7, 406), 1007),
    "as it ends": ((7, 1007), 1007),
    "within the second": ((7, 1008), 2007),
    "much later": ((1_000_000, 1_123_456), 1_124_000),
}


@pytest.mark.parametrize(("moments", "expected"), CASES.values(), ids=CASES)
def test_when_a_tick_is_due(moments: tuple[int, int], expected: int) -> None:
    assert due(*moments, tick=1000) == expected


@pytest.mark.parametrize("ready", [390_000, 399_000])
async def test_what_began_together_is_held_until_one_moment(
    monkeypatch: pytest.MonkeyPatch, ready: int
) -> None:
    began, waited = 5_000_000_123, list[int]()

    async def until(moment: int) -> None:
        waited.append(moment)

    monkeypatch.setattr(ticks, "until", until)
    monkeypatch.setattr("time.monotonic_ns", lambda: began + ready)
    await hold(began)
    assert waited == [began + TICK]
