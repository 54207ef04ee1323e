"""Components with an equal member in maps of theirs, as labels are.

When a group gains a member, a relationship of the larger group is added and that of the smaller
one stays, as with Meshery.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.evaluation import shapes
from app.evaluation.actions import Action
from app.evaluation.bonds import IDENTIFIED, Bond
from app.evaluation.definitions import Definition, End, EndSet
from app.evaluation.draft import Draft, Part
from app.evaluation.feasibility import KindOfModel, feasible
from app.evaluation.identifiers import identified
from app.evaluation.paths import Path
from app.evaluation.policy import Focus, Policy
from app.evaluation.reading import read
from app.evaluation.routes import SIBLING, Route
from app.evaluation.values import marshalled

#: What the members of a group share: the name of a member of their maps, and its value as text.
Shared = tuple[str, str]

Paths = tuple[Path, ...]


@dataclass(slots=True)
class Group:
    """The components that share something, and whether some came as from and some as to."""

    members: dict[str, Part] = field(default_factory=dict)
    sides: set[str] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        return len(self.members) > 1 and len(self.sides) > 1


def plan(_: Route, sets: tuple[EndSet, ...]) -> dict[str, tuple[End, ...]]:
    """The selectors of each side, over all sets."""
    return {
        "from": tuple(end for each in sets for end in each.from_),
        "to": tuple(end for each in sets for end in each.to),
    }


def identify(draft: Draft, definition: Definition, focus: Focus) -> Iterator[Bond]:
    """A relationship for each of the first groups, in the order of what their members share."""
    if focus is not None and not focus:
        return
    groups = _groups(draft, definition.plan)
    whole = sorted(shared for shared, group in groups.items() if group.is_whole)
    for shared in whole[: draft.options.limits.sibling_groups]:
        members = list(groups[shared].members.values())
        patch = shapes.Patch(mutator_ref=((shared[0],),))
        side = tuple([((part.kind, patch), part.id) for part in members])
        key = (definition.route, side, side)
        if not draft.known[key]:
            yield _bond(definition, shared, members, key)


def _groups(draft: Draft, plan: dict[str, tuple[End, ...]]) -> dict[Shared, Group]:
    groups: dict[Shared, Group] = {}
    paths_of = _referenced(draft, plan)
    for part in draft.parts.values():
        if not part.id:
            continue
        for side, paths in paths_of((part.kind, part.model)):
            for path in paths:
                value = read(draft, part, path)
                for name, each in value.items() if isinstance(value, dict) else ():
                    text = each if isinstance(each, str) else marshalled(each)
                    group = groups.setdefault((name, text), Group())
                    group.members[part.id] = part
                    group.sides.add(side)
    return groups


def _referenced(
    draft: Draft, plan: dict[str, tuple[End, ...]]
) -> Callable[[KindOfModel], list[tuple[str, Paths]]]:
    """The sides that components of a kind come on, with the paths of the first selector of each."""
    known: dict[KindOfModel, list[tuple[str, Paths]]] = {}

    def sides(what: KindOfModel) -> list[tuple[str, Paths]]:
        if what not in known:
            first = {
                side: next((end for end in ends if feasible(draft, end, *what)), None)
                for side, ends in plan.items()
            }
            known[what] = [
                (side, end.shape.match.refs)
                for side, end in first.items()
                if end is not None and end.shape.match and end.shape.match.refs
            ]
        return known[what]

    return sides


def _bond(definition: Definition, shared: Shared, members: list[Part], key: Hashable) -> Bond:
    name, text = shared
    ids = [part.id for part in members]
    seed = {"comps": sorted(ids), "field": name, "policy": SIBLING, "value": text}
    id_ = identified(seed)
    return Bond(
        id=id_,
        policy=definition.policy,
        status=IDENTIFIED,
        ends=(*ids, *ids),
        keys=(key,),
        links=(),
        matches=(),
        raw=definition.instance(
            id_, IDENTIFIED, _selectors(members, name), _selectors(members, name)
        ),
    )


def _selectors(members: list[Part], name: str) -> list[dict[str, Any]]:
    return [
        {
            "id": part.id,
            "kind": part.kind,
            "model": part.raw.get("modelReference") or {"name": part.model},
            "patch": {"mutatorRef": [[name]]},
        }
        for part in members
    ]


def act(_: Draft, __: Bond) -> Iterator[Action]:
    """Siblings do nothing to each other."""
    return iter(())


POLICY = Policy(SIBLING, plan, identify, act)
