"""Pairs of components none of whose values differ: an absent value differs from none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import msgspec

from app.evaluation.draft import Part
from app.evaluation.reading import Row
from app.evaluation.values import frozen

#: The keys of a component's values, for each path; None is that of an absent one.
Keys = tuple[frozenset[Hashable], ...]


class Match(msgspec.Struct, gc=False, eq=False):
    """`absent` says that an absent value was met."""

    part: Part
    absent: bool


def loosely(
    left: list[Row], right: list[Row], *, absent_matches: bool
) -> Iterator[tuple[Part, list[Match]]]:
    """The components of the left with those of the right that fit, in order.

    They are joined by the path with the most values; only where a value is absent are all tried.
    """
    keys = [_keys(row) for row in right]
    by = _most_various(keys)
    index: dict[Hashable, list[int]] = {}
    for at, each in enumerate(keys):
        for key in each[by] if each else ():
            index.setdefault(key, []).append(at)
    open_ = index.get(None, [])
    for row in left:
        wanted = _keys(row)
        if None in wanted[by]:
            tried = list(range(len(right))) if absent_matches else []
        else:
            found = {at for key in wanted[by] for at in index.get(key, ())}
            tried = sorted(found.union(open_ if absent_matches else ()))
        matches = [
            Match(right[at][0], absent)
            for at in tried
            if (absent := _fits(wanted, keys[at], absent_matches)) is not None
            and right[at][0] is not row[0]
        ]
        yield row[0], matches


def _keys(row: Row) -> Keys:
    return tuple([frozenset([frozen(value) for value in values]) for values in row[1]])


def _most_various(keys: list[Keys]) -> int:
    if not keys:
        return 0
    return max(range(len(keys[0])), key=lambda at: len({key for each in keys for key in each[at]}))


def _fits(one: Keys, other: Keys, absent_matches: bool) -> bool | None:  # noqa: FBT001 - passed on
    """None where they do not; else whether that is due to an absent value."""
    absent = False
    for mine, theirs in zip(one, other, strict=True):
        if not mine.isdisjoint(theirs) and None not in mine:
            continue
        if not absent_matches or (None not in mine and None not in theirs):
            return None
        absent = True
    return absent
