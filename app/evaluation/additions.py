"""Parents that components name and that are not in the design: they are added.

Their ids come from what they are, and what several components name is added once. With Meshery
ids are random and two children of one namespace get two.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import product
from typing import Any

from app.evaluation.actions import ADD_COMPONENT, Action, action
from app.evaluation.definitions import Definition, End
from app.evaluation.draft import Draft, Part
from app.evaluation.feasibility import allowed
from app.evaluation.identifiers import identified
from app.evaluation.names import is_plain
from app.evaluation.paths import Path, Unwritable, get, written
from app.evaluation.reading import CONFIGURATION, one_place, parts_meant, rows
from app.evaluation.values import frozen

Paths = tuple[Path, ...]


def additions(draft: Draft, definition: Definition) -> Iterator[Action]:
    """The components that an inventory definition finds missing."""
    for each in definition.sets:
        ends = (*each.from_, *each.to)
        for child in ends:
            for parent in ends:
                mutated = (child.shape.patch and child.shape.patch.mutated_ref) or ()
                mutators = (parent.shape.patch and parent.shape.patch.mutator_ref) or ()
                count = min(len(mutated), len(mutators))
                if count and child is not parent and is_plain(parent.kind):
                    paths = mutated[:count], mutators[:count]
                    yield from _missing(draft, definition, (child, parent), paths)


def _missing(
    draft: Draft, definition: Definition, ends: tuple[End, End], paths: tuple[Paths, Paths]
) -> Iterator[Action]:
    child, parent = ends
    there = _present(draft, parent.kind, paths[1])
    for part in parts_meant(draft, child.kind):
        values = [_value(draft, part, path) for path in paths[0]]
        if any(value is None for value in values):
            continue
        named = tuple(frozen(value) for value in values)
        if named in there:
            continue
        there.add(named)
        pair = (part.kind, part.model), (parent.kind, parent.model)
        component = _component(parent, dict(zip(paths[1], values, strict=True)))
        if component is not None and allowed(draft, definition, *pair):
            yield action(ADD_COMPONENT, item=component)


def _value(draft: Draft, part: Part, path: Path) -> Any:
    part, path = one_place(draft, part, path)
    return get(part.raw, path) if path else None


def _present(draft: Draft, kind: str, paths: Paths) -> set[Hashable]:
    return {
        named
        for _, values in rows(draft, kind, paths)
        for named in product(*[[frozen(each) for each in some] for some in values])
    }


def _component(parent: End, values: dict[Path, Any]) -> dict[str, Any] | None:
    """The parent, bare of what a registry knows of its kind; None if it cannot have the values.

    Values may be in its configuration, and a text may be its display name.
    """
    seed = {"kind": parent.kind, "model": parent.model, "values": list(values.values())}
    component: Any = {
        "id": identified(seed),
        "component": {"kind": parent.kind},
        "modelReference": parent.raw.get("model"),
    }
    for path, value in values.items():
        named = path == ("displayName",) and isinstance(value, str)
        if not named and (path[:1] != (CONFIGURATION,) or len(path) == 1):
            return None
        try:
            component = written(component, path, value)
        except Unwritable:
            return None
    return dict(component)
