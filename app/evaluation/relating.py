"""Relationships of two components whose values agree: edges, inventories, wallets."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from app.evaluation.actions import Action
from app.evaluation.bonds import Bond, pair_key
from app.evaluation.definitions import Definition, End, EndSet
from app.evaluation.draft import Draft
from app.evaluation.feasibility import Gate
from app.evaluation.identifiers import GAP, filled, gaps
from app.evaluation.links import link
from app.evaluation.pairings import Pair, Pairing, pairing, pairs
from app.evaluation.patches import patched
from app.evaluation.policy import Focus
from app.evaluation.routes import Route


@dataclass(frozen=True, slots=True)
class Template:
    """Two selectors that feed each other, and the seed of the ids of what they find."""

    from_: End
    to: End
    pairing: Pairing
    seed: tuple[str, ...]


def plan(route: Route, sets: tuple[EndSet, ...]) -> tuple[Template, ...]:
    """Each selector of `from` with each of `to`, in each set, where their patches feed."""
    return tuple(
        Template(one, other, found, gaps(_seed(route, one, other)))
        for each in sets
        for one in each.from_
        for other in each.to
        if (found := pairing(one.shape, other.shape))
    )


def _seed(route: Route, from_: End, to: End) -> dict[str, Any]:
    """What makes two such relationships the same."""
    ends = [
        [{"id": GAP, "kind": end.kind, "patch": msgspec.to_builtins(end.shape.patch)}]
        for end in (from_, to)
    ]
    kind, type_, sub_type = route
    return {"from": ends[0], "kind": kind, "subType": sub_type, "to": ends[1], "type": type_}


def related(
    draft: Draft, definition: Definition, focus: Focus, status: str, gate: Gate | None = None
) -> Iterator[Bond]:
    """The relationships that a definition finds and the design does not have yet."""
    for template in definition.plan:
        what: Pairing = template.pairing
        admits = None if gate is None else partial(gate.admits, as_from=what.oriented.from_mutates)
        for pair in pairs(draft, what, focus, admits):
            from_, to = pair.from_, pair.to
            key = pair_key(definition.route, (what.from_key, from_.id), (what.to_key, to.id))
            if draft.known[key]:
                continue
            if gate is None or gate.lets((from_.kind, from_.model), (to.kind, to.model)):
                yield _bond(definition, template, pair, status, key)


def _bond(
    definition: Definition, template: Template, pair: Pair, status: str, key: Hashable
) -> Bond:
    ends = (pair.from_.id, pair.to.id)
    id_ = filled(template.seed, *ends)
    selectors = [template.from_.at(ends[0])], [template.to.at(ends[1])]
    return Bond(
        id=id_,
        policy=definition.policy,
        status=status,
        ends=ends,
        keys=(key,),
        links=(link(template.pairing.oriented, *ends),),
        matches=(),
        raw=definition.instance(id_, status, *selectors),
        fulfilled=template.pairing.equal,
        absent=pair.absent,
    )


def patch(draft: Draft, one: Bond) -> Iterator[Action]:
    """The mutator's values go into the mutated component."""
    return patched(draft, one, one.links)
