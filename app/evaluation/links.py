"""What copies a value from one component into another: the patches of selectors and matches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from app.evaluation import shapes
from app.evaluation.paths import Path

Refs = tuple[tuple[Path, Path], ...]


@dataclass(frozen=True, slots=True)
class Orientation:
    """Which of two ends is the mutator, and pairs of a mutator's path and a mutated one."""

    from_mutates: bool
    refs: Refs


class Link(msgspec.Struct, frozen=True, gc=False):
    """Values at paths of the component `mutator` that belong at paths of `mutated`."""

    mutator: str
    mutated: str
    refs: Refs


Referring = shapes.Patch | shapes.MatchItem


def orientation(from_: Referring | None, to: Referring | None) -> Orientation | None:
    """None where no side has a mutator's paths while the other has mutated ones."""
    if from_ is None or to is None:
        return None
    if from_.mutator_ref and to.mutated_ref:
        return Orientation(True, _paired(from_.mutator_ref, to.mutated_ref))  # noqa: FBT003 - a field
    if to.mutator_ref and from_.mutated_ref:
        return Orientation(False, _paired(to.mutator_ref, from_.mutated_ref))  # noqa: FBT003
    return None


def _paired(mutators: tuple[Path, ...], mutated: tuple[Path, ...]) -> Refs:
    return tuple(zip(mutators, mutated, strict=False))


def link(oriented: Orientation, from_id: str, to_id: str) -> Link:
    """The link between two components."""
    if oriented.from_mutates:
        return Link(from_id, to_id, oriented.refs)
    return Link(to_id, from_id, oriented.refs)


def patch_links(sets: list[shapes.Ends]) -> tuple[Link, ...]:
    """The links of the selectors: the i-th of `from` with the i-th of `to`, in each set."""
    return tuple(
        [
            link(oriented, one.id, other.id)
            for allow in sets
            for one, other in zip(allow.from_ or (), allow.to or (), strict=False)
            if one.id and other.id and (oriented := orientation(one.patch, other.patch))
        ]
    )


def match_links(sets: list[shapes.Ends]) -> tuple[Link, ...]:
    """The links of the matches: of the first selector of each side, in each set."""
    return tuple(
        [
            found
            for allow in sets
            for side in (allow.from_, allow.to)
            if side and side[0].match and side[0].match.from_
            for found in _links_of_match(side[0].match)
        ]
    )


def _links_of_match(match: shapes.Match) -> Iterator[Link]:
    """The i-th item of `from` with the i-th of `to`, in whichever direction it is."""
    for one, other in zip(match.from_ or (), match.to or (), strict=False):
        oriented = orientation(one, other)
        if one.id and other.id and oriented:
            yield link(oriented, one.id, other.id)
