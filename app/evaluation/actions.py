"""Actions: what an evaluation does to a design, in the words of Meshery's answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from app.evaluation.bonds import Bond
from app.evaluation.draft import Draft, relationship
from app.evaluation.paths import Path
from app.evaluation.reading import CONFIGURATION
from app.evaluation.values import equal, marshalled

Action = dict[str, Any]

DELETE_COMPONENT = "delete_component"
DELETE_RELATIONSHIP = "delete_relationship"
ADD_COMPONENT = "add_component"
ADD_RELATIONSHIP = "add_relationship"
UPDATE_RELATIONSHIP = "update_relationship"
UPDATE_COMPONENT = "update_component"
UPDATE_CONFIGURATION = "update_component_configuration"
REMOVE_CONFIGURATION = "remove_component_configuration"

#: What each does to a draft, given its value; whether that changed anything.
EFFECTS: Mapping[str, Callable[[Draft, dict[str, Any]], bool]] = {
    DELETE_COMPONENT: lambda draft, value: draft.drop_part(value["id"]),
    DELETE_RELATIONSHIP: lambda draft, value: draft.drop_bond(value["id"]),
    ADD_COMPONENT: lambda draft, value: draft.add_part(value["item"]),
    ADD_RELATIONSHIP: lambda draft, value: draft.add_bond(relationship(value["item"])),
    UPDATE_RELATIONSHIP: lambda draft, value: draft.set_status(value["id"], value["value"]),
    UPDATE_COMPONENT: lambda draft, value: draft.write(
        value["id"], tuple(value["path"]), value["value"]
    ),
    UPDATE_CONFIGURATION: lambda draft, value: draft.write(
        value["id"], tuple(value["path"]), value["value"]
    ),
    REMOVE_CONFIGURATION: lambda draft, value: draft.remove(value["id"], tuple(value["path"])),
}

UPDATES = frozenset((UPDATE_COMPONENT, UPDATE_CONFIGURATION))

#: The order in which the actions of one phase are done: both kinds of update are one.
RANKS = {op: rank for rank, op in enumerate(EFFECTS)} | {
    UPDATE_CONFIGURATION: list(EFFECTS).index(UPDATE_COMPONENT)
}


def action(op: str, **value: Any) -> Action:
    return {"op": op, "value": value}


def new_status(one: Bond, status: str) -> Action:
    return action(UPDATE_RELATIONSHIP, id=one.id, path="/status", value=status)


def update(id_: str, path: Path, value: Any) -> Action:
    """An update at a path of the component, inside or outside of its configuration.

    Meshery writes one outside into the configuration, as `configuration.displayName`, where it is
    never read, so that the same action comes in every evaluation.
    """
    op = UPDATE_CONFIGURATION if path[0] == CONFIGURATION else UPDATE_COMPONENT
    return action(op, id=id_, path=list(path), value=value)


def done(draft: Draft, actions: Iterable[Action]) -> list[Action]:
    """Do the actions of a phase in the order of their ranks; returns those that had an effect.

    So the answer's actions, done in their order, make the design of the answer from the design
    that was sent.
    """
    ordered = sorted(actions, key=lambda each: RANKS[each["op"]])
    return [each for each in ordered if EFFECTS[each["op"]](draft, each["value"])]


def id_of(one: Action) -> str:
    """The id of what an action is about."""
    value = one["value"]
    found: str = value["id"] if "id" in value else value["item"]["id"]
    return found


def path_of(one: Action) -> Hashable:
    path = one["value"].get("path")
    return tuple(path) if isinstance(path, list) else path


def without_ties(actions: Sequence[Action]) -> tuple[list[Action], list[Hashable]]:
    """The actions without rival updates, and the components and paths of the rivals.

    Of updates that agree on a place of a component the first is kept; of updates that disagree
    none is.
    """
    groups: dict[Hashable, list[Action]] = {}
    kept: list[Action] = []
    for each in actions:
        if each["op"] not in UPDATES:
            kept.append(each)
            continue
        group = groups.setdefault((id_of(each), path_of(each)), [])
        if not group:
            kept.append(each)
        group.append(each)
    rivals = {
        id(group[0]): place
        for place, group in groups.items()
        if not all(_same(group[0], each) for each in group)
    }
    return [each for each in kept if id(each) not in rivals], list(rivals.values())


def _same(one: Action, other: Action) -> bool:
    return one["op"] == other["op"] and equal(one["value"]["value"], other["value"]["value"])


def first_of_each(actions: Iterable[Action]) -> list[Action]:
    """The first action of each operation and id, which is all that Meshery tells."""
    first: dict[Hashable, Action] = {}
    for each in actions:
        first.setdefault((each["op"], id_of(each)), each)
    return list(first.values())


def last_of_each(actions: Iterable[Action]) -> list[Action]:
    """The last action of each operation, id and path.

    Meshery hides all but the first of each operation and id, so that a client which does the
    actions comes to another design.
    """
    last: dict[Hashable, Action] = {}
    for each in actions:
        key = (each["op"], id_of(each), path_of(each))
        last.pop(key, None)
        last[key] = each
    return list(last.values())


def fingerprint(actions: Iterable[Action]) -> str:
    """The same for two passes that did the same, in whatever order."""
    lines = sorted(_line(each) for each in actions)
    return sha256("\n".join(lines).encode()).hexdigest()


def _line(one: Action) -> str:
    value = one["value"]
    change = [value["path"], value.get("value")] if "path" in value else []
    return marshalled([one["op"], id_of(one), *change])
