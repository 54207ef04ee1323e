"""Which policy a relationship belongs to, by its kind, type and subtype, whatever their case."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

Route = tuple[str, str, str]

SIBLING = "sibling_match_labels_policy"
ALIAS = "alias_relationships_policy"
NON_BINDING = "edge-non-binding"
BINDING = "edge_binding"
INVENTORY = "hierarchical_parent_child"
WALLET = "hierarchical_wallet"

#: Kind, type and subtype; None where any will do.
ROUTES: Mapping[str, tuple[str | None, str | None, str | None]] = {
    SIBLING: (None, "sibling", None),
    ALIAS: ("hierarchical", "parent", "alias"),
    NON_BINDING: ("edge", "non-binding", None),
    BINDING: ("edge", "binding", None),
    INVENTORY: ("hierarchical", "parent", "inventory"),
    WALLET: ("hierarchical", "parent", "wallet"),
}


def route(kind: str | None, type_: str | None, sub_type: str | None) -> Route:
    """The three in lower case."""
    return ((kind or "").lower(), (type_ or "").lower(), (sub_type or "").lower())


@lru_cache(maxsize=1024)
def policy_of(taken: Route) -> str | None:
    """The name of the policy; None for annotations and whatever else nobody evaluates."""
    for name, wanted in ROUTES.items():
        if all(one in (None, other) for one, other in zip(wanted, taken, strict=True)):
            return name
    return None
