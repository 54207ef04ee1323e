"""GraphQL requests with files: https://github.com/jaydenseric/graphql-multipart-request-spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Receive, Scope

from app.errors import BadInput
from app.limits import Limits
from app.middleware import counted
from app.strict_json import decode

MEDIA_TYPE = b"multipart/form-data"
MAX_FILES = 20


def is_multipart(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a request has that media type."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == MEDIA_TYPE


async def read_multipart(scope: Scope, receive: Receive, limits: Limits) -> Any:
    """The parameters of the request, with each file as bytes where the map puts it.

    Raises `BadInput`, and HTTPException for a body over the limit.
    """
    try:
        form = await Request(scope, counted(receive, limits.upload_bytes)).form(
            max_files=MAX_FILES, max_fields=2, max_part_size=limits.body_bytes
        )
    except MultiPartException as error:
        raise BadInput(f"This is no valid multipart request: {error.message}") from None
    try:
        operations = _json(form.get("operations"), "operations", limits)
        places = _json(form.get("map"), "map", limits)
        for name, paths in places.items():
            file = form.get(name)
            if not isinstance(file, UploadFile) or not isinstance(paths, list):
                raise BadInput(f"map: {name[:60]!r} leads from a file to a list of paths.")
            content = await file.read()
            for path in paths:
                _put(operations, path, content)
    finally:
        await form.close()
    return operations


def _json(part: object, name: str, limits: Limits) -> dict[str, Any]:
    if not isinstance(part, str):
        raise BadInput(f"{name}: a multipart request needs this part.")
    value = decode(part.encode(), max_depth=limits.json_depth)
    if not isinstance(value, dict):
        raise BadInput(f"{name}: expected a JSON object; batches are not accepted.")
    return value


def _put(operations: Any, path: object, content: bytes) -> None:
    """Put the content in the place of a null, as the specification has it."""
    steps = path.split(".") if isinstance(path, str) else []
    try:
        target: Any = operations if steps[0] == "variables" else None
        for step in steps[:-1]:
            target = _member(target, step)
        if _member(target, steps[-1]) is None:
            target[_key(target, steps[-1])] = content
            return
    except (KeyError, IndexError, ValueError, TypeError):
        pass
    raise BadInput(f"map: {str(path)[:60]!r} is no null of the variables.")


def _member(target: Any, step: str) -> Any:
    return target[_key(target, step)]


def _key(target: Any, step: str) -> int | str:
    return int(step) if isinstance(target, list) else step
