"""What GraphQL cannot say of a response: flat lists of pages, and values that are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import is_non_null_type

from rest_compat.documents import BODY, Operation, Selected

#: How the documents write a moment that never was.
NEVER: Final = "0001-01-01T00:00:00Z"

#: (type, response name) → what stands for null. A null that is not here is left out, because the
#: documented property is optional and not nullable: a null would break clients that validate.
#: Some clients take an environment without `deleted_at` for a deleted one; users document null.
NULLS: Final[Mapping[tuple[str, str], object]] = {
    ("Environment", "deleted_at"): None,
    ("User", "deleted_at"): None,
    ("PublicUser", "deleted_at"): None,
    ("Organization", "domain"): None,
    ("User", "last_login_time"): NEVER,
    ("PublicUser", "last_login_time"): NEVER,
}


@dataclass(frozen=True)
class Shape:
    """How one object of the response differs from that of the result.

    `nulls` holds what stands for a null, by response name; a null of another name is left out.
    """

    children: Mapping[str, Shape]
    nulls: Mapping[str, object]
    unwrapped: bool


def always(field: Selected) -> bool:
    """Whether a response always has this field."""
    return is_non_null_type(field.type) or (field.parent, field.name) in NULLS


def shape_of(operation: Operation) -> Shape | None:
    """The shape of the operation's body: of all its alternatives, where it has several."""
    return shape(child for field in operation.body for child in field.children)


def shape(fields: Iterable[Selected]) -> Shape | None:
    """The shape of objects with these fields; None for a scalar, whose insides are its own."""
    chosen = tuple(fields)
    if not chosen:
        return None
    parts = {field.name: shape(_alike(chosen, field.name)) for field in chosen}
    return Shape(
        children={name: part for name, part in parts.items() if part is not None},
        nulls={
            field.name: NULLS[field.parent, field.name]
            for field in chosen
            if (field.parent, field.name) in NULLS
        },
        unwrapped=set(parts) == {BODY},
    )


def _alike(fields: tuple[Selected, ...], name: str) -> Iterable[Selected]:
    return (child for field in fields if field.name == name for child in field.children)


def reshape(value: Any, wanted: Shape | None) -> Any:
    """The value as the documents have it. The result itself is left as it is."""
    if wanted is None or value is None:
        return value
    if isinstance(value, list):
        return [reshape(each, wanted) for each in value]
    if wanted.unwrapped:
        return reshape(value[BODY], wanted.children.get(BODY))
    children, nulls = wanted.children, wanted.nulls
    return {
        name: nulls[name] if item is None else reshape(item, children.get(name))
        for name, item in value.items()
        if item is not None or name in nulls
    }
