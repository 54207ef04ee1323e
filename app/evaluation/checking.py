"""What is refused before anything is evaluated."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import orjson

from app.evaluation import shapes
from app.evaluation.options import Limits
from app.evaluation.refusals import Circular, NoDesign, OverLimit

#: A float 64 of MessagePack with the exponent of NaN and the infinities (IEEE 754); other bytes
#: may look alike.
NOT_FINITE = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]")

NOTHING_BUT_JSON = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


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
    for allow in shapes.allowed_ends(relationship):
        for end, other in zip(allow.from_ or (), allow.to or (), strict=False):
            if end.id and end.id == other.id:
                raise Circular(f"component {end.id!r} is its own parent in a relationship")


def check_json(value: Any, what: str, limits: Limits) -> None:
    """Raises `Unevaluable` for what JSON cannot say, and for what is too deep or too large."""
    try:
        text = orjson.dumps(value, option=NOTHING_BUT_JSON)
    except TypeError as error:
        raise NoDesign(f"{what} cannot be written as JSON: {error}") from None
    if len(text) > limits.bytes:
        raise OverLimit(f"{what} has {len(text)} bytes; at most {limits.bytes} are evaluated")
    # They are written as null, so that what is read is not what was written. It is only read where
    # MessagePack, which has a place for them, seems to have one.
    if NOT_FINITE.search(msgspec.msgpack.encode(value)) and orjson.loads(text) != value:
        raise NoDesign(f"{what} has a value that JSON cannot say, as NaN or an infinity")
