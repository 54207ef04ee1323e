"""Selection sets that ask for all there is, a few objects deep."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from schema import schema

SCHEMA = schema._schema
#: Objects below the field in question; a page and its items are one. Of many types, one fewer.
DEPTH = 1
PARTS = {"items", "edges", "pageInfo"}
#: What the answer of a subscription says: all else of an event is made when it happens.
EVENT = "{ actedUpon operationId ownerId description organizationId }"


@cache
def selection(type_: GraphQLOutputType, depth: int = DEPTH) -> str:
    """Every field that needs no argument, and those of the objects below."""
    return _set(type_, depth)


def _set(type_: GraphQLOutputType, depth: int) -> str:
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        possible = SCHEMA.get_possible_types(named)
        fragments = (
            f"... on {each.name} {_fields(each, depth - 1, f'{each.name}_')}" for each in possible
        )
        return f"{{ __typename {' '.join(fragments)} }}"
    assert isinstance(named, GraphQLObjectType)
    return _fields(named, depth, "")


def _fields(type_: GraphQLObjectType, depth: int, prefix: str) -> str:
    chosen = " ".join(_chosen(type_, depth, prefix))
    return f"{{ {chosen or '__typename'} }}"


def _chosen(type_: GraphQLObjectType, depth: int, prefix: str) -> Iterator[str]:
    """The fields, under names of their own where another type might have such as well."""
    for name, each in type_.fields.items():
        if any(is_required_argument(argument) for argument in each.args.values()):
            continue
        label = f"{prefix}{name}: {name}" if prefix else name
        if type_.name.endswith("Edge") and name == "node":
            yield f"{label} {{ __typename }}"
        elif is_leaf_type(get_named_type(each.type)):
            yield label
        elif (below := depth - (name not in PARTS)) >= 0:
            yield f"{label} {_set(each.type, below)}"
