"""What people are told of an endpoint: the parameters it takes, described and with examples.

Most of it is in the graph: the types of the variables, and the descriptions of the arguments that
they give. `words.json` holds what is not: summaries, tags and examples.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graphql import (
    ArgumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    Node,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    visit,
)

from rest_compat.documents import Operation, Variable
from rest_compat.endpoints import Endpoint
from rest_compat.reading import WITH_BODY
from rest_compat.routing import parameters_of
from rest_compat.values import wire_name, wire_names

_WORDS: Final[Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("words.json").read_text("utf-8")
)
#: What is said of the whole API, and first where answers name their operations; of each operation
#: in a line, of some in more, and of each tag.
INFO: Final[str] = _WORDS["info"]
NAMING: Final[str] = _WORDS["naming"]
SUMMARIES: Final[Mapping[str, str]] = _WORDS["summaries"]
NOTES: Final[Mapping[str, str]] = _WORDS["notes"]
TAGS: Final[Mapping[str, str]] = _WORDS["tags"]
#: Examples of whole bodies, where not all members go together; of the values of an answer, by type
#: and response name or by that name alone; and of what is said of an error, by status.
BODIES: Final[Mapping[str, object]] = _WORDS["bodies"]
ANSWERS: Final[Mapping[str, object]] = _WORDS["answers"]
ERRORS: Final[Mapping[str, str]] = _WORDS["errors"]
_DESCRIPTIONS: Final[Mapping[str, str]] = _WORDS["parameters"]
_EXAMPLES: Final[Mapping[str, object]] = _WORDS["examples"]


@dataclass(frozen=True)
class Parameter:
    """A variable of an operation as callers of the REST API give it.

    `place` is `path`, `query`, `body` or `form`. `values` are all there are, where the type is an
    enum or a list of one. `example` is None where none should be tried.
    """

    variable: Variable
    place: str
    required: bool
    description: str
    example: object
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.variable.name


def parameters(
    schema: GraphQLSchema, endpoint: Endpoint, operation: Operation
) -> tuple[Parameter, ...]:
    """What the endpoint takes, at its first path; those of the path first.

    A variable whose name begins with `_` is none of them.
    """
    in_path, told = parameters_of(endpoint.path), _descriptions(schema, operation)
    spoken = [each for each in operation.variables if not each.name.startswith("_")]
    return tuple(
        Parameter(
            each,
            place := "path" if each.name in in_path else _place(endpoint),
            place == "path" or each.required,
            _description(operation, each, told.get(each.name, "")),
            _example(operation.name, each),
            _values(each.type),
        )
        for each in sorted(spoken, key=lambda each: each.name not in in_path)
    )


def _place(endpoint: Endpoint) -> str:
    if endpoint.method not in WITH_BODY:
        return "query"
    return "form" if endpoint.uploads else "body"


def _description(operation: Operation, variable: Variable, told: str) -> str:
    """What is told of a variable, with the names that its text may have."""
    text: str = _worded(_DESCRIPTIONS, operation.name, variable.name, default=told)
    kind = _named(variable.type)
    if variable.name == "order" and (columns := _columns(kind)):
        return f"{text} Columns: {_quoted(columns)}."
    if variable.name == "filter" and isinstance(kind, GraphQLInputObjectType):
        return f"{text} Names: {_quoted(name for name in kind.fields if name != 'and')}."
    return text


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _worded(words: Mapping[str, Any], *names: str, default: Any) -> Any:
    """The words for a variable of an operation, or else for all variables of its name."""
    operation, variable = names
    return words.get(f"{operation}.{variable}", words.get(variable, default))


def _example(operation: str, variable: Variable) -> object:
    kind = _named(variable.type)
    found = _EXAMPLES.get(kind.name, _made(kind))
    return _worded(_EXAMPLES, operation, variable.name, default=found)


def _made(kind: GraphQLNamedType) -> object:
    """The first value of an enum, or an order by the first column."""
    if isinstance(kind, GraphQLEnumType):
        return wire_names(kind)[0]
    columns = _columns(kind)
    return f"{columns[0]} asc" if columns else None


def _columns(kind: GraphQLNamedType) -> list[str]:
    """The columns that an order may be by, as the REST API spells them."""
    if not isinstance(kind, GraphQLInputObjectType) or "direction" not in kind.fields:
        return []
    columns = _named(kind.fields["field"].type)
    assert isinstance(columns, GraphQLEnumType)
    return [wire_name(each, "_") for each in columns.values]


def _values(type_: GraphQLInputType) -> tuple[str, ...]:
    kind = get_nullable_type(type_)
    of = get_nullable_type(kind.of_type) if isinstance(kind, GraphQLList) else kind
    return tuple(wire_names(of)) if isinstance(of, GraphQLEnumType) else ()


def _named(type_: GraphQLInputType) -> GraphQLNamedType:
    return get_named_type(type_)


class _Told(Visitor):
    """Collects, for each variable, the description of the first thing that it gives."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.found: dict[str, str] = {}

    def enter(self, node: Node, _key: object, parent: object, *_: object) -> None:
        if isinstance(node, VariableNode):
            for text in self._of(parent):
                self.found.setdefault(node.name.value, text)

    def _of(self, parent: object) -> Iterator[str]:
        if isinstance(parent, ArgumentNode) and (argument := self.types.get_argument()):
            yield argument.description or ""
        elif isinstance(parent, ObjectFieldNode):
            outer = self.types.get_parent_input_type()
            kind = _named(outer) if outer is not None else None
            if isinstance(kind, GraphQLInputObjectType):
                yield kind.fields[parent.name.value].description or ""


def _descriptions(schema: GraphQLSchema, operation: Operation) -> dict[str, str]:
    types = TypeInfo(schema)
    told = _Told(types)
    visit(operation.document, TypeInfoVisitor(types, told))
    return told.found
