"""Paths into JSON: reading, and writing into a copy that shares all that is not on the path.

A path is a tuple of names; a number is a position in an array. Two names stand for elements of an
array: `_` for some element, and `-1`, in a path that is written to, for one more.
"""

from __future__ import annotations

from typing import Any

Path = tuple[str, ...]

SOME = "_"
APPENDED = "-1"
#: So many positions beyond the end of an array may be filled with nulls.
PADDING = 1_000
#: No array here is longer than a number of so many digits says.
DIGITS = 6


class Unwritable(ValueError):
    """There is no such place, and it cannot be made."""


def position(step: str) -> int | None:
    """The position in an array that the name is, if it is one."""
    if step.isascii() and step.isdigit() and len(step) <= DIGITS:
        return int(step)
    return None


def get(value: Any, path: Path) -> Any:
    """What is at the path, or None."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list):
            place = position(step)
            if place is None or place >= len(value):
                return None
            value = value[place]
        else:
            return None
    return value


def stands_for_some(path: Path) -> bool:
    """Whether a name of the path stands for elements of an array."""
    return SOME in path or APPENDED in path


def values_at(value: Any, path: Path) -> list[Any]:
    """All that the path may mean, at least one: with `_` and `-1` for each element in turn.

    Meshery takes the last element when it patches and, in some releases, any when it matches.
    Here any element matches, always.
    """
    for at, step in enumerate(path):
        if step in (SOME, APPENDED):
            reached = get(value, path[:at])
            if isinstance(reached, list) and reached:
                return [each for one in reached for each in values_at(one, path[at + 1 :])]
            return values_at(reached, (_place_in(reached, step), *path[at + 1 :]))
    return [get(value, path)]


def _place_in(value: Any, step: str) -> str:
    """The one place that is written to for `_` or `-1`: the last element, or one more."""
    if step == APPENDED:
        return str(len(value)) if isinstance(value, list) else "0"
    return str(len(value) - 1) if isinstance(value, list) and value else "0"


def resolved(value: Any, path: Path) -> Path:
    """The path with the first `_` or `-1` as a position in the value."""
    for at, step in enumerate(path):
        if step in (SOME, APPENDED):
            return (*path[:at], _place_in(get(value, path[:at]), step), *path[at + 1 :])
    return path


def written(value: Any, path: Path, new: Any) -> Any:
    """The value with `new` at the path, where missing objects and arrays are made.

    Raises `Unwritable` where something that is neither object nor array is in the way, where an
    array has no such place, and where a name still stands for some element.
    """
    if not path:
        return new
    step, rest = path[0], path[1:]
    if step in (SOME, APPENDED):
        raise Unwritable(step)
    if value is None:
        value = {} if position(step) is None else []
    if isinstance(value, dict):
        return {**value, step: written(value.get(step), rest, new)}
    place = position(step)
    if not isinstance(value, list) or place is None or place > len(value) + PADDING:
        raise Unwritable(step)
    copy = value + [None] * (place + 1 - len(value))
    copy[place] = written(copy[place], rest, new)
    return copy


def removed(value: Any, path: Path) -> Any:
    """The value without what is at the path; the very same value where nothing is."""
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and step in value:
        if not rest:
            return {name: each for name, each in value.items() if name != step}
        kept = removed(value[step], rest)
        return value if kept is value[step] else {**value, step: kept}
    place = position(step)
    if isinstance(value, list) and place is not None and place < len(value):
        kept = [removed(value[place], rest)] if rest else []
        if kept and kept[0] is value[place]:
            return value
        return [*value[:place], *kept, *value[place + 1 :]]
    return value
