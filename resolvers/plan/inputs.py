"""Input objects made of coerced values: what Strawberry does, worked out once for each type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

from resolvers.identifiers import is_id, parse

#: Makes of a coerced value, which may be None, what a command is given.
Convert = Callable[[Any], Any]
MISSING = object()


def convert(type_: Any, name: str) -> Convert | None:
    """The conversion for a type; None where the value stays as it is. `name` is for errors."""
    while isinstance(type_, StrawberryOptional | LazyType):
        type_ = type_.resolve_type() if isinstance(type_, LazyType) else type_.of_type
    if is_id(type_):
        return lambda value: parse(value, name)
    if isinstance(type_, StrawberryList):
        return _each(convert(type_.of_type, name))
    definition = getattr(type_, "__strawberry_definition__", type_)
    if isinstance(definition, StrawberryEnumDefinition):
        member = definition.wrapped_cls
        return lambda value: None if value is None else member(value)
    if getattr(definition, "is_input", False):
        return _object(type_, definition)
    return None


def _each(inner: Convert | None) -> Convert:
    if inner is None:
        return lambda value: None if value is None else list(value)
    return lambda value: None if value is None else [inner(each) for each in value]


def _object(type_: Any, definition: Any) -> Convert:
    fields = [
        (field.python_name, spelled, convert(field.type, spelled), _default(field))
        for field in definition.fields
        for spelled in (field.graphql_name or to_camel_case(field.python_name),)
    ]

    def make(value: Any) -> Any:
        if value is None:
            return None
        given = {}
        for name, spelled, inner, default in fields:
            found = value.get(spelled, MISSING)
            if found is MISSING:
                given[name] = default
            else:
                given[name] = found if inner is None else inner(found)
        return type_(**given)

    return make


def _default(field: Any) -> Any:
    """What an absent field is: its default in Python, or None."""
    default = field.default
    return default if default is strawberry.UNSET or isinstance(default, str | int | bool) else None
