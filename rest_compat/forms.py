"""Bodies of `multipart/form-data` (RFC 7578), read as the JSON objects they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLInputObjectType, get_nullable_type
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from app.errors import BadInput
from rest_compat.bodies import kinds_of, read_members
from rest_compat.documents import Operation
from rest_compat.values import Decode

MULTIPART: Final = "multipart/form-data"
MAX_PARTS: Final = 50
#: The parts whose file name is the value of `fileName` where that is no part of its own.
NAMING: Final = frozenset({"file", "modelFile"})
_BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "1": True, "false": False, "0": False}


def is_form(request: Request) -> bool:
    """Whether the body is a form."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == MULTIPART


async def read_form(
    request: Request, operation: Operation, largest: int, decode: Decode
) -> Mapping[str, Any]:
    """The object of a form, for an operation: parts become what its variables are.

    A part that is no variable is a member of the one that is an object, whether it is named
    `object[member]`, `object.member` or just `member`. Raises `BadInput` for what is no form.
    """
    parts = await _parts(request, largest)
    kinds = {each.name: get_nullable_type(each.type) for each in operation.variables}
    objects = {
        name: kind for name, kind in kinds.items() if isinstance(kind, GraphQLInputObjectType)
    }
    outer = next(iter(objects), None)
    body: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for name, value in parts.items():
        if name in objects:
            text = value.encode() if isinstance(value, str) else value
            members = {**read_members(name, text, kinds_of(objects[name]), decode), **members}
        elif name in kinds or outer is None:
            body[name] = _typed(value, str(kinds.get(name)))
        else:
            members[_member(name, outer)] = value
    return {**body, outer: members} if outer and members else body


async def _parts(request: Request, largest: int) -> dict[str, str | bytes]:
    """The parts by their names, files as bytes; one that was left empty is none."""
    limits = {"max_files": MAX_PARTS, "max_fields": MAX_PARTS, "max_part_size": largest}
    parts: dict[str, str | bytes] = {}
    try:
        async with request.form(**limits) as form:
            for name, part in form.multi_items():
                value = await part.read() if isinstance(part, UploadFile) else part
                if not value and not getattr(part, "filename", None):
                    continue
                parts[name] = value
                if isinstance(part, UploadFile) and part.filename and _last(name) in NAMING:
                    parts.setdefault("fileName", part.filename)
    except MultiPartException:
        raise BadInput(f"body: this is not valid {MULTIPART}.", field="body") from None
    return parts


def _last(name: str) -> str:
    return re.split(r"[.\[]", name)[-1].removesuffix("]")


def _member(name: str, outer: str) -> str:
    """`object[member]` and `object.member` are `member`."""
    if name.startswith(f"{outer}[") and name.endswith("]"):
        return name[len(outer) + 1 : -1]
    return name.removeprefix(f"{outer}.")


def _typed(value: str | bytes, kind: str) -> object:
    if kind == "Boolean" and isinstance(value, str):
        return _BOOLEANS.get(value.strip().lower(), value)
    return value
