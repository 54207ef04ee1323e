"""What is refused before anything is evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from math import isfinite
from typing import Any

import msgspec

from app.evaluation import shapes
from app.evaluation.options import Limits
from app.evaluation.refusals import Circular, NoDesign, OverLimit

JSON_TYPES = frozenset((dict, list, str, int, float, bool, type(None)))


def checked(design: Any, limits: Limits) -> shapes.Design:
    """What the engine reads of a design; raises `Unevaluable` where it is none or too much."""
    if not isinstance(design, dict):
        raise NoDesign("the design is no object")
    if "services" in design and not design.get("components"):
        raise NoDesign(
            "the design has services, the format before components; only designs with components"
            " (designs.meshery.io) are evaluated"
        )
    _count("components", design, limits.components)
    _count("relationships", design, limits.relationships)
    check_json(design, "the design", limits)
    try:
        shape = msgspec.convert(design, shapes.Design)
    except msgspec.ValidationError as error:
        raise NoDesign(f"the design is not valid: {error}") from None
    for relationship in shape.relationships or ():
        _check_parent(relationship)
    return shape


def _count(name: str, design: dict[str, Any], limit: int) -> None:
    found = design.get(name)
    if isinstance(found, list) and len(found) > limit:
        raise OverLimit(f"the design has {len(found)} {name}; at most {limit} are evaluated")


def _check_parent(relationship: shapes.Relationship) -> None:
    if (relationship.type or "").lower() != "parent" or relationship.status == "deleted":
        return
    for allow, _ in shapes.pairs_of(relationship.selectors):
        for end, other in zip(allow.from_ or (), allow.to or (), strict=False):
            if end.id and end.id == other.id:
                raise Circular(f"component {end.id!r} is its own parent in a relationship")


def check_json(value: Any, what: str, limits: Limits) -> None:
    """Raises `Unevaluable` for what JSON cannot say, and for what is too deep or too large."""
    level: list[Any] = [[value]]
    seen = 0
    for _ in range(limits.depth + 1):
        if not level:
            return
        objects = [each for each in level if isinstance(each, dict)]
        within = list(chain.from_iterable(_values(each) for each in level))
        seen += len(within)
        if seen > limits.values:
            raise OverLimit(f"{what} has more than {limits.values} values")
        _check_names(chain.from_iterable(objects), what)
        _check_values(within, what)
        level = [each for each in within if isinstance(each, dict | list) and each]
    if level:
        raise OverLimit(f"{what} is nested deeper than {limits.depth} levels")


def _values(container: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _check_names(names: Iterable[Any], what: str) -> None:
    distinct = set(names)
    if not all(isinstance(name, str) for name in distinct):
        raise NoDesign(f"{what} has a name that is no text")
    _check_text(distinct, what)


def _check_values(values: list[Any], what: str) -> None:
    types = set(map(type, values))
    if not types <= JSON_TYPES:
        strange = sorted(each.__name__ for each in types - JSON_TYPES)
        raise NoDesign(f"{what} has a value that is not JSON: {strange[0]}")
    if float in types and not all(isfinite(each) for each in values if type(each) is float):
        raise NoDesign(f"{what} has a number that is not finite; JSON has none")
    if int in types:
        _check_integers(values, what)
    _check_text([each for each in values if type(each) is str], what)


def _check_integers(values: list[Any], what: str) -> None:
    for each in values:
        if type(each) is int and each.bit_length() > 1000:  # noqa: PLR2004 - float64 ends at 1024
            raise NoDesign(f"{what} has a number that is beyond the range of float64")


def _check_text(texts: Iterable[str], what: str) -> None:
    try:
        for each in texts:
            if not each.isascii():
                each.encode()
    except UnicodeEncodeError:
        raise NoDesign(f"{what} has text that is not Unicode: half of a surrogate pair") from None
