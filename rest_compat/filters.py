"""The two grammars of the `filter` parameter: `<key> <value…>` and a JSON object."""

from __future__ import annotations

import re
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_nullable_type,
)

from app.errors import BadInput
from rest_compat.values import Decode, decoded, identity, strict_json, wire_value

#: Keys that are not simply the snake_case spelling of a field of the filter.
_KEYS: Final = {"deletedAt": "deleted", "owner": "ownerId", "organization": "organizationId"}
#: Keys with a text of their own for true; every other text is false.
_TRUE: Final = {"deleted": "Deleted"}


def read_filter(
    field: str, text: str, kind: GraphQLInputObjectType, decode: Decode = strict_json
) -> dict[str, object]:
    """The conditions that the filter type knows; others are ignored, as they always were."""
    given = _object(field, text, decode) if text.lstrip().startswith("{") else _words(text)
    named = {_field(key): value for key, value in given.items() if value is not None}
    return {
        name: _condition(field, name, value, get_nullable_type(kind.fields[name].type))
        for name, value in named.items()
        if name in kind.fields and name != "and"
    }


def _object(field: str, text: str, decode: Decode) -> dict[str, Any]:
    given = decoded(field, text, decode, "valid JSON")
    assert isinstance(given, dict)
    return given


def _words(text: str) -> dict[str, Any]:
    key, _, value = text.strip().partition(" ")
    return {key: value.strip()} if value.strip() else {}


def _field(key: str) -> str:
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), key)
    return _KEYS.get(camel, camel)


def _condition(field: str, name: str, value: Any, kind: GraphQLInputType) -> object:
    if name in _TRUE:
        return value == _TRUE[name]
    if isinstance(kind, GraphQLList):
        of = get_nullable_type(kind.of_type)
        items = value if isinstance(value, list) else [value]
        return [_condition(field, name, item, of) for item in items]
    if isinstance(kind, GraphQLEnumType):
        return wire_value(field, value, kind)
    if str(kind) == "ID":
        return identity(field, value)
    wanted, word = (bool, "true or false") if str(kind) == "Boolean" else (str, "a text")
    if not isinstance(value, wanted):
        raise BadInput(f"{field}: {name} must be {word}.", field=field)
    return value
