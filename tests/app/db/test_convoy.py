"""Statements that travel together: each has its own row, and its own failure."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from app.db.convoy import MOST, SPAN, Convoy, Parameters
from app.db.engine import Store

DOUBLE = "double"
#: What the drivers call the same: a parameter that makes the statement fail.
HALVES = {
    "postgresql": ("SELECT 6 / $1::int", (2, 0, 3), "division"),
    "sqlite": ("SELECT abs(?)", (-3, -(2**63), 2), "overflow"),
}


class Road:
    """Doubles numbers, and remembers how they came. Some of them fail, and some take for ever."""

    def __init__(self) -> None:
        self.journeys: list[tuple[str, list[int]]] = []
        self.failing: dict[int, Exception] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.used = asyncio.Event()
        self.broken_off = 0
        self.pace = 0.0

    async def carry(self, sql: str, given: Sequence[Parameters]) -> tuple[list[Any], float]:
        numbers = [number for (number,) in given]
        self.journeys.append((sql, numbers))
        self.used.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.broken_off += 1
            raise
        for number in numbers:
            if number in self.failing:
                raise self.failing[number]
        return [(2 * number,) for number in numbers], self.pace * len(numbers)


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
async def convoy(road: Road) -> AsyncIterator[Convoy]:
    made = Convoy(road.carry)
    yield made
    await made.close()


async def all_of(convoy: Convoy, numbers: Sequence[int], sql: str = DOUBLE) -> list[Any]:
    asked = (convoy.row(sql, (number,)) for number in numbers)
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_those_of_one_turn_travel_together(convoy: Convoy, road: Road) -> None:
    assert await all_of(convoy, [1, 2, 3]) == [(2,), (4,), (6,)]
    assert await all_of(convoy, [4]) == [(8,)]
    assert road.journeys == [(DOUBLE, [1, 2, 3]), (DOUBLE, [4])]


async def test_no_more_than_so_many_travel_together(convoy: Convoy, road: Road) -> None:
    numbers = list(range(2 * MOST + 1))
    assert await all_of(convoy, numbers) == [(2 * number,) for number in numbers]
    assert [len(given) for _, given in road.journeys] == [MOST, MOST, 1]


@pytest.mark.parametrize(
    ("pace", "sizes"),
    [(SPAN, [1, 1, 1, 1]), (0.6 * SPAN, [1, 1, 1, 1]), (0.4 * SPAN, [2, 2]), (SPAN / 100, [4])],
)
async def test_what_takes_long_goes_in_smaller_groups(
    convoy: Convoy, road: Road, pace: float, sizes: list[int]
) -> None:
    road.pace = pace
    await convoy.row(DOUBLE, (0,))
    assert await all_of(convoy, [1, 2, 3, 4]) == [(2,), (4,), (6,), (8,)]
    assert [len(given) for _, given in road.journeys[1:]] == sizes


async def test_who_has_all_the_time_goes_together_however_long_it_takes(road: Road) -> None:
    convoy = Convoy(road.carry, span=math.inf)
    road.pace = SPAN
    await convoy.row(DOUBLE, (0,))
    await all_of(convoy, [1, 2, 3])
    assert [len(given) for _, given in road.journeys] == [1, 3]


async def test_a_statement_that_has_become_quick_goes_together_again(
    convoy: Convoy, road: Road
) -> None:
    road.pace = SPAN
    await convoy.row(DOUBLE, (0,))
    road.pace = 0.0
    for _ in range(20):
        await convoy.row(DOUBLE, (0,))
    del road.journeys[:]
    await all_of(convoy, range(MOST))
    assert [len(given) for _, given in road.journeys] == [MOST]


async def test_other_statements_travel_apart(convoy: Convoy, road: Road) -> None:
    await asyncio.gather(all_of(convoy, [1, 2]), all_of(convoy, [3, 4], "again"))
    assert road.journeys == [(DOUBLE, [1, 2]), ("again", [3, 4])]


async def test_who_makes_it_fail_fails_alone(convoy: Convoy, road: Road) -> None:
    road.failing[2] = asyncpg.UniqueViolationError("2")
    assert await all_of(convoy, [1, 2, 3]) == [(2,), road.failing[2], (6,)]
    assert [given for _, given in road.journeys] == [[1, 2, 3], [1], [2], [3]]


@pytest.mark.parametrize("error", [OSError("gone"), asyncpg.DeadlockDetectedError("met")])
async def test_what_passes_by_itself_is_told_to_all(
    convoy: Convoy, road: Road, error: Exception
) -> None:
    road.failing[2] = error
    assert await all_of(convoy, [1, 2, 3]) == [error] * 3
    assert len(road.journeys) == 1


async def test_a_bug_is_told_to_all(convoy: Convoy, road: Road) -> None:
    road.failing[2] = LookupError("a bug")
    assert await all_of(convoy, [1, 2]) == [road.failing[2]] * 2


@pytest.mark.parametrize("rows", [0, 1, 3])
async def test_rows_that_are_not_one_for_each_are_given_to_nobody(rows: int) -> None:
    async def carry(_: str, __: Sequence[Parameters]) -> tuple[list[Any], float]:
        return [("of somebody",)] * rows, 0.0

    found = await all_of(Convoy(carry), [1, 2])
    assert [type(each) for each in found] == [ValueError] * 2


async def test_who_leaves_holds_up_nobody(convoy: Convoy, road: Road) -> None:
    road.open.clear()
    leaving, staying = (asyncio.create_task(convoy.row(DOUBLE, (each,))) for each in (1, 2))
    await road.used.wait()
    leaving.cancel()
    await asyncio.wait({leaving})
    road.open.set()
    assert await staying == (4,)
    assert leaving.cancelled()
    assert road.broken_off == 0


async def test_what_nobody_waits_for_is_broken_off(convoy: Convoy, road: Road) -> None:
    road.open.clear()
    leaving = [asyncio.create_task(convoy.row(DOUBLE, (each,))) for each in (1, 2)]
    await road.used.wait()
    for each in leaving:
        each.cancel()
    await asyncio.wait(leaving)
    await convoy.close()
    assert road.broken_off == 1


async def test_who_leaves_before_the_departure_is_not_carried(convoy: Convoy, road: Road) -> None:
    leaving = asyncio.create_task(convoy.row(DOUBLE, (1,)))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait({leaving})
    await asyncio.sleep(0)
    assert road.journeys == []


async def test_a_database_carries_them(database_url: str) -> None:
    store = Store.open(database_url)
    sql, (one, bad, other), message = HALVES[store.dialect]
    try:
        asked = (store.row(sql, (each,)) for each in (one, bad, other, one))
        first, failed, third, fourth = await asyncio.gather(*asked, return_exceptions=True)
    finally:
        await store.close()
    assert [tuple(each) for each in (first, third, fourth)] == [(3,), (2,), (3,)]  # type: ignore[arg-type]
    assert message in str(failed)
