"""Single values as the REST API spells them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final
from uuid import UUID

from graphql import GraphQLEnumType

from app.errors import BadInput

#: Makes a value of a JSON text; raises ValueError, or `BadInput`, for what is none.
Decode = Callable[[bytes], object]

#: Other spellings that clients use, tried after the documented one.
SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "orgId": ("orgID",),
    "teamId": ("teamID",),
    "pagesize": ("page_size", "pageSize"),
    "subType": ("sub_type",),
    "credentialId": ("credential_id",),
    "credentialSecret": ("credential_secret",),
    "organization_id": ("organizationId",),
    "fileName": ("file_name",),
    "acted_upon": ("actedUpon",),
    "operation_id": ("operationId",),
    "system_id": ("systemId",),
}

_SHOWN: Final = 60
#: As nearly all of them are spelled; others are left to `UUID`.
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON.")


def strict_json(raw: bytes) -> object:
    """JSON as RFC 8259 has it: `NaN` and `Infinity` are refused."""
    return json.loads(raw, parse_constant=_refuse_constant)


def decoded(field: str, text: str, decode: Decode, what: str) -> object:
    """The value of a JSON text in a parameter; raises `BadInput`, saying that it is no `what`."""
    try:
        return decode(text.encode())
    except (ValueError, RecursionError, BadInput) as error:
        raise BadInput(f"{field}: this is not {what}.", field=field) from error


def wire_name(name: str, space: str = " ") -> str:
    """The name of an enum value as the REST API spells it: `NOT_FOUND` is `not found`."""
    return name.lower().replace("_", space)


def wire_value(field: str, value: object, kind: GraphQLEnumType) -> str:
    """The enum value spelled so; raises `BadInput` naming those there are."""
    if isinstance(value, str) and (name := _spelled(kind).get(value.lower())) is not None:
        return name
    known = ", ".join(wire_names(kind))
    raise BadInput(f"{field}: {_shown(value)} is not one of: {known}.", field=field)


#: Enums whose values the REST API spells in a way of its own, the documented spelling first.
_OWN: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "UploadType": {
        "FILE": ("file", "file import", "fileimport"),
        "URL_IMPORT": ("urlImport", "url import"),
        "CSV": ("csv", "csv import", "csvimport"),
        "URL": ("url", "model create", "modelcreate", "create"),
    }
}


def wire_names(kind: GraphQLEnumType) -> list[str]:
    """The values of an enum as the REST API documents them."""
    own = _OWN.get(kind.name, {})
    return [own[name][0] if name in own else wire_name(name) for name in kind.values]


@cache
def _spelled(kind: GraphQLEnumType) -> dict[str, str]:
    own = _OWN.get(kind.name, {})
    return {
        spelled.lower(): name
        for name in kind.values
        for spelled in own.get(name, (wire_name(name),))
    }


def identity(field: str, value: object) -> str:
    """The text of a UUID; raises `BadInput`.

    The service would say so too, but by the names of its own arguments.
    """
    try:
        if isinstance(value, str):
            if _UUID.fullmatch(value) is None:
                UUID(value)
            return value
    except ValueError:
        pass
    raise BadInput(f"{field}: expected a UUID, found {_shown(value)}.", field=field)


def _shown(value: object) -> str:
    """A value in an error; not what is in an object or a list, where secrets may be."""
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list) else repr(str(value)[:_SHOWN])
