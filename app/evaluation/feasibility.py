"""Whether a selector means a component, and whether a definition allows two to be related."""

from __future__ import annotations

from app.evaluation.definitions import Definition, End, EndSet
from app.evaluation.draft import Draft, Part
from app.evaluation.reading import kinds_of_models, name_means

#: A kind and the name of its model.
KindOfModel = tuple[str, str]


def feasible(draft: Draft, end: End, kind: str, model: str) -> bool:
    """Whether the selector means the kind and, if it names a model, the model."""
    if not name_means(draft, end.kind, kind):
        return False
    return not end.model or name_means(draft, end.model, model)


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


class Gate:
    """Which components a definition lets be related: some set allows them and none denies them.

    It looks at kinds and models alone, so it decides once for two of each.
    """

    def __init__(self, draft: Draft, definition: Definition) -> None:
        self.draft = draft
        self.definition = definition
        self.decided: dict[tuple[KindOfModel, KindOfModel], bool] = {}
        self.admitted: dict[tuple[KindOfModel, bool], bool] = {}

    def lets(self, from_: KindOfModel, to: KindOfModel) -> bool:
        """Whether the two may be related, in this order."""
        pair = (from_, to)
        if pair not in self.decided:
            self.decided[pair] = allowed(self.draft, self.definition, from_, to) and not any(
                denied(self.draft, each, from_, to) for each in self.definition.sets
            )
        return self.decided[pair]

    def admits(self, part: Part, *, as_from: bool) -> bool:
        """Whether the component may be related to any of the design, on one side."""
        own = (part.kind, part.model)
        if (own, as_from) not in self.admitted:
            self.admitted[own, as_from] = any(
                self.lets(own, other) if as_from else self.lets(other, own)
                for other in kinds_of_models(self.draft)
            )
        return self.admitted[own, as_from]
