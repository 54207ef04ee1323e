"""Questions whose values are given later: their structure, and the parameters in their place."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from sqlalchemy import BigInteger, Uuid, bindparam
from sqlalchemy.types import TypeEngine

from app.db.base import Sorted
from resolvers.listing import Ask, Place


def structure(ask: Ask) -> Hashable:
    """All of a question but the values in it: questions alike in this share a statement."""
    window = ask.window
    return (
        ask.listing,
        ask.search is not None,
        ask.order,
        ask.descending,
        ask.deleted,
        tuple(name for name, _ in ask.filters),
        window.limit,
        window.start != 0,
        window.after is not None,
        window.before is not None,
        window.backwards,
        window.every,
    )


def values(ask: Ask, index: int) -> dict[str, Any]:
    """The values of a question, by the names `parametrised` gives them."""
    window = ask.window
    found: dict[str, Any] = {}
    if ask.search is not None:
        found[f"a{index}_search"] = ask.search
    for number, (_, value) in enumerate(ask.filters):
        found[f"a{index}_filter_{number}"] = value
    for name, place in (("after", window.after), ("before", window.before)):
        if place is not None:
            found[f"a{index}_{name}"], found[f"a{index}_{name}_id"] = place
    if window.start != 0:
        found[f"a{index}_start"] = window.start
    return found


def parametrised(ask: Ask, index: int) -> Ask:
    """The question with a parameter in place of each value."""

    def parameter(name: str, type_: TypeEngine[Any]) -> Any:
        return bindparam(f"a{index}_{name}", type_=type_)

    def place(name: str, known: Place | None) -> Place | None:
        if known is None:
            return None
        type_ = ask.listing.order[ask.order].type
        return parameter(name, type_), parameter(f"{name}_id", Uuid())

    filters = tuple(
        (name, parameter(f"filter_{number}", ask.listing.filters[name].type))
        for number, (name, _) in enumerate(ask.filters)
    )
    window = replace(
        ask.window,
        start=parameter("start", BigInteger()) if ask.window.start != 0 else 0,
        after=place("after", ask.window.after),
        before=place("before", ask.window.before),
    )
    search = parameter("search", Sorted) if ask.search is not None else None
    return replace(ask, search=search, filters=filters, window=window)
