"""What GraphQL cannot say of a response: flat lists of pages, and values that are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from graphql import is_non_null_type

from rest_compat.documents import BODY, Operation, Selected

#: A value of a result → the value as the documents have it.
Reshape = Callable[[Any], Any]

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


def always(field: Selected) -> bool:
    """Whether a response always has this field."""
    return is_non_null_type(field.type) or (field.parent, field.name) in NULLS


def reshaper(operation: Operation) -> Reshape:
    """What makes the operation's body, of whichever of its alternatives, from its result.

    The result itself is left as it is. Objects and lists are looked into where the operation
    selects fields of them; every other value is passed on.
    """
    return _values(child for field in operation.body for child in field.children)


def _same(value: Any) -> Any:
    return value


def _values(fields: Iterable[Selected]) -> Reshape:
    """For an object with these fields, or lists of such; without fields, for a value of its own."""
    chosen = tuple(fields)
    parts = {field.name: _values(_children(chosen, field.name)) for field in chosen}
    if parts.keys() == {BODY}:
        return _of_unwrapped(parts[BODY])
    of_object = _object(chosen, parts)
    return _same if of_object is _same else _of_objects(of_object)


def _of_objects(of_object: Reshape) -> Reshape:
    def reshape(value: Any) -> Any:
        if type(value) is dict:
            return of_object(value)
        if type(value) is list:
            return [of_object(each) if type(each) is dict else reshape(each) for each in value]
        return value

    return reshape


def _of_unwrapped(of_body: Reshape) -> Reshape:
    def reshape(value: Any) -> Any:
        if type(value) is dict:
            return of_body(value[BODY])
        return [reshape(each) for each in value] if type(value) is list else value

    return reshape


def _object(fields: tuple[Selected, ...], parts: Mapping[str, Reshape]) -> Reshape:
    """For one object; `_same` if it is as the documents have it."""
    nulls = {
        field.name: NULLS[field.parent, field.name]
        for field in fields
        if (field.parent, field.name) in NULLS
    }
    optional = tuple({field.name for field in fields if not always(field)} - nulls.keys())
    stand_ins = tuple((name, value) for name, value in nulls.items() if value is not None)
    changed = tuple((name, part) for name, part in parts.items() if part is not _same)
    if not (optional or stand_ins or changed):
        return _same

    # A copy without a few of its values is made far faster than an object of those to be kept.
    def reshape(value: dict[str, Any]) -> dict[str, Any]:
        kept = value.copy()
        get = value.get
        for name in optional:
            if get(name, "") is None:
                del kept[name]
        for name, stand_in in stand_ins:
            if get(name, "") is None:
                kept[name] = stand_in
        for name, part in changed:
            if name in kept:
                kept[name] = part(kept[name])
        return kept

    return reshape


def _children(fields: tuple[Selected, ...], name: str) -> Iterable[Selected]:
    return (child for field in fields if field.name == name for child in field.children)
