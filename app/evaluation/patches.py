"""What relationships do to components: the mutator's value goes where the mutated one is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from app.evaluation.actions import REMOVE_CONFIGURATION, Action, action, update
from app.evaluation.bonds import DELETED, Bond
from app.evaluation.draft import Draft, Part
from app.evaluation.links import Link
from app.evaluation.paths import APPENDED, SOME, Path, get
from app.evaluation.reading import CONFIGURATION, one_place, read_all
from app.evaluation.values import equal

Place = tuple[Part, Path]


def patched(draft: Draft, one: Bond, links: Sequence[Link]) -> Iterator[Action]:
    """The updates that the links of a relationship demand; the reverse when it is deleted."""
    if one.fulfilled and one.status != DELETED:
        return
    for link in links:
        mutator, mutated = draft.part(link.mutator), draft.part(link.mutated)
        if mutator is None or mutated is None:
            continue
        for source, target in link.refs:
            if one.status == DELETED:
                yield from _reverse(draft, (mutator, source), (mutated, target))
            else:
                yield from _forward(draft, (mutator, source), (mutated, target))


def _forward(draft: Draft, source: Place, target: Place) -> Iterator[Action]:
    """Nothing where any element that a path may mean agrees already.

    Some releases of Meshery do not resolve `_` here and send the action in vain in every pass.
    """
    part, path = one_place(draft, *source)
    value = get(part.raw, path) if path else None
    if value is None or _agrees(draft, source, target):
        return
    part, path = one_place(draft, *target)
    if path and SOME not in path and APPENDED not in path:
        yield update(part.id, path, value)


def _agrees(draft: Draft, source: Place, target: Place) -> bool:
    sources, targets = read_all(draft, *source), read_all(draft, *target)
    return any(one is not None and equal(one, other) for one in sources for other in targets)


def _reverse(draft: Draft, source: Place, target: Place) -> Iterator[Action]:
    """What the value was before, where it still is the mutator's and no other wants it there.

    Meshery removes it even if a relationship that stays wants the same value.
    """
    part, path = one_place(draft, *source)
    value = get(part.raw, path) if path else None
    part, path = one_place(draft, *target)
    if value is None or not path or path[0] != CONFIGURATION:
        return
    if not equal(value, get(part.raw, path)) or _wanted(draft, (part, path)):
        return
    default = _default(part, path[1:])
    if default is None:
        yield action(REMOVE_CONFIGURATION, id=part.id, path=list(path))
    else:
        yield update(part.id, path, default)


def _wanted(draft: Draft, place: Place) -> bool:
    """Whether a relationship that stays has a value for the place."""
    part, path = place
    ends = (part.id, *draft.aliased.get(part.id, ()))
    for one in [bond for end in ends for bond in draft.incident.get(end, {}).values()]:
        if one.status == DELETED:
            continue
        for link in (*one.links, *one.matches):
            if link.mutated in ends and _has_value_for(draft, link, (part, path)):
                return True
    return False


def _has_value_for(draft: Draft, link: Link, place: Place) -> bool:
    mutator, mutated = draft.part(link.mutator), draft.part(link.mutated)
    if mutator is None or mutated is None:
        return False
    for source, target in link.refs:
        part, path = one_place(draft, mutated, target)
        if (part.id, path) == (place[0].id, place[1]):
            part, path = one_place(draft, mutator, source)
            if path and get(part.raw, path) is not None:
                return True
    return False


def _default(part: Part, path: Path) -> Any:
    """The default of the component's JSON Schema, which is text, for a path of `properties`."""
    text = get(part.raw, ("component", "schema"))
    if not isinstance(text, str) or not text:
        return None
    try:
        schema = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    within = [step for name in path for step in ("properties", name)]
    return get(schema, (*within, "default"))
