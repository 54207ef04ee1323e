"""Where ids go in: every argument of the graph, and every variable of the REST API, that takes one.

Found in the schema itself, so that what is new is found as well.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from rest_compat.documents import Operation
from rest_compat.endpoints import Endpoint
from rest_compat.routing import parameters_of
from rest_compat.values import SPELLINGS
from tests.tenancy.world import KINDS, OPERATION, SERVER, SHARED, SYSTEM

Composite = GraphQLObjectType | GraphQLInterfaceType

#: Texts that name a row, though their type does not say so: by what is told of them.
TELLING = re.compile(r"\bid\b|\bcursor\b", re.IGNORECASE)
CURSORS = ("after", "before")

#: What an argument names whose own name does not say it.
NAMED: Mapping[str, str] = {
    "ownerId": "User", "user": "User", "userId": "User", "actedUpon": "Design",
    "operationId": OPERATION, "systemId": SYSTEM, "mesheryServerId": SERVER,
    "orgId": "Organization", "PublicUser": "User",
}  # fmt: skip
#: Sent where nothing tells what is named: every kind there is.
EVERY = (*KINDS, SERVER)
#: Sent where something is named that all organizations share.
OTHER = ("Organization",)


@dataclass(frozen=True)
class Spot:
    """A place in an argument: the members of input objects that lead to the id."""

    path: tuple[str, ...]
    type: GraphQLInputType
    cursor: bool

    @property
    def many(self) -> bool:
        return is_list_type(get_nullable_type(self.type))


@dataclass(frozen=True)
class Position:
    """An argument that takes an id.

    `steps` lead from the root to the field, each with the object it is of; `kinds` are what it may
    name, and `own` is what it names when a caller names something of theirs.
    """

    root: str
    steps: tuple[tuple[Composite, str], ...]
    argument: str
    spot: Spot
    kinds: tuple[str, ...]
    own: str

    @property
    def name(self) -> str:
        parent, field = self.steps[-1]
        return f"{parent.name}.{field}({'.'.join((self.argument, *self.spot.path))})"


@dataclass(frozen=True)
class Parameter:
    """A variable of an endpoint that takes an id, at one path and in one spelling."""

    endpoint: Endpoint
    path: str
    operation: Operation
    variable: str
    spelling: str
    spot: Spot
    kinds: tuple[str, ...]
    own: str

    @property
    def name(self) -> str:
        where = ".".join((self.spelling, *self.spot.path))
        return f"{self.endpoint.method} {self.path} ({where})"


def spots(
    name: str, argument: GraphQLArgument | GraphQLInputField, above: tuple[str, ...] = ()
) -> Iterator[Spot]:
    """The places of ids in an argument; an input object in one of its own type counts once more."""
    kind = get_named_type(argument.type)
    if kind.name == "ID" or (kind.name == "String" and TELLING.search(argument.description or "")):
        yield Spot((), argument.type, name in CURSORS and kind.name == "String")
    if isinstance(kind, GraphQLInputObjectType) and above.count(kind.name) < 2:
        for each, inner in kind.fields.items():
            for spot in spots(each, inner, (*above, kind.name)):
                yield Spot((each, *spot.path), spot.type, spot.cursor)


def kinds_of(name: str, *hints: str) -> tuple[tuple[str, ...], str]:
    """What an argument of that name may name, and what of one's own; hints are names around it."""
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
    found = NAMED.get(camel) or _among(camel.removesuffix("Id")) or _within(hints)
    if found is None:
        return EVERY, EVERY[0]
    return (OTHER, found) if found in SHARED else ((found,), found)


def _among(name: str) -> str | None:
    known = (each for each in (*KINDS, *SHARED) if each.lower() == name.lower())
    return NAMED.get(name) or next(known, None)


def _within(names: Iterable[str]) -> str | None:
    """The longest kind that is in one of those names."""
    longest = sorted((*KINDS, *SHARED), key=len, reverse=True)
    return next((kind for kind in longest for name in names if kind.lower() in name.lower()), None)


def graph(schema: GraphQLSchema) -> list[Position]:
    """Every argument that takes an id, of every field that can be reached."""
    roots = {
        "query": schema.query_type,
        "mutation": schema.mutation_type,
        "subscription": schema.subscription_type,
    }
    found: list[Position] = []
    for root, type_ in roots.items():
        assert type_ is not None
        ways = _ways(schema, type_) if root == "query" else {type_.name: ()}
        for name, steps in ways.items():
            parent = schema.type_map[name]
            assert isinstance(parent, Composite)
            for field, each in parent.fields.items():
                whole = (*steps, (parent, field))
                found += _positions(root, whole, each)
    return found


def _positions(
    root: str, steps: tuple[tuple[Composite, str], ...], field: GraphQLField
) -> Iterator[Position]:
    given = get_named_type(field.type).name
    for name, argument in field.args.items():
        for spot in spots(name, argument):
            last, hints = (name, *spot.path)[-1], (get_named_type(argument.type).name, given)
            if spot.cursor:
                last = given.removesuffix("Page")
            yield Position(root, steps, name, spot, *kinds_of(last, *hints))


def _ways(
    schema: GraphQLSchema, root: GraphQLObjectType
) -> dict[str, tuple[tuple[Composite, str], ...]]:
    """The shortest way from the root to each object type: the fields, and what each is of."""
    ways: dict[str, tuple[tuple[Composite, str], ...]] = {root.name: ()}
    waiting = deque([root.name])
    while waiting:
        name = waiting.popleft()
        type_ = schema.type_map[name]
        if not isinstance(type_, Composite):
            continue
        for field, each in type_.fields.items():
            inner = get_named_type(each.type)
            if isinstance(inner, Composite) and inner.name not in ways:
                ways[inner.name] = (*ways[name], (type_, field))
                waiting.append(inner.name)
    return ways


def rest(endpoints: Iterable[Endpoint], operations: Mapping[str, Operation]) -> list[Parameter]:
    """Every variable that takes an id, of every endpoint at each of its paths."""
    return list(
        chain.from_iterable(
            _parameters(endpoint, path, operations[endpoint.operation])
            for endpoint in endpoints
            for path in (endpoint.path, *endpoint.aliases)
        )
    )


def _parameters(endpoint: Endpoint, path: str, operation: Operation) -> Iterator[Parameter]:
    in_path = parameters_of(path)
    for variable in operation.variables:
        told = "The user's id." if variable.name == "userId" else None
        argument = GraphQLArgument(variable.type, description=told)
        names = (variable.name,) if variable.name in in_path else _spelled(variable.name)
        for spot in spots(variable.name, argument):
            if "and" in spot.path:
                continue  # no parameter of the REST API has it
            kinds, own = kinds_of((variable.name, *spot.path)[-1], operation.name)
            for spelling in names:
                yield Parameter(
                    endpoint, path, operation, variable.name, spelling, spot, kinds, own
                )


def _spelled(name: str) -> tuple[str, ...]:
    return (name, *SPELLINGS.get(name, ()))
