"""GraphQL operations from their text to a result that may be shown to the caller.

They are examined, let in, and executed. What has been planned once is let in and run again. An
answer that has found nothing is held to the tick: see `app.ticks`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)

from app.compiling import Call, Compiler, LeftToInterpreter, Memo
from app.documents import check_kind, chosen, label
from app.entrance import Entrance
from app.errors import Problem, Unauthenticated
from app.examination import Examination
from app.execution import Execution
from app.figures import current
from app.graphql_errors import problem_result, refused
from app.idempotency import Once
from app.limits import Limits
from app.reading import Refused
from app.seeking import Seeking, failed
from app.subscriptions import Results
from app.ticks import Hold, hold


class Operations:
    """Executes the operations of one schema within its limits."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        compiler: Compiler | None = None,
        introspection: bool = True,
        suggestions: bool = True,
        executor: type[Executor[Any]] | None = None,
        lasting: Collection[str] = (),
        entrance: Entrance | None = None,
        hold: Hold = hold,
    ) -> None:
        """`lasting` are the mutations that may take longer than others.

        `entrance` is what operations pass before they are executed; for one with limits a context
        has a `viewer`. Answers that have found nothing wait for `hold`.
        """
        self.limits = limits
        self._hold = hold
        self._seeking = Seeking()
        self.entrance = entrance or Entrance()
        self.examination = Examination(
            schema,
            limits,
            compiler=compiler,
            introspection=introspection,
            suggestions=suggestions,
            priced=self.entrance.budgets is not None,
        )
        self._execution = Execution(
            schema,
            limits,
            compiler=compiler,
            suggestions=suggestions,
            executor=executor,
            lasting=lasting,
        )

    async def execute(
        self,
        source: str,
        *,
        context: object,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        queries_only: bool = False,
        memo: Memo | None = None,
    ) -> ExecutionResult:
        """Execute an operation of a document from outside.

        A request that is refused before it is executed has errors without a path. Raises
        `Unauthenticated` for a viewer who has ceased to be one. With the same `memo` all else
        but the context must be the same as well.
        """
        memo = memo or Memo()
        try:
            if memo.call is not None and memo.operation is not None:
                current().operation = memo.label
                with suppress(LeftToInterpreter):  # which is told below
                    return await self._again(memo, memo.operation, memo.call, variables, context)
            document = self.examination.valid_document(source)
            operation = chosen(document, operation_name)
            check_kind(operation, queries_only=queries_only)
            return await self._execute(document, operation, variables, context, memo)
        except (Refused, Problem) as error:
            return _told(error)

    async def subscribe(
        self,
        source: str,
        *,
        context: Any,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        queries_only: bool = False,
        memo: Memo | None = None,
        admit: Callable[[], object] = lambda: None,
    ) -> Results | ExecutionResult:
        """As `execute`, and of a subscription the results, one for each event.

        `admit` is called before a subscription begins, and may raise a `Problem` to refuse it.
        The context is a `Subscriber`. The iteration raises the `Problem` that ends it.
        """
        try:
            document = self.examination.valid_document(source)
            operation = chosen(document, operation_name)
            if operation.operation is OperationType.SUBSCRIPTION:
                current().operation = label(operation, memo.trusted if memo else None)
                given = dict(variables or {})
                self.examination.check(document, operation, given)
                admit()
                begun = self._execution.subscription(document, operation, given, context)
                return await begun.open()
        except (Refused, Problem) as error:
            return _told(error)
        return await self.execute(
            source,
            context=context,
            variables=variables,
            operation_name=operation_name,
            queries_only=queries_only,
            memo=memo,
        )

    async def execute_trusted(
        self,
        document: DocumentNode,
        *,
        context: object,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        memo: Memo | None = None,
    ) -> ExecutionResult:
        """Execute an operation of a document of our own, which is valid and of bounded cost.

        With the same `memo` all else but the context must be the same as well.
        """
        memo = memo or Memo()
        try:
            if memo.call is not None and memo.operation is not None:
                current().operation = memo.label
                with suppress(LeftToInterpreter):  # which is told below
                    return await self._again(memo, memo.operation, memo.call, variables, context)
            operation = chosen(document, operation_name)
            return await self._execute(document, operation, variables, context, memo, trusted=True)
        except (Refused, Problem) as error:
            return _told(error)

    async def _again(
        self,
        memo: Memo,
        operation: OperationDefinitionNode,
        call: Call,
        variables: Mapping[str, Any] | None,
        context: object,
    ) -> ExecutionResult:
        """Run what has been planned with the same variables."""
        began = time.monotonic_ns()
        visit = self.entrance.enter(context, memo.price, variables or {}, writes=False)
        result = None
        try:
            if visit.waits:
                await visit.queue()
            result = await self._execution.call(call, operation, context)
        finally:
            visit.leave()
            if visit.charge is not None and memo.price is not None:
                self.entrance.settle(visit.charge, memo.price, result, context)
        if result.data is None or failed(result.data, memo.searches):
            await self._wait(began, context)
        return result

    async def _execute(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        context: object,
        memo: Memo,
        *,
        trusted: bool = False,
    ) -> ExecutionResult:
        """Raises `Refused` or `Problem` for what is not executed at all."""
        began = time.monotonic_ns()
        current().operation = memo.label = label(operation, "" if trusted else memo.trusted)
        given = dict(variables or {})
        price, ready = self.examination.examine(document, operation, given, memo, trusted=trusted)
        memo.searches = self._seeking.of(document, operation)
        writes = operation.operation is not OperationType.QUERY
        visit = self.entrance.enter(context, price, given, writes=writes)
        result = None
        try:
            if visit.waits:
                await visit.queue()
            once: Once | None = getattr(context, "once", None) if writes else None
            result = await (
                self._execution.run(document, operation, given, context, ready)
                if once is None
                else self._execution.run_once(
                    once, document, operation, given, context, trusted=trusted
                )
            )
        finally:
            visit.leave()
            if visit.charge is not None and price is not None:
                self.entrance.settle(visit.charge, price, result, context)
        if result.data is None or failed(result.data, memo.searches):
            await self._wait(began, context)
        return result

    async def _wait(self, began: int, context: object) -> None:
        """Hold an answer, and nothing else: what it has read from is given back before."""
        give_back = getattr(context, "give_back", None)
        if give_back is not None:
            await give_back()
        await self._hold(began)


def _told(error: Refused | Problem) -> ExecutionResult:
    """The result of what was not executed; for who has ceased to be a viewer there is none."""
    if isinstance(error, Unauthenticated):
        raise error
    if isinstance(error, Refused):
        return refused(error.errors, error.code)
    return problem_result(error)
