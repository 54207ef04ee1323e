"""Definitions of bindings: two components, and a third between them that names both.

A definition has selectors for the two ends only. The kind of the third is in their matches, whose
items of kind `self` are the end itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluation.definitions import End, EndSet
from app.evaluation.identifiers import GAP, gaps
from app.evaluation.links import Orientation, orientation
from app.evaluation.paths import Path
from app.evaluation.routes import Route

SELF = "self"


@dataclass(frozen=True, slots=True)
class Leg:
    """An end, and the paths by which it and the binding component name each other.

    `first` are the paths of the component of `match.from`, `second` those of `match.to`.
    """

    end: End
    oriented: Orientation

    @property
    def first(self) -> tuple[Path, ...]:
        return tuple(pair[0 if self.oriented.from_mutates else 1] for pair in self.oriented.refs)

    @property
    def second(self) -> tuple[Path, ...]:
        return tuple(pair[1 if self.oriented.from_mutates else 0] for pair in self.oriented.refs)

    def at(self, id_: str, first: str, second: str) -> dict[str, Any]:
        """The selector in a relationship, whose match is its own.

        Meshery's relationships share one match with each other and with the definition, so that
        all get the ids of the last.
        """
        match = self.end.raw["match"]
        sides = {name: _at(match[name], at) for name, at in (("from", first), ("to", second))}
        return self.end.at(id_, match={**match, **sides})


def _at(items: list[dict[str, Any]], id_: str) -> list[dict[str, Any]]:
    return [{**items[0], "id": id_}, *items[1:]]


@dataclass(frozen=True, slots=True)
class BindingPlan:
    """What a selector set binds: legs by the exact kind of the end.

    `to` has the legs for each kind of the binding component, which are in order.
    """

    from_: Mapping[str, Leg]
    to: Mapping[str, Mapping[str, Leg]]
    seed: tuple[str, ...]
    whole: EndSet


def plan(route: Route, sets: tuple[EndSet, ...]) -> tuple[BindingPlan, ...]:
    """Of selectors for the same kind the last counts."""
    kind, type_, sub_type = route
    seed = {
        "binding": GAP,
        "from": GAP,
        "kind": kind,
        "subType": sub_type,
        "to": GAP,
        "type": type_,
    }
    plans = []
    for each in sets:
        from_ = {leg.end.kind: leg for leg in map(_leg, each.from_) if leg}
        bindings = sorted({kind for end in each.from_ for kind in _bound(end)})
        to = {
            binding: {
                leg.end.kind: leg
                for leg in map(_leg, each.to)
                if leg and binding in _bound(leg.end)
            }
            for binding in bindings
        }
        plans.append(BindingPlan(from_, to, gaps(seed), each))
    return tuple(plans)


def _leg(end: End) -> Leg | None:
    match = end.shape.match
    if match is None or not match.from_ or not match.to:
        return None
    oriented = orientation(match.from_[0], match.to[0])
    return Leg(end, oriented) if oriented else None


def _bound(end: End) -> set[str]:
    """The kinds of the binding component that a selector's match names."""
    match = end.shape.match
    if match is None:
        return set()
    items = (*(match.from_ or ()), *(match.to or ()))
    return {item.kind for item in items if item.kind and item.kind != SELF}
