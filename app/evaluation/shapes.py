"""What the engine reads of designs and definitions; all else in them passes through unread.

Any member may be missing or null. The types are those of Meshery's schemas of designs, components
and relationships in the versions that are found in stored designs.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

#: As deep as paths of a component go: also a limit on what they may make.
LONGEST = 64

Path = Annotated[tuple[str, ...], msgspec.Meta(max_length=LONGEST)]


class Shape(msgspec.Struct, frozen=True, rename="camel"):
    """An object; members that are not named are ignored."""


class Model(Shape, frozen=True):
    name: str | None = None


class Typed(Shape, frozen=True):
    kind: str | None = None


class Component(Shape, frozen=True):
    """The model of a component is `modelReference`; designs of before have `model` alone."""

    id: str | None = None
    component: Typed | None = None
    model_reference: Model | None = None
    model: Model | None = None
    configuration: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        return (self.component and self.component.kind) or ""

    @property
    def model_name(self) -> str:
        named = (self.model_reference, self.model)
        return next((each.name for each in named if each and each.name), "")


class Patch(Shape, frozen=True):
    """The i-th path of the mutator feeds the i-th of the mutated; every patch replaces."""

    patch_strategy: str | None = None
    mutator_ref: tuple[Path, ...] | None = None
    mutated_ref: tuple[Path, ...] | None = None


class MatchItem(Shape, frozen=True):
    id: str | None = None
    kind: str | None = None
    mutator_ref: tuple[Path, ...] | None = None
    mutated_ref: tuple[Path, ...] | None = None


class Match(Shape, frozen=True):
    refs: tuple[Path, ...] | None = None
    from_: tuple[MatchItem, ...] | None = msgspec.field(default=None, name="from")
    to: tuple[MatchItem, ...] | None = None


class Selector(Shape, frozen=True):
    """The matrix has either of two spellings, by the version of the schema."""

    id: str | None = None
    kind: str | None = None
    model: Model | None = None
    patch: Patch | None = None
    match: Match | None = None
    match_strategy_matrix: tuple[tuple[str, ...] | None, ...] | None = None
    old_matrix: tuple[tuple[str, ...] | None, ...] | None = msgspec.field(
        default=None, name="match_strategy_matrix"
    )


class Ends(Shape, frozen=True):
    from_: tuple[Selector, ...] | None = msgspec.field(default=None, name="from")
    to: tuple[Selector, ...] | None = None


class SelectorSet(Shape, frozen=True):
    allow: Ends | None = None
    deny: Ends | None = None


class Relationship(Shape, frozen=True):
    """A definition, or one in a design: they have the same shape."""

    id: str | None = None
    kind: str | None = None
    type: str | None = None
    sub_type: str | None = None
    status: str | None = None
    model: Model | None = None
    selectors: tuple[SelectorSet, ...] | None = None


class Layers(Shape, frozen=True):
    relationships: dict[str, Any] | None = None


class Preferences(Shape, frozen=True):
    layers: Layers | None = None


class Design(Shape, frozen=True):
    components: tuple[Component, ...] | None = None
    relationships: tuple[Relationship, ...] | None = None
    preferences: Preferences | None = None
    metadata: dict[str, Any] | None = None


NO_ENDS = Ends()


def allowed_ends(one: Relationship) -> list[Ends]:
    """The ends that are allowed, of each selector set."""
    return [each.allow or NO_ENDS for each in one.selectors or ()]
