"""Bodies of JSON: short ones read whole, and long ones for the files or the document in them.

A text of JSON can be millions of values, and those take seconds to make. So only what is taken is
made of a long one: files by their own type, and all else up to a length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLScalarType,
    get_nullable_type,
)

from app.errors import BadInput
from rest_compat.documents import Operation
from rest_compat.values import SPELLINGS, Decode

BYTES: Final = "Bytes"
#: Bytes of an object that is read whole, and of a member that is no file.
SHORT: Final = 65_536

_FILE: Final = msgspec.json.Decoder(str | list[int])
_TEXT: Final = msgspec.json.Decoder(str)

#: The members that are taken, by each of their spellings.
Kinds = Mapping[str, GraphQLInputType]


def read_body(raw: bytes, decode: Decode) -> Mapping[str, Any]:
    """A JSON object, whatever its content type; nothing at all, or null, is the empty one."""
    if not raw.strip():
        return {}
    try:
        value = decode(raw)
    except (ValueError, RecursionError) as error:
        raise BadInput("body: this is not valid JSON.", field="body") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput("body: expected a JSON object.", field="body")
    return value


def read_long_body(
    raw: bytes, operation: Operation, decode: Decode, document: str | None = None
) -> Mapping[str, Any]:
    """The same of a body that may hold files; the member that is a `document` stays JSON text."""
    if raw.strip() in {b"", b"null"}:
        return {}
    if len(raw) <= SHORT and document is None:
        return read_body(raw, decode)
    kinds = {
        name: each.type
        for each in operation.variables
        for name in (each.name, *SPELLINGS.get(each.name, ()))
    }
    return read_members("body", raw, kinds, decode, document)


def read_members(
    outer: str, raw: bytes, kinds: Kinds, decode: Decode, document: str | None = None
) -> Mapping[str, Any]:
    """The members of a JSON object; of a long one, or with a `document`, those of the kinds.

    The document stays JSON text. Raises `BadInput`, which names `outer` or the member.
    """
    if len(raw) > SHORT or document is not None:
        return _taken(outer, raw, kinds, decode, document)
    return _mapping(outer, _decoded(outer, raw, decode))


def kinds_of(kind: GraphQLInputObjectType) -> Kinds:
    """The members of an input object."""
    return {
        spelled: each.type for name, each in kind.fields.items() for spelled in spellings_of(name)
    }


def spellings_of(name: str) -> tuple[str, str]:
    """A member's name as its type spells it, and in snake_case."""
    return name, re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _taken(
    outer: str, raw: bytes, kinds: Kinds, decode: Decode, document: str | None
) -> dict[str, Any]:
    """The members of those kinds; one that is null is none."""
    made = _decoded(outer, raw, _texts(tuple(kinds)).decode)
    texts = {name: bytes(getattr(made, name)) for name in kinds}
    return {
        name: text if name == document else _value(name, text, kinds[name], decode)
        for name, text in texts.items()
        if text not in {b"", b"null"}
    }


@cache
def _texts(names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """Makes an object of some members, each as its JSON text; of others no values are made."""
    members = [(name, msgspec.Raw, msgspec.Raw(b"")) for name in names]
    return msgspec.json.Decoder(msgspec.defstruct("Texts", members))


def _value(name: str, text: bytes, type_: GraphQLInputType, decode: Decode) -> object:
    kind = get_nullable_type(type_)
    if isinstance(kind, GraphQLScalarType) and kind.name == BYTES:
        return _decoded(name, text, _FILE.decode)
    if isinstance(kind, GraphQLInputObjectType):
        inner = _decoded(name, text, _TEXT.decode).encode() if text.startswith(b'"') else text
        return read_members(name, inner, kinds_of(kind), decode)
    if len(text) > SHORT:
        raise BadInput(f"{name}: at most {SHORT} bytes are allowed.", field=name)
    return _decoded(name, text, decode)


def _decoded(name: str, text: bytes, decode: Decode) -> Any:
    try:
        return decode(text)
    except msgspec.ValidationError as error:
        raise BadInput(f"{name}: {error}.", field=name) from None
    except (ValueError, RecursionError, BadInput) as error:
        raise BadInput(f"{name}: this is not valid JSON.", field=name) from error


def _mapping(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{name}: expected a JSON object.", field=name)
    return value
