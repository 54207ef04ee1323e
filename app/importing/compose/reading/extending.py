"""Services that extend another of the same file, and those that profiles leave out.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extends
"""

from __future__ import annotations

import json
from typing import Any

from app.importing.compose.reading.scalars import pairs
from app.importing.compose.reading.validity import MOST_VALUES
from app.importing.refusals import TooLarge, Unreadable, Unsupported

DEEPEST = 10
#: What an extending service replaces as a whole, and what is a mapping even when it is a list.
REPLACED = ("command", "entrypoint", "test")
PAIRED = ("environment", "labels", "annotations", "sysctls")


def extended(services: dict[str, Any]) -> dict[str, Any]:
    """The services with what they extend put in place.

    Raises Unsupported for a service of another file, Unreadable for one that is not there and
    for a circle, TooLarge for a long chain, and where all becomes too large by repetition.
    """
    whole: dict[str, Any] = {}
    values = 0
    for key in services:
        whole[key] = _whole(services, key, ())
        values += _count(whole[key])
        if values > MOST_VALUES:
            raise TooLarge(f"services: what they extend makes more than {MOST_VALUES} values.")
    return whole


def _count(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value
    return 1 + sum(map(_count, inside)) if isinstance(value, dict | list) else 1


def _whole(services: dict[str, Any], key: str, chain: tuple[str, ...]) -> dict[str, Any]:
    service = dict(services[key])
    wanted = service.pop("extends", None)
    if wanted is None:
        return service
    path = f"services.{key}.extends"
    if isinstance(wanted, dict) and wanted.get("file"):
        raise Unsupported(f"{path}: a service of another file cannot be extended here.")
    origin = wanted["service"] if isinstance(wanted, dict) else wanted
    if origin not in services:
        raise Unreadable(f"{path}: there is no service {origin[:80]}.")
    if origin == key or origin in chain:
        raise Unreadable(f"{path}: services extend each other in a circle.")
    if len(chain) >= DEEPEST:
        raise TooLarge(f"{path}: services extend each other more than {DEEPEST} deep.")
    return _merged(_whole(services, origin, (*chain, key)), service)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if key in PAIRED and old is not None:
            merged[key] = pairs(old) | pairs(value)
        elif isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merged(old, value)
        elif isinstance(old, list) and isinstance(value, list) and key not in REPLACED:
            merged[key] = list({json.dumps(each): each for each in old + value}.values())
        else:
            merged[key] = value
    return merged


def without_profiles(services: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The services that run when no profile is chosen, and the keys of the others."""
    left_out = [key for key, service in services.items() if service.get("profiles")]
    return {key: each for key, each in services.items() if key not in set(left_out)}, left_out
