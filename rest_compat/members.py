"""Values in JSON bodies whose type has more to say than that they pass: enums, bytes, objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLScalarType,
    get_nullable_type,
)

from app.errors import BadInput
from rest_compat.bodies import BYTES, kinds_of, read_members, spellings_of
from rest_compat.values import Decode, wire_value

#: What makes of a member, given with its name, what its type takes; raises `BadInput`.
Member = Callable[[str, Any], object]


def member(type_: GraphQLInputType, decode: Decode) -> Member | None:
    """What reads a value of the type, or None where values pass as they are."""
    kind = get_nullable_type(type_)
    if isinstance(kind, GraphQLEnumType):
        return lambda name, value: wire_value(name, value, kind)
    if isinstance(kind, GraphQLScalarType) and kind.name == BYTES:
        return lambda name, value: _bytes(name, value, kind)
    if isinstance(kind, GraphQLInputObjectType):
        return _object(kind, decode)
    return None


def _bytes(name: str, value: object, kind: GraphQLScalarType) -> object:
    """Bytes at once: their text would be too long for a variable."""
    try:
        return kind.parse_value(value)
    except ValueError as error:
        raise BadInput(f"{name}: {error}", field=name) from None


def _object(kind: GraphQLInputObjectType, decode: Decode) -> Member:
    """The members that the type has, spelled as it spells them or in snake_case; no others."""
    rows = [
        (name, spellings_of(name), member(field.type, decode))
        for name, field in kind.fields.items()
    ]

    kinds = kinds_of(kind)

    def read(outer: str, value: Any) -> object:
        given = (
            read_members(outer, value.encode(), kinds, decode) if isinstance(value, str) else value
        )
        if not isinstance(given, Mapping):
            raise BadInput(f"{outer}: expected a JSON object.", field=outer)
        found = {}
        for name, names, inner in rows:
            here = next((given[each] for each in names if given.get(each) is not None), None)
            if here is not None:
                found[name] = here if inner is None else inner(f"{outer}.{name}", here)
        return found

    return read
