"""Ids on their way in: the text of a GraphQL `ID` becomes a UUID before a resolver sees it."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, get_args
from uuid import UUID

import strawberry
from strawberry.types.base import StrawberryContainer
from strawberry.utils.str_converters import to_camel_case

from app.errors import BadInput


def parse(value: Any, field: str) -> Any:
    """A UUID, or a list of them; raises `BadInput` naming the field. None and absence stay."""
    if isinstance(value, list):
        return [parse(each, field) for each in value]
    if not isinstance(value, str):
        return value
    try:
        return UUID(value)
    except ValueError:
        message = f"{field}: expected a UUID, found {value[:60]!r}."
        raise BadInput(message, field=field) from None


def is_id(type_: Any) -> bool:
    """Whether an annotation, or what Strawberry makes of it, is `ID`, or holds nothing else."""
    inner = (type_.of_type,) if isinstance(type_, StrawberryContainer) else get_args(type_)
    return type_ is strawberry.ID or any(map(is_id, inner))


@cache
def _id_fields(input_type: type) -> tuple[tuple[str, str], ...]:
    return tuple(
        (field.name, to_camel_case(field.name))
        for field in input_type.__strawberry_definition__.fields  # type: ignore[attr-defined]
        if is_id(field.type)
    )


def parse_input(value: Any) -> Any:
    """The input object with its ids parsed, and those of the input objects inside it."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changes = {
        name: parse(getattr(value, name), spelled) for name, spelled in _id_fields(type(value))
    }
    nested = {
        field.name: parse_input(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if dataclasses.is_dataclass(getattr(value, field.name))
    }
    return dataclasses.replace(value, **changes, **nested)
