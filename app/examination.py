"""What is found out about an operation before it is executed: its price, and the call for it.

Parse, judge the shape, validate, coerce the variables, predict the cost, plan: each step is
cheaper than the next, and the document of one step may be trusted as far as the steps before.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues

from app.compiling import Call, Compiler, LeftToInterpreter, Memo
from app.documents import chosen
from app.errors import Problem
from app.input_values import check_variables
from app.limits import Limits
from app.pricing import OWN, Price, Pricing
from app.reading import Reading, Refused


class Examination:
    """Looks at the documents of one schema within its limits, and executes none of them."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        compiler: Compiler | None = None,
        introspection: bool = True,
        suggestions: bool = True,
        priced: bool = False,
    ) -> None:
        """`priced` operations have a price even where they are planned already."""
        self._limits = limits
        self._compiler = compiler
        self._priced = priced
        reading = Reading(schema, limits, introspection=introspection, suggestions=suggestions)
        self.valid_document = reading.valid_document
        self._coerce = reading.coerce
        self._pricing = Pricing(schema, limits)

    def check(
        self, document: DocumentNode, operation: OperationDefinitionNode, given: dict[str, Any]
    ) -> None:
        """Raise `Refused` or `Problem` for variables or a price that are not accepted."""
        check_variables(given, self._limits)
        self._pricing.make(document, operation, given, self._coerce(operation, given))

    def examine(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        memo: Memo,
        *,
        trusted: bool,
    ) -> tuple[Price | None, Call | LeftToInterpreter]:
        """What it costs, and the call or why there is none; raises `Refused` or `Problem`.

        `trusted` documents are our own, which are of bounded cost. The memo is told of queries.
        """
        check_variables(given, self._limits)
        price = OWN.get(operation.operation) if trusted else None
        call = self._compiler.planned(operation, given) if self._compiler else None
        if price is None and (call is None or self._priced):
            price = self._pricing.known(operation, given)
        if call is None or (price is None and self._priced):
            coerced = self._coerce(operation, given)
            price = price or self._pricing.make(document, operation, given, coerced)
            try:
                call = call or self._plan(document, operation, given, coerced)
            except LeftToInterpreter as left:
                return price, left
        if operation.operation is OperationType.QUERY:
            memo.operation, memo.call, memo.price = operation, call, price
        return price, call

    def refusal(self, source: str, variables: Mapping[str, Any]) -> str | None:
        """Why the only operation of a document would be refused from outside; None if not."""
        try:
            document, given = self.valid_document(source), dict(variables)
            operation = chosen(document, None)
            self.check(document, operation, given)
        except Refused as refused_:
            return refused_.errors[0].message
        except Problem as problem:
            return problem.message
        return None

    def flaws(self, source: str) -> list[str]:
        """What keeps a document from being executed, whoever asks and with whatever variables."""
        try:
            self.valid_document(source)
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
