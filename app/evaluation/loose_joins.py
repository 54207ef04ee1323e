"""Pairs of components none of whose values differ: an absent value differs from none."""

from __future__ import annotations

from collections.abc import Hashable

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


class LooseIndex:
    """Components filed by the path with the most values; only where one is absent all are tried."""

    def __init__(self, filed: list[Row], *, absent_matches: bool) -> None:
        self.filed = filed
        self.absent_matches = absent_matches
        self.keys = [_keys(row) for row in filed]
        self.by = _most_various(self.keys)
        self.places: dict[Hashable, list[int]] = {}
        for at, each in enumerate(self.keys):
            for key in each[self.by]:
                self.places.setdefault(key, []).append(at)

    def matches(self, row: Row) -> list[Match]:
        """The filed components that fit, but for the component itself, in order."""
        wanted = _keys(row)
        return [
            Match(self.filed[at][0], absent)
            for at in self._tried(wanted)
            if (absent := _fits(wanted, self.keys[at], self.absent_matches)) is not None
            and self.filed[at][0] is not row[0]
        ]

    def _tried(self, wanted: Keys) -> list[int]:
        if None in wanted[self.by]:
            return list(range(len(self.filed))) if self.absent_matches else []
        found = {at for key in wanted[self.by] for at in self.places.get(key, ())}
        if self.absent_matches:
            found.update(self.places.get(None, ()))
        return sorted(found)


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
