"""Definitions of relationships as policies read them; immutable, and they can be pickled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluation import shapes
from app.evaluation.bonds import EndKey
from app.evaluation.routes import Route

#: What a definition has and each of its relationships has of its own.
OWN = frozenset(("id", "status", "selectors"))


@dataclass(frozen=True, slots=True)
class End:
    """A selector: what is read of it, and all of it as it came."""

    shape: shapes.Selector
    raw: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.shape.kind or ""

    @property
    def model(self) -> str:
        """Empty where any model is meant."""
        return (self.shape.model and self.shape.model.name) or ""

    @property
    def key(self) -> EndKey:
        """What it is the same by as a selector of another relationship."""
        return self.kind, self.shape.patch

    def at(self, id_: str, **more: Any) -> dict[str, Any]:
        """The selector of a relationship, at a component."""
        return {**self.raw, "id": id_, **more}


@dataclass(frozen=True, slots=True)
class EndSet:
    """A selector set."""

    from_: tuple[End, ...]
    to: tuple[End, ...]
    denied_from: tuple[End, ...]
    denied_to: tuple[End, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """`header` is what its relationships have of it, `plan` what its policy has made of the sets.

    `layer` is the name that a design may switch it off by.
    """

    policy: str
    route: Route
    model: str
    layer: str
    header: Mapping[str, Any]
    sets: tuple[EndSet, ...]
    plan: Any

    def instance(
        self, id_: str, status: str, from_: list[dict[str, Any]], to: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """A relationship that it defines."""
        selectors = [{"allow": {"from": from_, "to": to}}]
        return {**self.header, "id": id_, "status": status, "selectors": selectors}


@dataclass(frozen=True, slots=True)
class Definitions:
    """Those of a version of the registry.

    `digest` is that of all of them, in hexadecimal; `refused` says which were left out, and why.
    """

    every: tuple[Definition, ...]
    digest: str
    refused: tuple[str, ...] = ()

    def scope(
        self, models: Collection[str], switched_off: Collection[str]
    ) -> tuple[Definition, ...]:
        """Those of the models that are not switched off, whatever the version of the model."""
        return tuple(
            [each for each in self.every if each.model in models and each.layer not in switched_off]
        )


def end_set(shape: shapes.SelectorSet, raw: Mapping[str, Any]) -> EndSet:
    """A selector set with all that came in it."""
    allow, deny = shape.allow or shapes.Ends(), shape.deny or shapes.Ends()
    allowed, denied = raw.get("allow") or {}, raw.get("deny") or {}
    return EndSet(
        _ends(allow.from_, allowed.get("from")),
        _ends(allow.to, allowed.get("to")),
        _ends(deny.from_, denied.get("from")),
        _ends(deny.to, denied.get("to")),
    )


def _ends(selectors: tuple[shapes.Selector, ...] | None, raw: Any) -> tuple[End, ...]:
    return tuple(End(shape, each) for shape, each in zip(selectors or (), raw or (), strict=True))
