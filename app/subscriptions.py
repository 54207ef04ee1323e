"""Subscriptions: from a source of events to results that may be shown to the caller.

https://spec.graphql.org/draft/#sec-Subscription
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
    execute_subscription_event,
)
from graphql.execution.async_iterables import aclosing

from app.errors import Problem, Unauthenticated, Unavailable
from app.graphql_errors import bug_result, executed, lost_its_snapshot, problem_result, shown
from app.interruptions import Deadline

Results: TypeAlias = AsyncGenerator[ExecutionResult, None]


class Subscriber(Protocol):
    """What a subscription needs of its context, which its source finds in `info.context`.

    `last_event_id` is the last event that the subscriber has seen. A source begins after it,
    unless its arguments say where to begin, and sets it before it gives an event that can be
    resumed after. `caller` is the one whose subscriptions are counted together.
    """

    last_event_id: str | None

    @property
    def caller(self) -> Hashable: ...

    async def give_back(self) -> None:
        """Give back what has been read with; there may be long until more is read."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of a valid document, whose variables can be coerced.

    `seconds` are those that one event may take to be executed.
    """

    schema: GraphQLSchema
    document: DocumentNode
    operation_name: str | None
    variables: dict[str, Any]
    context: Subscriber
    executor: type[Executor[Any]] | None
    suggestions: bool
    seconds: float

    async def open(self) -> Results | ExecutionResult:
        """The results, one for each event; or the errors where there is no source of events.

        A result that was not executed is the last. The iteration raises the `Problem` that the
        source ends with. Both raise `Unauthenticated`
        for a subscriber who has ceased to be known.
        """
        try:
            with Deadline(self.seconds):
                executor = self._executor(None)
                source = create_source_event_stream(executor)
                if inspect.isawaitable(source):
                    source = await source
                _free(executor)
        except TimeoutError:
            return problem_result(_late(self.seconds))
        finally:
            await self.context.give_back()
        if isinstance(source, ExecutionResult):
            return ExecutionResult(None, [_unplaced(each) for each in _told(source)])
        return self._results(source)

    async def _results(self, source: AsyncIterable[Any]) -> Results:
        async with aclosing(source) as events:
            try:
                async for event in events:
                    result = await self._result(event)
                    await self.context.give_back()  # the next event may be long in coming
                    yield result
                    if not executed(result):
                        return
            except Problem:
                raise
            except Exception as error:  # noqa: BLE001 - any bug of a source is masked and logged
                yield bug_result(error)

    async def _result(self, event: object) -> ExecutionResult:
        try:
            with Deadline(self.seconds):
                result = await self._execute(event)
                if lost_its_snapshot(result):
                    await self.context.give_back()
                    result = await self._execute(event)
        except TimeoutError:
            return problem_result(_late(self.seconds))
        return ExecutionResult(result.data, _told(result) or None)

    async def _execute(self, event: object) -> ExecutionResult:
        executor = self._executor(event)
        result = execute_subscription_event(executor)
        if inspect.isawaitable(result):
            result = await result
        _free(executor)
        return result

    def _executor(self, root: object) -> Executor[Any]:
        """Another for each event: what graphql-core copies for one remembers all before it."""
        made = (self.executor or Executor).build(
            self.schema,
            self.document,
            root,
            self.context,
            self.variables,
            self.operation_name,
            hide_suggestions=not self.suggestions,
        )
        assert not isinstance(made, list)  # the variables have been coerced before
        return made


def _free(executor: Executor[Any]) -> None:
    """Have an executor that is done freed, with its context, before the garbage collector looks."""
    del executor.async_helpers  # which hold it


async def alone(result: ExecutionResult) -> Results:
    """The results of what has but one."""
    yield result


def _told(result: ExecutionResult) -> list[GraphQLError]:
    errors = result.errors or []
    for error in errors:
        if isinstance(error.original_error, Unauthenticated):
            raise error.original_error
    return shown(errors)


def _unplaced(error: GraphQLError) -> GraphQLError:
    """The error without a path, as nothing has been executed (§7.1.2, request errors)."""
    return GraphQLError(
        error.message,
        error.nodes,
        original_error=error.original_error,
        extensions=error.extensions,
    )


def _late(seconds: float) -> Unavailable:
    return Unavailable(f"No answer was found within {seconds:g} seconds.")
