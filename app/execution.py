"""The execution of an operation that has passed all that comes before: compiled or interpreted."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
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

from app.compiling import Call, Compiler, Executed, Failed, LeftToInterpreter
from app.errors import Problem, Unavailable
from app.figures import COMPILED, INTERPRETED, current
from app.graphql_errors import bug_result, lost_its_snapshot, problem_result, shown
from app.idempotency import GRAPHQL, Asked, Once, Replayed, asked
from app.interruptions import Deadline
from app.limits import Limits
from app.subscriptions import Subscription

#: Why a mutation with an idempotency key is interpreted.
KEYED = "it has an idempotency key"


class Execution:
    """Executes the operations of one schema, each within the seconds that it may take."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        compiler: Compiler | None = None,
        suggestions: bool = True,
        executor: type[Executor[Any]] | None = None,
        lasting: Collection[str] = (),
    ) -> None:
        """`lasting` are the mutations that may take longer than others."""
        self._schema = schema
        self._limits = limits
        self._compiler = compiler
        self._hide = not suggestions
        self._executor = executor
        self._lasting = lasting

    async def run(
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
                return await self.call(ready, operation, context)
            except LeftToInterpreter as leaving:
                left = leaving
        assert isinstance(left, LeftToInterpreter)
        if self._compiler is not None:
            await self._compiler.hand_over(operation, context)
        figures = current()
        figures.executor, figures.left = INTERPRETED, left.reason
        return Executed(await self._interpreted(document, operation, given, context), left.reason)

    async def run_once(
        self,
        once: Once,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        context: object,
        *,
        trusted: bool,
    ) -> ExecutionResult:
        """Run a mutation that has an idempotency key, or find what came of it before."""
        figures, seconds = current(), self._seconds(operation)
        figures.executor, figures.left = INTERPRETED, KEYED
        known = _asked(document, operation, given, trusted=trusted)
        run = partial(self._interpret, document, operation, given, context)
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

    async def call(
        self, call: Call, operation: OperationDefinitionNode, context: object
    ) -> ExecutionResult:
        """Run the call; raises `LeftToInterpreter` where it gives up."""
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

    def subscription(
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
            seconds=self._limits.query_seconds,
        )

    async def _interpreted(
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

    def _seconds(self, operation: OperationDefinitionNode) -> float:
        if operation.operation is OperationType.QUERY:
            return self._limits.query_seconds
        for node in operation.selection_set.selections:
            if not isinstance(node, FieldNode) or node.name.value in self._lasting:
                return self._limits.lasting_seconds  # a fragment may hold any field
        return self._limits.mutation_seconds


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
