"""What comes of a subscription, event by event, before any transport has a part in it."""

from __future__ import annotations

import gc
from contextlib import aclosing
from typing import Any

import pytest
from graphql import ExecutionResult, Executor

from app.errors import Problem, Unauthenticated
from app.limits import Limits
from app.operations import Operations
from resolvers.executor import ColumnExecutor
from tests.counting import SCHEMA, SEEN, Context

EXECUTORS = [None, ColumnExecutor]


async def told(
    query: str, executor: type[Executor[Any]] | None = None, **options: Any
) -> list[Any]:
    """The results of an operation, and the code of the problem that ends it."""
    limits = Limits(query_seconds=0.1)
    operations = Operations(SCHEMA, limits, executor=executor)
    found: list[Any] = []
    try:
        outcome = await operations.subscribe(query, context=Context("ann"), **options)
        if isinstance(outcome, ExecutionResult):
            return [outcome.formatted]
        async with aclosing(outcome):
            async for result in outcome:
                found.append(result.formatted)  # noqa: PERF401 - what came before a problem counts
    except Problem as problem:
        found.append(str(problem.code))
    assert SEEN.open_sources == 0
    return found


def codes(result: Any) -> list[str]:
    return [error["extensions"]["code"] for error in result.get("errors", [])]


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_each_event_is_executed(executor: type[Executor[Any]] | None) -> None:
    query = "subscription { count(to: 2) { value again: value } }"
    expected = [{"data": {"count": {"value": each, "again": each}}} for each in (1, 2)]
    assert await told(query, executor) == expected


async def test_other_operations_are_executed_as_ever() -> None:
    assert await told("{ name }") == [{"data": {"name": ""}}]
    assert await told("mutation { rename }") == [{"data": {"rename": "renamed"}}]
    (refused,) = await told("mutation { rename }", queries_only=True)
    assert codes(refused) == ["BAD_USER_INPUT"]


async def test_an_event_that_loses_its_snapshot_is_executed_in_another() -> None:
    assert await told("subscription { count(to: 1) { fresh } }") == [
        {"data": {"count": {"fresh": 1}}}
    ]


async def test_a_field_that_finds_the_caller_unknown_ends_the_subscription() -> None:
    assert await told("subscription { count(to: 2) { expired } }") == ["UNAUTHENTICATED"]


async def test_an_event_that_takes_too_long_is_the_last() -> None:
    (late,) = await told("subscription { count(to: 2) { slow } }")
    assert codes(late) == ["UNAVAILABLE"]


async def test_a_subscription_that_is_not_admitted_has_no_source() -> None:
    def refuse() -> None:
        raise Unauthenticated("Not you.")

    assert await told("subscription { count(to: 2) { value } }", admit=refuse) == [
        "UNAUTHENTICATED"
    ]


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_what_was_done_for_an_event_is_forgotten(
    executor: type[Executor[Any]] | None,
) -> None:
    operations = Operations(SCHEMA, Limits(), executor=executor)
    query = "subscription { count(to: 1000) { value } }"
    outcome = await operations.subscribe(query, context=Context("ann"))
    assert not isinstance(outcome, ExecutionResult)
    objects: list[int] = []
    async for result in outcome:
        assert result.data is not None
        if result.data["count"]["value"] in (100, 1000):
            gc.collect()
            objects.append(len(gc.get_objects()))
    assert objects[1] - objects[0] < 100
