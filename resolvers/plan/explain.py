"""What becomes of an operation, in words: its plan and SQL, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    print_ast,
    validate,
)
from graphql.execution.values import get_variable_values

from app.compiling import LeftToInterpreter
from resolvers.plan.changes import ChangeCall
from resolvers.plan.planner import Planner


def explain(
    planner: Planner, document: DocumentNode, variables: Mapping[str, Any], *, source: bool = False
) -> Iterator[str]:
    """Lines on each operation of a document; with `source`, its generated function as well.

    An id that is required and not given is the nil UUID: plans do not depend on ids. Raises
    GraphQLError for a document or variables that the schema does not allow.
    """
    schema = planner.graph._schema  # noqa: SLF001 - Strawberry offers it in no other way
    for error in validate(schema, document):
        raise error
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            name = operation.name.value if operation.name else "(unnamed)"
            yield f"# {operation.operation.value} {name}, {planner.dialect}"
            yield from _operation(planner, document, operation, variables, source=source)


def _operation(
    planner: Planner,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    *,
    source: bool,
) -> Iterator[str]:
    schema = planner.graph._schema  # noqa: SLF001 - as above
    definitions = operation.variable_definitions or ()
    names = {each.variable.name.value: print_ast(each.type) for each in definitions}
    given = {name: str(UUID(int=0)) for name, type_ in names.items() if type_ == "ID!"}
    given |= {name: value for name, value in variables.items() if name in names}
    coerced = get_variable_values(schema, definitions, given)
    if isinstance(coerced, list):
        raise coerced[0] if coerced else GraphQLError("The variables do not fit.")
    try:
        call = planner.plan(document, operation, given, coerced)
    except LeftToInterpreter as left:
        yield f"interpreted: {left.reason}"
        return
    if isinstance(call, ChangeCall):
        assert operation.operation is OperationType.MUTATION
        yield "compiled: the command is run, and its payload written from what it returns"
        return
    statement = call.question.statement
    yield f"compiled: one statement with {len(statement.parameters)} parameters"
    yield statement.sql
    places = [each.name or repr(each.value) for each in statement.parameters]
    yield f"-- {', '.join(places)}"
    if source:
        yield statement.source
