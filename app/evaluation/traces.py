"""What an evaluation changed, as the documented trace tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.evaluation.actions import (
    ADD_COMPONENT,
    ADD_RELATIONSHIP,
    DELETE_COMPONENT,
    DELETE_RELATIONSHIP,
    REMOVE_CONFIGURATION,
    UPDATE_COMPONENT,
    UPDATE_CONFIGURATION,
    UPDATE_RELATIONSHIP,
    Action,
    id_of,
)
from app.evaluation.draft import Draft

#: The list that the subject of an action is in.
LISTS = {
    ADD_COMPONENT: "componentsAdded",
    DELETE_COMPONENT: "componentsRemoved",
    UPDATE_COMPONENT: "componentsUpdated",
    UPDATE_CONFIGURATION: "componentsUpdated",
    REMOVE_CONFIGURATION: "componentsUpdated",
    ADD_RELATIONSHIP: "relationshipsAdded",
    DELETE_RELATIONSHIP: "relationshipsRemoved",
    UPDATE_RELATIONSHIP: "relationshipsUpdated",
}
COMPONENTS, RELATIONSHIPS = "components", "relationships"


@dataclass
class Trace:
    """Each component and relationship once, in the list of its first mention."""

    lists: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: {} for name in LISTS.values()}
    )
    mentioned: set[tuple[bool, str]] = field(default_factory=set)

    def add(self, draft: Draft, actions: Iterable[Action]) -> None:
        """What a pass did; what is updated is told as it is after the pass."""
        for each in actions:
            name, id_ = LISTS[each["op"]], id_of(each)
            key = (name.startswith(COMPONENTS), id_)
            if key not in self.mentioned:
                self.mentioned.add(key)
                self.lists[name][id_] = _subject(draft, name, each)

    def as_json(self) -> dict[str, list[Any]]:
        """The documented object; policies tell nothing of their own."""
        lists = {name: list(each.values()) for name, each in self.lists.items()}
        return {**lists, "policyActions": []}

    def projection(self, draft: Draft) -> dict[str, list[Any]]:
        """The members of a design that has only what changed, as it is in the end.

        Removed relationships are told of, removed components are not. Meshery cuts the design
        between passes, so that later ones evaluate what is left.
        """
        parts = {part.id: part.raw for part in draft.parts.values()}
        bonds = {one.id: one.raw for one in draft.bonds.values()}
        shown: dict[str, list[Any]] = {}
        for family, now in ((COMPONENTS, parts), (RELATIONSHIPS, bonds)):
            names = [f"{family}Added", f"{family}Removed", f"{family}Updated"]
            told = {id_: raw for name in names for id_, raw in self.lists[name].items()}
            if family == COMPONENTS:
                told = {id_: raw for id_, raw in told.items() if id_ in now}
            shown[family] = [now.get(id_, raw) for id_, raw in told.items()]
        return shown


def _subject(draft: Draft, name: str, one: Action) -> Any:
    value = one["value"]
    if "item" in value:
        return value["item"]
    if "component" in value:
        return value["component"]
    if "relationship" in value:
        return value["relationship"]
    found = draft.parts if name.startswith(COMPONENTS) else draft.bonds
    subject = found.get(value["id"])
    return subject.raw if subject is not None else {"id": value["id"]}
