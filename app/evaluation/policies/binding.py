"""Edges between two components that a third binds: permissions, mounts, firewalls.

The models of a definition are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.evaluation.actions import Action
from app.evaluation.binding_plans import BindingPlan, Leg, plan
from app.evaluation.bonds import APPROVED, Bond, pair_key
from app.evaluation.definitions import Definition
from app.evaluation.draft import Draft, Part
from app.evaluation.feasibility import KindOfModel, denied
from app.evaluation.identifiers import filled
from app.evaluation.links import link, orientation
from app.evaluation.loose_joins import LooseIndex, Match
from app.evaluation.patches import patched
from app.evaluation.policy import Focus, Policy
from app.evaluation.reading import Row, kinds_meant, rows, rows_of
from app.evaluation.routes import BINDING

#: What a binding component may bind to: the leg, and the component.
Bound = tuple[Leg, Match]


def identify(draft: Draft, definition: Definition, focus: Focus) -> Iterator[Bond]:
    """Threes of which none of the values differ; approved from the start."""
    for bound in definition.plan:
        may = _gate(draft, bound)
        for binding in bound.to:
            if not _concerns(draft, bound, binding, focus):
                continue
            reached = _reach(draft, bound, binding)
            for from_leg, from_, match in _binding(draft, bound, binding):
                for to_leg, to in reached(match.part.id):
                    if may(from_, to.part):
                        legs = (from_leg, to_leg)
                        ends = (from_.id, match.part.id, to.part.id)
                        absent = match.absent or to.absent
                        yield from _bond(draft, definition, bound, legs, ends, absent=absent)


def _concerns(draft: Draft, bound: BindingPlan, binding: str, focus: Focus) -> bool:
    """Whether components of all three kinds are there, and one of them is in the focus."""
    from_, to = (
        bound.from_.keys() & draft.kinds.keys(),
        bound.to[binding].keys() & draft.kinds.keys(),
    )
    between = kinds_meant(draft, binding)
    if not (from_ and to and between):
        return False
    if focus is None:
        return True
    kinds = from_ | to | set(between)
    parts = (draft.part(each) for each in focus)
    return any(part is not None and part.kind in kinds for part in parts)


def _reach(draft: Draft, bound: BindingPlan, binding: str) -> Callable[[str], list[Bound]]:
    """What the binding component of an id binds to, which is found when it is asked for."""
    sides = [
        (
            leg,
            {row[0].id: row for row in rows(draft, binding, leg.first)},
            _filed(draft, rows_of(draft, kind, leg.second)),
        )
        for kind, leg in bound.to[binding].items()
        if kind in draft.kinds
    ]
    known: dict[str, list[Bound]] = {}

    def reached(id_: str) -> list[Bound]:
        if id_ not in known:
            known[id_] = [
                (leg, match) for leg, own, filed in sides for match in filed.matches(own[id_])
            ]
        return known[id_]

    return reached


def _binding(draft: Draft, bound: BindingPlan, binding: str) -> Iterator[tuple[Leg, Part, Match]]:
    """The components of `from` with those that bind them."""
    for kind, leg in bound.from_.items():
        if kind in draft.kinds:
            filed = _filed(draft, rows(draft, binding, leg.second))
            for row in rows_of(draft, kind, leg.first):
                for match in filed.matches(row):
                    yield leg, row[0], match


def _filed(draft: Draft, filed: list[Row]) -> LooseIndex:
    return LooseIndex(filed, absent_matches=draft.options.parity.absent_values_match)


def _gate(draft: Draft, bound: BindingPlan) -> Callable[[Part, Part], bool]:
    """Whether the set does not deny two ends."""
    decided: dict[tuple[KindOfModel, KindOfModel], bool] = {}

    def may(from_: Part, to: Part) -> bool:
        what = ((from_.kind, from_.model), (to.kind, to.model))
        if what not in decided:
            decided[what] = not denied(draft, bound.whole, *what)
        return decided[what]

    return may


def _bond(
    draft: Draft,
    definition: Definition,
    bound: BindingPlan,
    legs: tuple[Leg, Leg],
    ends: tuple[str, str, str],
    *,
    absent: bool,
) -> Iterator[Bond]:
    """The relationship, if there is none of the same ends; its id tells the binding component."""
    from_id, between, to_id = ends
    one, other = legs[0].end, legs[1].end
    key = pair_key(definition.route, (one.key, from_id), (other.key, to_id))
    if draft.known[key]:
        return
    id_ = filled(bound.seed, between, from_id, to_id)
    sides = [legs[0].at(from_id, from_id, between)], [legs[1].at(to_id, between, to_id)]
    patches = orientation(one.shape.patch, other.shape.patch)
    yield Bond(
        id=id_,
        policy=definition.policy,
        status=APPROVED,
        ends=(from_id, to_id),
        keys=(key,),
        links=(link(patches, from_id, to_id),) if patches else (),
        matches=(link(legs[0].oriented, from_id, between), link(legs[1].oriented, between, to_id)),
        raw=definition.instance(id_, APPROVED, *sides),
        fulfilled=not (absent or patches),
        absent=absent,
    )


def act(draft: Draft, one: Bond) -> Iterator[Action]:
    """The patches of the selectors; only if they do nothing, those of the matches."""
    actions = list(patched(draft, one, one.links))
    yield from actions or patched(draft, one, one.matches)


POLICY = Policy(BINDING, plan, identify, act)
