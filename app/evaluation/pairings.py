"""Pairs of components whose values agree, found by joining on the values.

A pair of selectors of a definition is compiled once into a `Pairing`. In a design the components
of the mutated side are filed under keys of their values, and those of the mutator's side are
looked up: the cost is that of the components and of what is found, not of all pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import msgspec

from app.evaluation import shapes
from app.evaluation.bonds import EndKey
from app.evaluation.draft import Draft, Part
from app.evaluation.links import Orientation, orientation
from app.evaluation.paths import Path, stands_for_some
from app.evaluation.reading import Row, kinds_meant, rows
from app.evaluation.strategies import (
    Strategies,
    agree,
    decided_by_key,
    known,
    mutated_keys,
    mutator_keys,
)

Index = dict[Hashable, list[Row]]


@dataclass(frozen=True, slots=True)
class Side:
    """The kind and the paths of an end of a pairing."""

    kind: str
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two selectors whose values may agree.

    `joined` are the positions of the references that are joined by their keys; `decided` says
    that nothing else is to be compared, `equal` that the values of a pair are equal, so that a
    patch has nothing to do.
    """

    from_key: EndKey
    to_key: EndKey
    oriented: Orientation
    mutators: Side
    mutated: Side
    strategies: tuple[Strategies, ...]
    joined: tuple[int, ...]
    decided: bool
    equal: bool


class Pair(msgspec.Struct, gc=False, eq=False):
    """`absent` says that two absent values agreed."""

    from_: Part
    to: Part
    absent: bool


def pairing(from_: shapes.Selector, to: shapes.Selector) -> Pairing | None:
    """None where the selectors have no patches that feed each other."""
    oriented = orientation(from_.patch, to.patch)
    if oriented is None:
        return None
    matrix = from_.match_strategy_matrix or from_.old_matrix or ()
    count = len(oriented.refs)
    strategies = tuple(known(matrix[at] if at < len(matrix) else None) for at in range(count))
    joined = _joined(oriented, strategies)
    decided = len(joined) == count and all(decided_by_key(each) for each in strategies)
    from_key, to_key = (from_.kind or "", from_.patch), (to.kind or "", to.patch)
    keys = (from_key, to_key) if oriented.from_mutates else (to_key, from_key)
    return Pairing(
        from_key=from_key,
        to_key=to_key,
        oriented=oriented,
        mutators=Side(keys[0][0], tuple(mutator for mutator, _ in oriented.refs)),
        mutated=Side(keys[1][0], tuple(mutated for _, mutated in oriented.refs)),
        strategies=strategies,
        joined=joined,
        decided=decided,
        equal=decided and all("equal" in each for each in strategies),
    )


def _joined(oriented: Orientation, strategies: tuple[Strategies, ...]) -> tuple[int, ...]:
    """Of references that may have several keys only one is joined by: keys multiply."""
    single: list[int] = []
    several: list[int] = []
    for at, (refs, names) in enumerate(zip(oriented.refs, strategies, strict=True)):
        many = any(stands_for_some(path) for path in refs) or not decided_by_key(names)
        (several if many else single).append(at)
    return tuple(single + several[:1])


def pairs(
    draft: Draft,
    what: Pairing,
    focus: Collection[str] | None,
    admits: Callable[[Part], bool] | None = None,
) -> Iterator[Pair]:
    """The pairs of different components that agree; with a focus those with an end in it.

    Mutators that are not admitted have none.
    """
    if not (kinds_meant(draft, what.mutators.kind) and kinds_meant(draft, what.mutated.kind)):
        return
    mutators = rows(draft, what.mutators.kind, what.mutators.paths)
    if admits is not None:
        mutators = [row for row in mutators if admits(row[0])]
    mutated = rows(draft, what.mutated.kind, what.mutated.paths) if mutators else []
    inside = mutators if focus is None else [row for row in mutators if row[0].id in focus]
    if inside and mutated:
        yield from _joint(draft, what, inside, _index(draft, what, mutated, key="all"))
    wanted = [] if focus is None else [row for row in mutated if row[0].id in focus]
    if wanted and focus is not None:
        outside = [row for row in mutators if row[0].id not in focus]
        yield from _joint(draft, what, outside, _index(draft, what, wanted, key="focus"))


def _index(draft: Draft, what: Pairing, mutated: list[Row], key: str) -> Index:
    remembered = ("index", key, what.mutated, what.strategies, what.joined)
    index: Index | None = draft.remembered.get(remembered)
    if index is None:
        index = {}
        strategies = _strict(draft, what)
        for row in mutated:
            for filed in _keys(row, what.joined, strategies, mutated_keys):
                index.setdefault(filed, []).append(row)
        draft.remembered[remembered] = index
    return index


def _strict(draft: Draft, what: Pairing) -> tuple[Strategies, ...]:
    """The strategies, where absent values match nothing if so wanted."""
    if draft.options.parity.absent_values_match:
        return what.strategies
    return tuple((*each, "not_null") for each in what.strategies)


def _keys(
    row: Row,
    joined: tuple[int, ...],
    strategies: tuple[Strategies, ...],
    keys_of: Callable[[Strategies, Any], list[Hashable]],
) -> Collection[Hashable]:
    columns: list[list[Hashable]] = []
    for at in joined:
        keys = [key for value in row[1][at] for key in keys_of(strategies[at], value)]
        if not keys:
            return ()
        columns.append(keys)
    if all(len(keys) == 1 for keys in columns):
        return (tuple([keys[0] for keys in columns]),)
    return dict.fromkeys(product(*columns))


def _joint(draft: Draft, what: Pairing, mutators: list[Row], index: Index) -> Iterator[Pair]:
    strategies = _strict(draft, what)
    from_mutates = what.oriented.from_mutates
    for row in mutators:
        for other in _found(row, what.joined, strategies, index):
            if other[0] is row[0] or not (what.decided or _agree(strategies, row, other)):
                continue
            absent = any(
                None in one and None in two for one, two in zip(row[1], other[1], strict=True)
            )
            ends = (row[0], other[0]) if from_mutates else (other[0], row[0])
            yield Pair(*ends, absent)


def _found(
    row: Row, joined: tuple[int, ...], strategies: tuple[Strategies, ...], index: Index
) -> Collection[Row]:
    keys = _keys(row, joined, strategies, mutator_keys)
    found = [index[key] for key in keys if key in index]
    if len(found) <= 1:
        return found[0] if found else ()
    return {each[0].id: each for filed in found for each in filed}.values()


def _agree(strategies: tuple[Strategies, ...], mutator: Row, mutated: Row) -> bool:
    return all(
        any(agree(names, one, other) for one in ones for other in others)
        for names, ones, others in zip(strategies, mutator[1], mutated[1], strict=True)
    )
