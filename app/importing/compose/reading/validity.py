"""Whether a document is a Compose file at all, by the JSON schema of the specification.

https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json, in the copy
that check-jsonschema ships.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from app.importing.refusals import TooLarge, Unreadable, Unsupported

DEEPEST = 32
MOST_VALUES = 50_000
MOST_SERVICES = 1_000
NEWEST = (3, 9)
_SCHEMA_FILE = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
_ERRORS_READ = 50
_LONGEST_MESSAGE = 200
_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.\d{1,4})?")


def _tolerant(schema: Any) -> Any:
    """The schema without `uniqueItems`: repetition does no harm, and finding it takes long."""
    if isinstance(schema, dict):
        return {key: _tolerant(each) for key, each in schema.items() if key != "uniqueItems"}
    return [_tolerant(each) for each in schema] if isinstance(schema, list) else schema


def _load() -> Draft202012Validator:
    file = Path(str(distribution("check-jsonschema").locate_file(_SCHEMA_FILE)))
    return Draft202012Validator(_tolerant(json.loads(file.read_text("utf-8"))))


_VALIDATOR = _load()


def check_bounds(document: Any) -> None:
    """Raises Unreadable for what JSON does not have, TooLarge for depth or number of values."""
    waiting: list[tuple[Any, str, int]] = [(document, "", 0)]
    seen = 0
    while waiting:
        value, path, depth = waiting.pop()
        seen += 1
        if seen > MOST_VALUES or depth > DEEPEST:
            raise TooLarge(
                f"A Compose file may have {MOST_VALUES} values, nested {DEEPEST} deep; "
                f"this one has more, or nests deeper (at {path[:200] or 'its root'})."
            )
        waiting.extend(_inside(value, path, depth + 1))


def _inside(value: Any, path: str, depth: int) -> Iterator[tuple[Any, str, int]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise Unreadable(f"{path or 'The file'}: the key {str(key)[:80]} is no string.")
            yield each, f"{path}.{key}" if path else key, depth
    elif isinstance(value, list):
        yield from ((each, f"{path}[{n}]", depth) for n, each in enumerate(value))
    elif not isinstance(value, str | int | float | bool | None):
        raise Unreadable(f"{path}: a value of kind {type(value).__name__} has no place here.")


def check_version(version: Any) -> None:
    """Raises Unsupported above 3.9, the last version that was ever numbered."""
    if version is None:
        return
    number = _VERSION.fullmatch(str(version)[:80].strip())
    if number is None:
        raise Unreadable(f"version: “{str(version)[:80]}” is no version of Compose files.")
    if (int(number[1]), int(number[2] or 0)) > NEWEST:
        raise Unsupported(f"version: {version} is not supported; 3.9 is the newest, or none.")


def check_schema(document: dict[str, Any]) -> None:
    """Raises Unreadable with the path of the gravest fault, TooLarge for too many services."""
    if len(document.get("services") or ()) > MOST_SERVICES:
        raise TooLarge(f"services: there are more than {MOST_SERVICES}.")
    found = list(islice(_VALIDATOR.iter_errors(document), _ERRORS_READ))
    # A key whose value is wrong counts as unevaluated too: the value's own fault says more.
    faults = [each for each in found if each.validator != "unevaluatedProperties"] or found
    fault = best_match(faults)
    if fault is not None:
        raise Unreadable(f"{_path(fault)}: {fault.message[:_LONGEST_MESSAGE]}")


def _path(fault: ValidationError) -> str:
    steps = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in fault.absolute_path)
    return "".join(steps).lstrip(".") or "The file"
