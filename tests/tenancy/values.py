"""Values for arguments: the id in question in its place, and something sensible in all others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from app.db.organizations import Organization
from resolvers.cursors import encode_cursor
from rest_compat.documents import Operation, Variable
from rest_compat.endpoints import ENDPOINTS
from rest_compat.reading import WITH_BODY
from rest_compat.routing import parameters_of
from rest_compat.values import wire_name
from tests.tenancy.positions import Parameter, Position, Spot, kinds_of, spots
from tests.tenancy.selections import DEPTH, EVENT, SCHEMA, selection
from tests.tenancy.world import FOREIGN, LIVE, MOMENT, own, said

#: Of scalars; of those that are not here a text will do.
SCALARS: Mapping[str, Any] = {
    "Int": 1, "Float": 1.0, "Boolean": False, "JSON": {}, "Bytes": "eA==",
    "DateTime": MOMENT.isoformat(),
}  # fmt: skip

#: What lists are ordered by that are not by their latest change.
ORDERS = {"RestCall": "LAST_USED_AT"}


@dataclass(frozen=True)
class Question:
    """A GraphQL request, or one to an endpoint; `text` is the id in question as it was sent."""

    name: str
    text: str
    source: str = ""
    variables: Mapping[str, Any] | None = None
    root: str = ""
    method: str = ""
    path: str = ""
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None


def sent(spot: Spot, row_id: str, kind: str) -> str:
    """The id as it goes into that place."""
    if not spot.cursor:
        return row_id
    return encode_cursor(ORDERS.get(kind, "UPDATED_AT"), MOMENT, UUID(row_id))


def filler(name: str, argument: GraphQLArgument | GraphQLInputField, *hints: str) -> Any:
    """A value that is a caller's own, of no consequence."""
    kind, named = get_nullable_type(argument.type), get_named_type(argument.type)
    if isinstance(named, GraphQLInputObjectType):
        one: Any = _object(named, hints)
    elif isinstance(named, GraphQLEnumType):
        one = next(iter(named.values))
    elif named.name in SCALARS:
        one = SCALARS[named.name]
    elif any(True for _ in spots(name, argument)):
        one = own(kinds_of(name, *hints)[1])
    else:
        one = "own text"
    return [one] if is_list_type(kind) else one


def _object(type_: GraphQLInputObjectType, hints: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: filler(name, each, type_.name, *hints)
        for name, each in type_.fields.items()
        if is_required_input_field(each)
    }


def placed(
    argument: GraphQLArgument | GraphQLInputField, spot: Spot, path: tuple[str, ...], text: str
) -> Any:
    """The value of an argument with the id in its place."""
    if not path:
        return [text] if spot.many else text
    type_ = get_named_type(argument.type)
    assert isinstance(type_, GraphQLInputObjectType)
    inner = type_.fields[path[0]]
    return _object(type_, ()) | {path[0]: placed(inner, spot, path[1:], text)}


def asked(position: Position, row_id: str) -> Question:
    """The operation with that id in that position; the same text of a document for every id."""
    text = sent(position.spot, row_id, position.own)
    variables: dict[str, Any] = {}
    declared: list[str] = []
    levels: list[str] = []
    for number, (parent, name) in enumerate(position.steps):
        field = parent.fields[name]
        given = _given(field, get_named_type(field.type).name)
        if number == len(position.steps) - 1:
            argument = field.args[position.argument]
            given[position.argument] = placed(argument, position.spot, position.spot.path, text)
        named = {each: f"v{number}{each}" for each in given}
        declared += [f"${named[each]}: {field.args[each].type}" for each in given]
        variables |= {named[each]: value for each, value in given.items()}
        inside = ", ".join(f"{each}: ${named[each]}" for each in given)
        levels.append(f"{name}({inside})" if inside else name)
    last = position.steps[-1][0].fields[position.steps[-1][1]]
    body = EVENT if position.root == "subscription" else selection(last.type, _depth(position))
    source = " { ".join(levels) + f" {body}" + " }" * (len(levels) - 1)
    head = f"{position.root} Sweep({', '.join(declared)})"
    return Question(position.name, text, f"{head} {{ {source} }}", variables, position.root)


def _depth(position: Position) -> int:
    """Deep where one row is what is answered; of pages the rows alone."""
    parent, name = position.steps[-1]
    paged = get_named_type(parent.fields[name].type).name.endswith("Page")
    return 0 if paged else DEPTH


def _given(field: GraphQLField, hint: str) -> dict[str, Any]:
    required = {name: each for name, each in field.args.items() if is_required_argument(each)}
    return {name: filler(name, each, hint) for name, each in required.items()}


def everything() -> Iterator[Question]:
    """Every query field with values of a caller's own, and all that is below it."""
    root = SCHEMA.query_type
    assert root is not None
    for name, field in root.fields.items():
        given = _given(field, get_named_type(field.type).name)
        if "domain" in given:  # a name that says whose it is
            given["domain"] = said(Organization, "domain", FOREIGN, LIVE)
        declared = ", ".join(f"${each}: {field.args[each].type}" for each in given)
        inside = ", ".join(f"{each}: ${each}" for each in given)
        arguments, head = (f"({inside})", f"({declared})") if given else ("", "")
        named = get_named_type(field.type)
        body = selection(field.type, DEPTH + is_abstract_type(named))
        source = f"query Sweep{head} {{ {name}{arguments} {body} }}"
        yield Question(f"Query.{name}", "", source, given, "query")


def read(operations: Mapping[str, Operation]) -> Iterator[Question]:
    """Every endpoint that reads, with a caller's own values, at each of its paths."""
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET":
            continue
        operation = operations[endpoint.operation]
        in_path = parameters_of(endpoint.path)
        given = {
            each.name: _wired(each, operation.name)
            for each in operation.variables
            if each.required or each.name in in_path
        }
        if "domain" in given:
            given["domain"] = said(Organization, "domain", FOREIGN, LIVE)
        path = endpoint.path
        for name in in_path:
            path = path.replace("{" + name + "}", given.pop(name))
        yield Question(f"GET {endpoint.path}", "", method="GET", path=path, query=given)


def requested(parameter: Parameter, row_id: str) -> Question:
    """The request to an endpoint with that id for that variable."""
    text = sent(parameter.spot, row_id, parameter.own)
    path, in_path = parameter.path, parameters_of(parameter.path)
    given: dict[str, Any] = {}
    for each in parameter.operation.variables:
        if each.name == parameter.variable:
            argument = GraphQLArgument(each.type)
            value = placed(argument, parameter.spot, parameter.spot.path, text)
            given[parameter.spelling] = value
        elif each.required or each.name in in_path:
            given[each.name] = _wired(each, parameter.operation.name)
    for name in in_path:
        path = path.replace("{" + name + "}", given.pop(name))
    method = parameter.endpoint.method
    if method in WITH_BODY:
        return Question(parameter.name, text, method=method, path=path, body=given)
    query = {
        name: json.dumps(value) if isinstance(value, dict) else value
        for name, value in given.items()
    }
    return Question(parameter.name, text, method=method, path=path, query=query)


def _wired(variable: Variable, operation: str) -> Any:
    """A caller's own value as the REST API spells it."""
    told = "The user's id." if variable.name == "userId" else None
    value = filler(variable.name, GraphQLArgument(variable.type, description=told), operation)
    named = get_named_type(variable.type)
    return wire_name(value) if isinstance(named, GraphQLEnumType) else value
