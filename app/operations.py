"""GraphQL operations from their text to a result that may be shown to the caller.

Parse, judge the shape, validate, coerce the variables, predict the cost, execute: each step is
cheaper than the next, and the document of one step may be trusted as far as the steps before.
What has been planned once has passed them all, and is only run.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    print_ast,
)
from graphql.execution.values import VariableValues

from app.compiling import Call, Compiler, Executed, Failed, LeftToInterpreter, Memo
from app.documents import check_kind, chosen, label
from app.entrance import Entrance
from app.errors import Problem, Unauthenticated, Unavailable
from app.figures import COMPILED, INTERPRETED, current
from app.graphql_errors import bug_result, lost_its_snapshot, problem_result, refused, shown
from app.idempotency import GRAPHQL, Asked, Once, Replayed, asked
from app.input_values import check_variables
from app.interruptions import Deadline
from app.limits import Limits
from app.pricing import OWN, Price, Pricing
from app.reading import Reading, Refused
from app.subscriptions import Results, Subscription

#: Why a mutation with an idempotency key is interpreted.
KEYED = "it has an idempotency key"


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
    ) -> None:
        """`lasting` are the mutations that may take longer than others.

        `entrance` is what operations pass before they are executed; for one with limits a context
        has a `viewer`.
        """
        self.limits = limits
        self._lasting = lasting
        self._compiler = compiler
        self._executor = executor
        self._schema = schema
        self._hide = not suggestions
        reading = Reading(schema, limits, introspection=introspection, suggestions=suggestions)
        self._valid_document = reading.valid_document
        self._coerce = reading.coerce
        self.entrance = entrance or Entrance()
        self._pricing = Pricing(schema, limits)

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
            document = self._valid_document(source)
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
        admit: Callable[[], object] = lambda: None,
    ) -> Results | ExecutionResult:
        """As `execute`, and of a subscription the results, one for each event.

        `admit` is called before a subscription begins, and may raise a `Problem` to refuse it.
        The context is a `Subscriber`. The iteration raises the `Problem` that ends it.
        """
        try:
            document = self._valid_document(source)
            operation = chosen(document, operation_name)
            if operation.operation is OperationType.SUBSCRIPTION:
                given = dict(variables or {})
                check_variables(given, self.limits)
                self._pricing.make(document, operation, given, self._coerce(operation, given))
                admit()
                return await self._subscription(document, operation, given, context).open()
        except (Refused, Problem) as error:
            return _told(error)
        return await self.execute(
            source,
            context=context,
            variables=variables,
            operation_name=operation_name,
            queries_only=queries_only,
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

    def refusal(self, source: str, variables: Mapping[str, Any]) -> str | None:
        """Why the only operation of a document would be refused from outside; None if not."""
        try:
            document, given = self._valid_document(source), dict(variables)
            operation = chosen(document, None)
            check_variables(given, self.limits)
            self._pricing.make(document, operation, given, self._coerce(operation, given))
        except Refused as refused_:
            return refused_.errors[0].message
        except Problem as problem:
            return problem.message
        return None

    def flaws(self, source: str) -> list[str]:
        """What keeps a document from being executed, whoever asks and with whatever variables."""
        try:
            self._valid_document(source)
        except Refused as refusal_:
            return [error.message for error in refusal_.errors]
        except Problem as problem:
            return [problem.message]
        return []

    def prepare(self, document: DocumentNode, name: str, variables: Mapping[str, Any]) -> None:
        """Plan an operation of a document of our own before it is asked, where it can be planned.

        What is asked with other variables may share no more than the reading of the document.
        """
        operation = chosen(document, name)
        with suppress(LeftToInterpreter, Refused):
            given = dict(variables)
            self._plan(document, operation, given, self._coerce(operation, given))

    async def _again(
        self,
        memo: Memo,
        operation: OperationDefinitionNode,
        call: Call,
        variables: Mapping[str, Any] | None,
        context: object,
    ) -> ExecutionResult:
        """Run what has been planned with the same variables."""
        visit = self.entrance.enter(context, memo.price, variables or {}, writes=False)
        result = None
        try:
            if visit.waits:
                await visit.queue()
            result = await self._call(call, operation, context)
            return result
        finally:
            visit.leave()
            if visit.charge is not None and memo.price is not None:
                self.entrance.settle(visit.charge, memo.price, result, context)

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
        current().operation = memo.label = label(operation, "" if trusted else memo.trusted)
        given = dict(variables or {})
        check_variables(given, self.limits)
        price, ready = self._prepared(document, operation, given, memo, trusted=trusted)
        writes = operation.operation is not OperationType.QUERY
        visit = self.entrance.enter(context, price, given, writes=writes)
        result = None
        try:
            if visit.waits:
                await visit.queue()
            once: Once | None = getattr(context, "once", None) if writes else None
            if once is None:
                result = await self._run_either(document, operation, given, context, ready)
            else:
                known = _asked(document, operation, given, trusted=trusted)
                run = partial(self._interpret, document, operation, given, context)
                result = await self._run_once(once, known, run, self._seconds(operation))
            return result
        finally:
            visit.leave()
            if visit.charge is not None and price is not None:
                self.entrance.settle(visit.charge, price, result, context)

    def _prepared(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        memo: Memo,
        *,
        trusted: bool,
    ) -> tuple[Price | None, Call | LeftToInterpreter]:
        """What it costs, and the call or why there is none; raises `Refused` or `Problem`."""
        price = OWN.get(operation.operation) if trusted else None
        call = self._compiler.planned(operation, given) if self._compiler else None
        if price is None and (call is None or self.entrance.budgets is not None):
            price = self._pricing.known(operation, given)
        if call is None or (price is None and self.entrance.budgets is not None):
            coerced = self._coerce(operation, given)
            price = price or self._pricing.make(document, operation, given, coerced)
            try:
                call = call or self._plan(document, operation, given, coerced)
            except LeftToInterpreter as left:
                return price, left
        if operation.operation is OperationType.QUERY:
            memo.operation, memo.call, memo.price = operation, call, price
        return price, call

    async def _run_either(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        context: object,
        ready: Call | LeftToInterpreter,
    ) -> ExecutionResult:
        """Run the call; without one, or where it gives up, interpret."""
        left = ready
        if not isinstance(ready, LeftToInterpreter):
            try:
                return await self._call(ready, operation, context)
            except LeftToInterpreter as leaving:
                left = leaving
        assert isinstance(left, LeftToInterpreter)
        if self._compiler is not None:
            await self._compiler.hand_over(operation, context)
        figures = current()
        figures.executor, figures.left = INTERPRETED, left.reason
        return Executed(await self._run(document, operation, given, context), left.reason)

    def _subscription(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Any,
    ) -> Subscription:
        return Subscription(
            self._schema,
            document,
            operation.name.value if operation.name else None,
            variables,
            context,
            executor=self._executor,
            suggestions=not self._hide,
            seconds=self.limits.query_seconds,
        )

    def _plan(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        coerced: VariableValues,
    ) -> Call:
        if self._compiler is None:
            raise LeftToInterpreter("there is no compiler")
        return self._compiler.plan(document, operation, variables, coerced)

    async def _call(
        self, call: Call, operation: OperationDefinitionNode, context: object
    ) -> ExecutionResult:
        seconds = self._seconds(operation)
        try:
            with Deadline(seconds):
                data = await call.run(context)
        except TimeoutError:
            return problem_result(Unavailable(f"No answer was found within {seconds:g} seconds."))
        except Failed as failed:
            current().executor = COMPILED
            return Executed(ExecutionResult(None, shown([failed.error])), None)
        current().executor = COMPILED
        return Executed(ExecutionResult(data), None)

    def _seconds(self, operation: OperationDefinitionNode) -> float:
        if operation.operation is OperationType.QUERY:
            return self.limits.query_seconds
        for node in operation.selection_set.selections:
            if not isinstance(node, FieldNode) or node.name.value in self._lasting:
                return self.limits.lasting_seconds  # a fragment may hold any field
        return self.limits.mutation_seconds

    async def _run(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: Any,
    ) -> ExecutionResult:
        """A query that loses its snapshot is executed once more, in another one."""
        seconds = self._seconds(operation)
        run = partial(self._interpret, document, operation, variables, context)
        try:
            with Deadline(seconds):
                result = await run()
                if operation.operation is OperationType.QUERY and lost_its_snapshot(result):
                    await context.give_back()
                    result = await run()
        except TimeoutError:
            return problem_result(Unavailable(f"No answer was found within {seconds:g} seconds."))
        return ExecutionResult(result.data, shown(result.errors) if result.errors else None)

    async def _run_once(
        self,
        once: Once,
        known: Asked,
        run: Callable[[], Awaitable[ExecutionResult]],
        seconds: float,
    ) -> ExecutionResult:
        """A mutation with an idempotency key."""
        figures = current()
        figures.executor, figures.left = INTERPRETED, KEYED
        try:
            with Deadline(seconds):
                result = await once.run(run, known, seconds)
        except TimeoutError:
            return problem_result(Unavailable(f"No answer was found within {seconds:g} seconds."))
        except Problem:
            raise
        except Exception as error:  # noqa: BLE001 - the database's, which is masked
            return bug_result(error)
        return result if isinstance(result, Replayed) else Executed(result, KEYED)

    async def _interpret(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: object,
    ) -> ExecutionResult:
        result = execute(
            self._schema,
            document,
            context_value=context,
            variable_values=variables,
            operation_name=operation.name.value if operation.name else None,
            executor_class=self._executor,
            hide_suggestions=self._hide,
        )
        return await result if inspect.isawaitable(result) else result


def _told(error: Refused | Problem) -> ExecutionResult:
    """The result of what was not executed; for who has ceased to be a viewer there is none."""
    if isinstance(error, Unauthenticated):
        raise error
    if isinstance(error, Refused):
        return refused(error.errors, error.code)
    return problem_result(error)


def _asked(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    *,
    trusted: bool,
) -> Asked:
    """What an idempotency key is for. An operation of our own is known by its name."""
    name = operation.name.value if operation.name else ""
    if trusted:
        return asked(name, "", variables)
    return asked(GRAPHQL, f"{name}\n{print_ast(document)}", variables)
