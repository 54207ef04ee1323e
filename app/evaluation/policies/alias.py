"""Small components that stand for a field of another: the containers of a pod.

Which there are is seen from the fields alone; a relationship stays while its ends do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.evaluation.actions import ADD_COMPONENT, DELETE_COMPONENT, Action, action
from app.evaluation.bonds import DELETED, IDENTIFIED, PENDING, Bond
from app.evaluation.definitions import Definition, End, EndSet
from app.evaluation.draft import Draft, Part, relationship
from app.evaluation.feasibility import feasible
from app.evaluation.identifiers import identified
from app.evaluation.paths import SOME, Path
from app.evaluation.policy import Focus, Policy
from app.evaluation.reading import parts_meant, read
from app.evaluation.routes import ALIAS, Route


def plan(_: Route, sets: tuple[EndSet, ...]) -> tuple[tuple[End, End, Path], ...]:
    """The selectors of alias and parent with the first path of the alias."""
    return tuple(
        (one, other, one.shape.patch.mutator_ref[0])
        for each in sets
        for one in each.from_
        for other in each.to
        if one.shape.patch and one.shape.patch.mutator_ref and one.shape.patch.mutator_ref[0]
    )


def identify(draft: Draft, definition: Definition, focus: Focus) -> Iterator[Bond]:
    """An alias for each field that is there and has none."""
    for from_, to, path in definition.plan:
        for part in list(parts_meant(draft, to.kind)):
            if focus is not None and part.id not in focus:
                continue
            if not feasible(draft, to, part.kind, part.model):
                continue
            for field in _fields(draft, part, path):
                if not draft.known[to.kind, part.id, (field,), (field,)]:
                    yield _alias(definition, (from_, to), part.id, field)


def _fields(draft: Draft, part: Part, path: Path) -> Iterator[Path]:
    """The path if anything is there; with `_` at the end each element that is not null."""
    if path[-1] != SOME:
        if read(draft, part, path) is not None:
            yield path
        return
    elements = read(draft, part, path[:-1])
    for at, element in enumerate(elements if isinstance(elements, list) else ()):
        if element is not None:
            yield (*path[:-1], str(at))


def _alias(definition: Definition, ends: tuple[End, End], parent: str, field: Path) -> Bond:
    from_, to = ends
    patch = {"mutatorRef": [list(field)], "mutatedRef": [list(field)]}
    alias = identified({"c": parent, "s": list(field)})
    sides = [from_.at(alias, patch=patch)], [to.at(parent, patch=patch)]
    id_ = identified({"alias": alias, "kind": to.kind, "parent": parent, "s": list(field)})
    return relationship(definition.instance(id_, IDENTIFIED, *sides))


def act(draft: Draft, one: Bond) -> Iterator[Action]:
    """The component of a new alias is added, that of a deleted one is deleted."""
    for from_ in one.raw["selectors"][0]["allow"]["from"] if one.ends else ():
        if one.status == DELETED:
            part = draft.part(from_["id"])
            if part is not None:
                yield action(DELETE_COMPONENT, id=part.id, component=part.raw)
        elif one.status in (IDENTIFIED, PENDING):
            paths = (from_.get("patch") or {}).get("mutatorRef") or ()
            if paths:
                yield action(ADD_COMPONENT, item=_component(from_, paths[0]))


def _component(from_: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """The component of an alias, bare of what a registry knows of its kind."""
    return {
        "id": from_["id"],
        "displayName": ".".join(path[-2:]),
        "component": {"kind": from_.get("kind") or ""},
        "modelReference": from_.get("model"),
        "metadata": {"isAnnotation": True},
    }


POLICY = Policy(ALIAS, plan, identify, act, spared=frozenset((PENDING,)))
