"""A document and the values of its variables, read as a tree of declared fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from app.compiling import LeftToInterpreter
from resolvers.answers import Anyone, Command, Computed, Listed, Member, One
from resolvers.arguments import given
from resolvers.identifiers import parse, parse_input
from resolvers.listing import Ask
from resolvers.pages import ask

#: The arguments whose value is an id and nothing else: it changes from call to call, and the
#: plan does not change with it.
ID_ARGUMENTS = {"id": "id", "organizationId": "organization_id"}

Path = tuple[str, ...]


class Unplannable(LeftToInterpreter):
    """The operation must be interpreted; `path` leads to the field that asks for it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{'.'.join(path)}: {reason}" if path else reason)
        self.path = path


@dataclass(frozen=True)
class Typename:
    """`__typename`."""


@dataclass(frozen=True)
class Attribute:
    """A field without a declaration: an attribute of the value its parent resolves to."""

    name: str


@dataclass(frozen=True)
class Node:
    """A field of the response; `kinds` holds the fields below it, by the type of the object.

    `ask` is the question of a list, the one number `index` of the operation. `key` names the
    parameter that holds the id a field takes.
    """

    name: str
    path: Path
    answer: Any
    type: GraphQLNamedType
    required: bool
    kinds: Mapping[str, tuple[Node, ...]]
    ask: Ask | None = None
    index: int = -1
    key: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def below(self) -> tuple[Node, ...]:
        """The fields of an object that can be of one type only; raises `Unplannable`."""
        if self.type.name not in self.kinds:
            raise Unplannable(self.path, "it may be of several types")
        return self.kinds[self.type.name]


@dataclass
class Reading:
    """The tree of an operation, and in its order the lists and the ids written in it."""

    nodes: tuple[Node, ...] = ()
    asks: list[Ask] = field(default_factory=list)
    ids: dict[str, UUID] = field(default_factory=dict)


@dataclass
class Reader:
    """Reads one operation of a valid document. `free` variables are ids, to be given later."""

    graph: strawberry.Schema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    free: frozenset[str]
    reading: Reading = field(default_factory=Reading)

    def read(self) -> Reading:
        """Raises `Unplannable`, and for arguments that are refused `Problem` or GraphQLError."""
        self._details = {name: FragmentDetails(each) for name, each in self.fragments.items()}
        schema = self._schema
        root = schema.get_root_type(self.operation.operation)
        assert root is not None
        fields = collect_fields(schema, self._details, self.variables, root, self.operation)
        self.reading.nodes = self._nodes(root, fields.grouped_field_set, ())
        return self.reading

    @property
    def _schema(self) -> GraphQLSchema:
        return self.graph._schema  # noqa: SLF001 - Strawberry offers it in no other way

    def _nodes(
        self, parent: GraphQLObjectType, fields: GroupedFieldSet, path: Path
    ) -> tuple[Node, ...]:
        return tuple(
            self._node(parent, name, details, (*path, name)) for name, details in fields.items()
        )

    def _node(
        self, parent: GraphQLObjectType, name: str, details: FieldDetailsList, path: Path
    ) -> Node:
        node = details[0].node
        if node.name.value == "__typename":
            return Node(name, path, Typename(), parent, required=True, kinds={})
        definition = parent.fields.get(node.name.value)
        if definition is None:
            raise Unplannable(path, "introspection is interpreted")
        answer = answer_of(definition)
        if isinstance(answer, Computed):
            raise Unplannable(path, "a function computes it")
        extra = self._arguments(definition, answer, node)
        type_ = get_named_type(definition.type)
        required = is_non_null_type(definition.type)
        kinds = self._kinds(type_, details, path)
        return Node(name, path, answer, type_, required=required, kinds=kinds, **extra)

    def _kinds(
        self, type_: GraphQLNamedType, details: FieldDetailsList, path: Path
    ) -> dict[str, tuple[Node, ...]]:
        possible: Iterator[GraphQLObjectType] = iter(())
        if is_abstract_type(type_):
            possible = iter(self._schema.get_possible_types(type_))
        elif isinstance(type_, GraphQLObjectType):
            possible = iter((type_,))
        return {each.name: self._nodes(each, self._below(each, details), path) for each in possible}

    def _below(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        return collect_subfields(
            self._schema, self._details, self.variables, self.operation, type_, details
        ).grouped_field_set

    def _arguments(self, definition: GraphQLField, answer: Any, node: FieldNode) -> dict[str, Any]:
        """What the arguments say, as attributes of a `Node`."""
        if not isinstance(answer, Listed | Member | One | Anyone | Command):
            return {}
        found = given(self.graph, definition, node, self.variables)
        key = self._key(node, found)
        if isinstance(answer, Command):
            return {"given": found}
        if not isinstance(answer, Listed):
            return {"key": key}
        question = ask(answer.listing, {name: parse_input(each) for name, each in found.items()})
        self.reading.asks.append(question)
        return {"key": key, "ask": question, "index": len(self.reading.asks) - 1}

    def _key(self, node: FieldNode, found: dict[str, Any]) -> str:
        for argument in node.arguments or ():
            name = ID_ARGUMENTS.get(argument.name.value)
            if name is None:
                continue
            text = found.pop(name)
            if isinstance(argument.value, VariableNode):
                variable = argument.value.name.value
                if variable in self.free:
                    return parameter_of(variable)
            key = f"id_{len(self.reading.ids)}"
            self.reading.ids[key] = parse(text, argument.name.value)
            return key
        return ""


def answer_of(definition: GraphQLField) -> Any:
    """How a field is declared to be answered."""
    declared = definition.extensions["strawberry-definition"]
    return declared.metadata.get("answer") or Attribute(declared.python_name)


def parameter_of(variable: str) -> str:
    """The parameter of a statement that holds a variable."""
    return f"v_{variable}"
