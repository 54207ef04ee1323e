"""Bytes of an answer, and of its fields that are wanted: counted, or estimated from its size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from graphql import get_named_type, get_nullable_type, is_list_type

from rest_compat.documents import BODY, Operation, Selected
from rest_compat.moving.selecting import Wanted

#: Characters that a value of each type has, about: for answers of which only the size is known.
TYPICAL: Final = {
    "ID": 38, "DateTime": 29, "String": 18, "Int": 3, "Boolean": 5, "JSON": 60,
}  # fmt: skip
OTHER: Final = 12
#: Items that a list has, about, and characters between two members of an object.
ITEMS: Final = 10
AROUND: Final = 4
MOST_IDS: Final = 1_000


def size_of(value: Any) -> int:
    """Bytes of the value as compact JSON."""
    return len(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    )


def trimmed(value: Any, fields: tuple[Selected, ...], wanted: Wanted) -> Any:
    """As much of an answer as is wanted; what the operation does not select is left out."""
    if isinstance(value, list):
        return [trimmed(each, fields, wanted) for each in value]
    fields = _inside(fields)
    if not isinstance(value, dict):
        return value
    kept = {}
    for each in fields:
        if each.name not in value:
            continue
        if not each.children:
            if wanted(each.name, each.field):
                kept[each.name] = value[each.name]
        elif inner := trimmed(value[each.name], each.children, wanted):
            kept[each.name] = inner
    return kept


def share(operation: Operation, wanted: Wanted) -> float:
    """How much of an answer the wanted fields are, from 0 to 1, by what is typical."""
    whole = _weight(operation.body, lambda _rest, _own: True)
    return _weight(operation.body, wanted) / whole if whole else 1.0


def _weight(fields: tuple[Selected, ...], wanted: Wanted) -> float:
    return sum(_weights(_inside(fields), wanted))


def _weights(fields: tuple[Selected, ...], wanted: Wanted) -> Iterator[float]:
    for each in fields:
        own = len(each.name) + AROUND
        if not each.children:
            typical = TYPICAL.get(get_named_type(each.type).name, OTHER)
            yield own + typical if wanted(each.name, each.field) else 0
        elif inner := _weight(each.children, wanted):
            yield own + inner * (ITEMS if is_list_type(get_nullable_type(each.type)) else 1)


def _inside(fields: tuple[Selected, ...]) -> tuple[Selected, ...]:
    """A `body` stands for what is in it."""
    while len(fields) == 1 and fields[0].name == BODY and fields[0].children:
        fields = fields[0].children
    return fields


def listed(value: Any) -> frozenset[str]:
    """The ids in an answer, of whatever: up to a number of them."""
    found: set[str] = set()
    waiting = [value]
    while waiting and len(found) < MOST_IDS:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            found |= {text for name, text in each.items() if _is_id(name, text)}
            waiting += [inner for inner in each.values() if isinstance(inner, list | dict)]
    return frozenset(found)


def _is_id(name: str, value: Any) -> bool:
    return isinstance(value, str) and (name == "id" or name.endswith("_id")) and len(value) <= 64  # noqa: PLR2004
