"""Input values as graphql-core coerces them, worked out once for each type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
    Undefined,
    coerce_input_value,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

#: Makes of a value of JSON what a type comes to; raises `Odd`.
Coerce = Callable[[Any], Any]

#: The scalars whose values stay as they are, if they are of the type of Python.
PLAIN = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}


class Odd(Exception):
    """The value is not of the type, or not at first sight: graphql-core has to judge it."""


def coercion(type_: GraphQLInputType) -> Coerce:
    """The coercion of values given in variables."""
    if isinstance(type_, GraphQLNonNull):
        return _present(type_.of_type)
    inner = _present(type_)
    return lambda value: None if value is None else inner(value)


def _present(type_: Any) -> Coerce:
    """The coercion of values that are not null."""
    if isinstance(type_, GraphQLInputObjectType):
        return _odd if type_.is_one_of else _object(type_)
    if isinstance(type_, GraphQLList):
        return _list(coercion(type_.of_type))
    if isinstance(type_, GraphQLEnumType):
        return _member({name: coerce_input_value(name, type_) for name in type_.values})
    return _plain(PLAIN[type_]) if type_ in PLAIN else _other(type_)


def _odd(_: Any) -> NoReturn:
    raise Odd


def _plain(kind: type) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not kind:
            raise Odd
        return value

    return coerce


def _member(members: dict[str, Any]) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not str or value not in members:
            raise Odd
        return members[value]

    return coerce


def _other(type_: GraphQLInputType) -> Coerce:
    def coerce(value: Any) -> Any:
        found = Undefined if value is None else coerce_input_value(value, type_)
        if found is Undefined:
            raise Odd
        return found

    return coerce


def _list(inner: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not list:
            raise Odd
        return [inner(each) for each in value]

    return coerce


def _object(type_: GraphQLInputObjectType) -> Coerce:
    fields = [
        (
            name,
            field.out_name or name,
            coercion(field.type),
            Odd if is_required_input_field(field) else coerce_default_value(field),
        )
        for name, field in type_.fields.items()
    ]

    def coerce(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= type_.fields.keys():
            raise Odd
        found = {}
        for name, out, inner, default in fields:
            if name in value:
                found[out] = inner(value[name])
            elif default is Odd:
                raise Odd
            elif default is not Undefined:
                found[out] = default
        return type_.out_type(found)

    return coerce
