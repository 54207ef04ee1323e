"""Mutations: the command is run as it is, and its payload is written by a generated function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    located_error,
    visit,
)
from graphql.execution.values import get_argument_values, get_variable_values

from app.compiling import Failed, LeftToInterpreter
from app.db.base import new_id
from app.errors import Problem
from resolvers.answers import Command
from resolvers.context import Context
from resolvers.plan.coercion import Coerce, Odd, coercion
from resolvers.plan.generated import NotAsPlanned
from resolvers.plan.inputs import Convert, convert
from resolvers.plan.payloads import Payload
from resolvers.plan.reading import Reading, Unplannable
from resolvers.telling import draft

INPUT = "input"
REFUSED = "an argument is refused"


@dataclass(frozen=True)
class Change:
    """The only field of a mutation, and the function that writes the response of its payload.

    `variable` is the only one there is, where the whole input is its value; else empty.
    """

    graph: strawberry.Schema
    operation: OperationDefinitionNode
    field: GraphQLField
    node: FieldNode
    name: str
    command: Command
    needs_new: bool
    variable: str
    coerce: Coerce
    convert: Convert
    build: Callable[[Any], dict[str, Any]]


def change_of(
    graph: strawberry.Schema,
    operation: OperationDefinitionNode,
    fragments: Iterable[FragmentDefinitionNode],
    reading: Reading,
) -> Change:
    """Raises `Unplannable` for a mutation that only the interpreter can run."""
    selections = operation.selection_set.selections
    only = selections[0]
    if len(selections) != 1 or not isinstance(only, FieldNode) or len(reading.nodes) != 1:
        raise Unplannable((), "a mutation of several fields is interpreted")
    (root,) = reading.nodes
    if not isinstance(root.answer, Command) or _uses_variables(only, fragments):
        raise Unplannable(root.path, "the payload depends on variables")
    payload = Payload()
    written = f"{{{root.name!r}: {payload.object(root.below, 'r')}}}"
    if payload.needs_new and root.answer.lone is None:
        raise Unplannable(root.path, "a list of the payload is read from the store")
    if root.answer.prepare is not None:
        raise Unplannable(root.path, "what is prepared before the transaction is interpreted")
    name = payload.code.function("r", [f"return {written}"])
    mutation = graph._schema.mutation_type  # noqa: SLF001 - offered in no other way
    assert mutation is not None
    field = mutation.fields[only.name.value]
    (declared,) = field.extensions["strawberry-definition"].arguments
    converted = convert(declared.type, INPUT)
    assert converted is not None
    return Change(
        graph,
        operation,
        field,
        only,
        root.name,
        root.answer,
        payload.needs_new,
        _variable(operation, only),
        coercion(field.args[INPUT].type),
        converted,
        payload.code.built(name),
    )


def _variable(operation: OperationDefinitionNode, field: FieldNode) -> str:
    """The variable whose value is all that a field is given, if there is no other one; or empty."""
    given = [each.value for each in field.arguments or ()]
    if len(given) == len(operation.variable_definitions or ()) == 1:
        return given[0].name.value if isinstance(given[0], VariableNode) else ""
    return ""


@dataclass(frozen=True)
class ChangeCall:
    """A mutation ready to run."""

    change: Change
    variables: Mapping[str, Any]

    async def run(self, context: Context) -> dict[str, Any]:
        """As `app.compiling.Call` has it; raises `Failed` for what the command answers."""
        change, command = self.change, self.change.command
        given = self._input()
        if not context.viewer.may(command.key):
            raise NotAsPlanned("the viewer may not ask this")
        try:
            row = await self._lone(context, given)
            if row is None:
                row = await context.write(command.run, command.key, given, command.tells)
        except LeftToInterpreter:
            raise
        except Exception as error:  # a bug as well: it is masked like the interpreter's
            raise Failed(located_error(error, [change.node], [change.name])) from error
        return change.build(command.payload(row))

    async def _lone(self, context: Context, given: Any) -> Any:
        """The row that was all there was to insert, or None where there is more to do."""
        command = self.change.command
        row = command.lone(context.viewer, given, new_id()) if command.lone else None
        if row is not None:
            assert command.tells is not None
            row.beside = draft(command.tells(given, row), context.viewer, new_id())
            if await context.insert(row):
                return row
        if self.change.needs_new:
            raise NotAsPlanned("the payload is read from the store")
        return None

    def _input(self) -> Any:
        """The input as a command gets it; what is wrong with it is told by the interpreter."""
        try:
            return self.change.convert(self._coerced())
        except (Problem, GraphQLError):
            raise NotAsPlanned(REFUSED) from None

    def _coerced(self) -> Any:
        """What GraphQL makes of the input; the short way, if it is a variable as it stands."""
        change, variables = self.change, self.variables
        if change.variable in variables:
            with suppress(Odd):
                return change.coerce(variables[change.variable])
        schema = change.graph._schema  # noqa: SLF001 - offered in no other way
        definitions = change.operation.variable_definitions or ()
        coerced = get_variable_values(schema, definitions, dict(variables))
        if isinstance(coerced, list):
            raise NotAsPlanned(REFUSED)
        return get_argument_values(change.field, change.node, coerced)[INPUT]


class _Variables(Visitor):
    """Notes whether there are variables below a field."""

    found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True


def _uses_variables(field: FieldNode, fragments: Iterable[FragmentDefinitionNode]) -> bool:
    uses = _Variables()
    for node in (field.selection_set, *fragments):
        if node is not None:
            visit(node, uses)
    return uses.found
