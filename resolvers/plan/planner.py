"""What is remembered of operations: how they are read, what they ask, and their statements.

Three memories, each bounded, from the rarest change to the most frequent: the operation; the values
of its variables other than ids, which decide what the lists ask; the ids and the viewer, which are
parameters and remembered nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from app.db.base import Table
from app.errors import Problem
from app.recent import Recent
from resolvers.asks import structure
from resolvers.context import Context
from resolvers.plan.calls import Call, Question, question_of
from resolvers.plan.changes import ChangeCall, change_of
from resolvers.plan.operations import MOST_OPERATIONS, Operation, operation_of
from resolvers.plan.reading import Reader, Reading, Unplannable
from resolvers.plan.statement import Statement, made

REFUSED = "an argument is refused"


@dataclass
class Planner:
    """Plans the operations of one schema for one kind of database."""

    graph: strawberry.Schema
    dialect: str
    _operations: Recent[int, Operation] = field(default_factory=lambda: Recent(MOST_OPERATIONS))

    def __post_init__(self) -> None:
        self._tables = dict(_tables(self.graph))

    def planned(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> Call | ChangeCall | None:
        """The call, if all but its ids has been met before."""
        known = self._operations.get(id(operation))
        if known is None or known.refusal is not None:
            return None
        if known.change is not None:
            return ChangeCall(known.change, variables)
        try:
            question = known.questions.get(known.key(variables))
            if isinstance(question, Question):
                return Call(question, known.ids(variables))
        except (Unplannable, KeyError, TypeError, ValueError, AttributeError):
            return None
        return None

    def plan(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        coerced: VariableValues,
    ) -> Call | ChangeCall:
        """The call for an operation of a valid document; raises `Unplannable`.

        `variables` are as given, and `coerced` what they come to.
        """
        known = self._known(document, operation)
        if known.refusal is not None:
            raise Unplannable((), known.refusal)
        if operation.operation is OperationType.MUTATION:
            return self._change(known, variables, coerced)
        key = known.key(variables)
        question = known.questions.get(key)
        if question is None:
            question = self._asked(known, coerced)
            known.questions.add(key, question)
        if isinstance(question, str):
            raise Unplannable((), question)
        try:
            return Call(question, known.ids(coerced.coerced))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unplannable((), "an id is not a UUID") from None

    async def hand_over(self, operation: OperationDefinitionNode, context: Context) -> None:
        """As `app.compiling.Compiler` has it: the rights are brought up to date.

        Not for a mutation: its transaction does so, and must not wait for a snapshot.
        """
        if operation.operation is OperationType.QUERY:
            await context.settled()

    def _known(self, document: DocumentNode, operation: OperationDefinitionNode) -> Operation:
        known = self._operations.get(id(operation))
        if known is None or known.node is not operation:
            known = operation_of(document, operation)
            self._operations.add(id(operation), known)
        return known

    def _change(
        self, known: Operation, variables: Mapping[str, Any], coerced: VariableValues
    ) -> ChangeCall:
        try:
            reader = Reader(self.graph, known.node, known.fragments, coerced, frozenset())
            fragments = known.fragments.values()
            known.change = change_of(self.graph, known.node, fragments, reader.read())
        except Unplannable as refusal:
            known.refusal = refusal.reason
            raise
        except (Problem, GraphQLError):
            raise Unplannable((), REFUSED) from None
        return ChangeCall(known.change, variables)

    def _asked(self, known: Operation, coerced: VariableValues) -> Question | str:
        """What is asked, or why that is not planned: as text, as an error keeps its callers."""
        try:
            reader = Reader(self.graph, known.node, known.fragments, coerced, known.free)
            reading = reader.read()
            statement = self._statement(known, reading, coerced)
        except Unplannable as refusal:
            return refusal.reason
        except (Problem, GraphQLError):
            return REFUSED
        return question_of(statement, reading)

    def _statement(self, known: Operation, reading: Reading, coerced: VariableValues) -> Statement:
        switches = tuple(coerced.coerced.get(name) for name in known.switches)
        shape = (switches, *map(structure, reading.asks))
        statement = known.statements.get(shape)
        if statement is None:
            statement = made(reading.nodes, self.dialect, self._tables)
            known.statements.add(shape, statement)
        return statement


def _tables(graph: strawberry.Schema) -> Iterator[tuple[str, type[Table]]]:
    """The table whose rows each stored type stands for."""
    for name, type_ in graph._schema.type_map.items():  # noqa: SLF001 - offered in no other way
        table = getattr(getattr(type_, "is_type_of", None), "table", None)
        if table is not None:
            yield name, table
