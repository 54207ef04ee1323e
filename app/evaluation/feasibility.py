"""Whether a selector means a component, and a definition allows two to be related."""

from __future__ import annotations

from app.evaluation.definitions import Definition, End, EndSet
from app.evaluation.draft import Draft
from app.evaluation.reading import name_means


def feasible(draft: Draft, end: End, kind: str, model: str) -> bool:
    """Whether the selector means the kind and, if it names a model, the model."""
    if not name_means(draft, end.kind, kind):
        return False
    return not end.model or name_means(draft, end.model, model)


#: A kind and the name of its model.
KindOfModel = tuple[str, str]


def any_feasible(draft: Draft, ends: tuple[End, ...], what: KindOfModel) -> bool:
    return any(feasible(draft, end, *what) for end in ends)


def denied(draft: Draft, each: EndSet, from_: KindOfModel, to: KindOfModel) -> bool:
    """Whether a set denies the two."""
    return any_feasible(draft, each.denied_from, from_) and any_feasible(draft, each.denied_to, to)


def allowed(draft: Draft, definition: Definition, from_: KindOfModel, to: KindOfModel) -> bool:
    """Whether some set allows the two that does not deny them."""
    return any(
        any_feasible(draft, each.from_, from_)
        and any_feasible(draft, each.to, to)
        and not denied(draft, each, from_, to)
        for each in definition.sets
    )
