"""Relationships of a design under evaluation."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import msgspec

from app.evaluation import shapes
from app.evaluation.aliases import AliasEnds, alias_ends
from app.evaluation.links import Link, match_links, patch_links
from app.evaluation.routes import Route, policy_of, route

IDENTIFIED, APPROVED, PENDING, DELETED = "identified", "approved", "pending", "deleted"

#: What an end is the same by as another, but for its id: its kind and its patch.
EndKey = tuple[str, shapes.Patch | None]


class Bond(msgspec.Struct, gc=False, eq=False):
    """A relationship, and what is read of it over and over.

    `ends` are the ids of the first selector set, None where one is missing. `keys` are what makes
    it the same as another: one of them is shared. `fulfilled` says that its links agree already,
    `absent` that it was found because a value is absent.
    """

    id: str
    policy: str | None
    status: str
    ends: tuple[str, ...] | None
    keys: tuple[Hashable, ...]
    links: tuple[Link, ...]
    matches: tuple[Link, ...]
    raw: dict[str, Any]
    alias: AliasEnds | None = None
    fulfilled: bool = False
    absent: bool = False


def bond(shape: shapes.Relationship, raw: dict[str, Any]) -> Bond:
    """The relationship as it is in a design."""
    taken = route(shape.kind, shape.type, shape.sub_type)
    sets = shapes.allowed_ends(shape)
    return Bond(
        id=shape.id or "",
        policy=policy_of(taken),
        status=shape.status or "",
        ends=_ends(sets),
        keys=tuple(_keys(taken, sets)),
        links=patch_links(sets),
        matches=match_links(sets),
        raw=raw,
        alias=alias_ends(shape, sets) if taken[2] == "alias" else None,
    )


def with_status(one: Bond, status: str) -> Bond:
    """The same relationship in another status."""
    return msgspec.structs.replace(one, status=status, raw={**one.raw, "status": status})


def pair_key(taken: Route, from_: tuple[EndKey, str], to: tuple[EndKey, str]) -> Hashable:
    """What a relationship of one set with two ends is the same by."""
    return (taken, (from_,), (to,))


def alias_key(to: shapes.Selector) -> Hashable:
    """What an alias is the same by: the field of the parent, without the strategy of the patch.

    Stored aliases name a strategy and those that are found do not, so Meshery finds them anew.
    """
    patch = to.patch or shapes.Patch()
    return (to.kind, to.id, patch.mutator_ref or (), patch.mutated_ref or ())


def _ends(sets: list[shapes.Ends]) -> tuple[str, ...] | None:
    if not sets or not sets[0].from_ or not sets[0].to:
        return None
    ids = tuple([each.id or "" for each in (*sets[0].from_, *sets[0].to)])
    return ids if all(ids) else None


def _keys(taken: Route, sets: list[shapes.Ends]) -> list[Hashable]:
    keys: list[Hashable] = [
        (taken, _side(allow.from_), _side(allow.to)) for allow in sets if allow.from_ and allow.to
    ]
    if taken[2] == "alias" and sets:
        keys += [alias_key(each) for each in (sets[0].to or ())[:1]]
    return keys


def _side(selectors: tuple[shapes.Selector, ...]) -> tuple[tuple[EndKey, str], ...]:
    return tuple([((each.kind or "", each.patch), each.id or "") for each in selectors])
