"""GraphQL operations from their text to a result that may be shown to the caller.

Parse, judge the shape, validate, coerce the variables, predict the cost, execute: each step is
cheaper than the next, and the document of one step may be trusted as far as the steps before.
What has been planned once has passed them all, and is only run.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from app.compiling import Call, Compiler, Executed, Failed, LeftToInterpreter, Memo
from app.documents import Documents, check_kind, chosen
from app.errors import Code, Problem, SnapshotLost, Unauthenticated, Unavailable
from app.graphql_errors import problem_result, refused, shown
from app.guard import check_shape, fragments_of, has_cycles
from app.input_values import check_variables
from app.interruptions import Deadline
from app.limits import Limits, refusal
from app.metrics import COMPILED, INTERPRETED
from app.page_cost import PageCost


class Refused(Exception):
    """A document or variables that graphql-core reports errors for."""

    def __init__(self, errors: list[GraphQLError], code: Code) -> None:
        super().__init__(code)
        self.errors = errors
        self.code = code


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
    ) -> None:
        """`lasting` are the mutations that may take longer than others."""
        self.limits = limits
        self._lasting = lasting
        self._compiler = compiler
        self._executor = executor
        self._schema = schema
        self._hide = not suggestions
        self._rules = specified_rules
        if not introspection:
            self._rules = (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._documents = Documents(limits.cached_characters)

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
                with suppress(LeftToInterpreter):  # which is told below
                    return await self._call(memo.call, memo.operation, context)
            document = self._valid_document(source)
            operation = chosen(document, operation_name)
            check_kind(operation, queries_only=queries_only)
            return await self._execute(document, operation, variables, context, memo)
        except Refused as refusal_:
            return refused(refusal_.errors, refusal_.code)
        except Unauthenticated:
            raise
        except Problem as problem:
            return problem_result(problem)

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
                with suppress(LeftToInterpreter):  # which is told below
                    return await self._call(memo.call, memo.operation, context)
            operation = chosen(document, operation_name)
            return await self._execute(document, operation, variables, context, memo, trusted=True)
        except Refused as refusal_:
            return refused(refusal_.errors, refusal_.code)
        except Unauthenticated:
            raise
        except Problem as problem:
            return problem_result(problem)

    def prepare(self, document: DocumentNode, name: str, variables: Mapping[str, Any]) -> None:
        """Plan an operation of a document of our own before it is asked, where it can be planned.

        What is asked with other variables may share no more than the reading of the document.
        """
        operation = chosen(document, name)
        with suppress(LeftToInterpreter, Refused):
            given = dict(variables)
            self._plan(document, operation, given, self._coerce(operation, given))

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
        given = dict(variables or {})
        check_variables(given, self.limits)
        call = self._compiler.planned(operation, given) if self._compiler else None
        try:
            if call is None:
                coerced = self._coerce(operation, given)
                if not trusted:
                    self._check_cost(document, operation, coerced)
                call = self._plan(document, operation, given, coerced)
            if operation.operation is OperationType.QUERY:
                memo.operation, memo.call = operation, call
            return await self._call(call, operation, context)
        except LeftToInterpreter as left:
            if self._compiler is not None:
                await self._compiler.hand_over(operation, context)
            INTERPRETED.inc()
            return Executed(await self._run(document, operation, given, context), left.reason)

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
            COMPILED.inc()
            return Executed(ExecutionResult(None, shown([failed.error])), None)
        COMPILED.inc()
        return Executed(ExecutionResult(data), None)

    def _seconds(self, operation: OperationDefinitionNode) -> float:
        if operation.operation is OperationType.QUERY:
            return self.limits.query_seconds
        for node in operation.selection_set.selections:
            if not isinstance(node, FieldNode) or node.name.value in self._lasting:
                return self.limits.lasting_seconds  # a fragment may hold any field
        return self.limits.mutation_seconds

    def _valid_document(self, source: str) -> DocumentNode:
        document = self._documents.get(source)
        if document is None:
            document = self._parse(source)
            check_shape(document, self.limits)
            self._validate(document)
            self._documents.add(source, document)
        return document

    def _parse(self, source: str) -> DocumentNode:
        limits = self.limits
        if len(source) > limits.source_length:
            raise refusal("source_length", limits.source_length, len(source))
        try:
            return parse(source, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            raise Refused([error], Code.GRAPHQL_PARSE_FAILED) from None

    def _validate(self, document: DocumentNode) -> None:
        cyclic = has_cycles(fragments_of(document))
        errors = validate(
            self._schema,
            document,
            [NoFragmentCyclesRule] if cyclic else self._rules,
            max_errors=self.limits.errors,
            hide_suggestions=self._hide,
            allow_empty_selection_sets=False,
        )
        if errors:
            raise Refused(errors, Code.GRAPHQL_VALIDATION_FAILED)

    def _coerce(
        self, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> VariableValues:
        coerced = get_variable_values(
            self._schema,
            operation.variable_definitions or (),
            variables,
            max_errors=self.limits.errors,
            hide_suggestions=self._hide,
        )
        if isinstance(coerced, list):
            raise Refused(coerced, Code.BAD_USER_INPUT)
        return coerced

    def _check_cost(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: VariableValues,
    ) -> None:
        PageCost(self._schema, fragments_of(document), variables, self.limits).check(operation)

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
                if operation.operation is OperationType.QUERY and _lost_its_snapshot(result):
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


def _lost_its_snapshot(result: ExecutionResult) -> bool:
    return any(isinstance(each.original_error, SnapshotLost) for each in result.errors or ())
