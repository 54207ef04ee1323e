"""What a selected field takes from its row: the value itself, or columns that its answer needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLString,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    is_specified_scalar_type,
)
from graphql.pyutils import UndefinedType
from strawberry.types.field import StrawberryField

from resolvers.answers import Column, Constant, Inside, Listed, Related

#: Where Strawberry keeps its own field on that of graphql-core.
DEFINITION = "strawberry-definition"
TYPENAME = "__typename"

#: The type of those values that a scalar takes as they are.
PLAIN: dict[GraphQLLeafType, type] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
}
#: An enum remembers the names of its values, of which there are few.
MOST_VALUES = 256

Read = Callable[[Any], Any]


class Unfit(Exception):
    """A value is not as declared: graphql-core must complete what it is part of."""


class Leaf(NamedTuple):
    """A field whose value only needs to be read and serialized; None is not serialized."""

    name: str
    read: Read
    type: GraphQLLeafType
    serialize: Callable[[Any], Any]
    nullable: bool

    def of_each(self, rows: Sequence[Any]) -> list[Any]:
        """The values of many rows; raises `Unfit`, or whatever reading and serializing raise."""
        values = list(map(self.read, rows))
        kinds = set(map(type, values))
        if NoneType in kinds:
            if not self.nullable:
                raise Unfit
            kinds.remove(NoneType)
        elif self.type is GraphQLID and all(issubclass(kind, UUID) for kind in kinds):
            return list(map(str, values))
        if kinds <= {PLAIN.get(self.type)}:
            return values
        return self._completed(values)

    def _completed(self, values: list[Any]) -> list[Any]:
        serialize = self.serialize
        completed = [None if value is None else serialize(value) for value in values]
        kinds = list(map(type, completed))
        if kinds.count(NoneType) != list(map(type, values)).count(NoneType):
            raise Unfit
        if UndefinedType in kinds:
            raise Unfit
        return completed

    def of(self, row: Any) -> Any:
        """The value of one row; raises as `of_each` does."""
        value = self.read(row)
        if value is not None:
            value = self.serialize(value)
        elif self.nullable:
            return None
        if value is None or value is Undefined:
            raise Unfit
        return value


def leaf(parent: GraphQLObjectType, field_name: str, response_name: str) -> Leaf | None:
    """The field as a leaf; None where more than that is needed."""
    if field_name == TYPENAME:
        return Leaf(response_name, lambda _: parent.name, GraphQLString, str, nullable=False)
    field = parent.fields.get(field_name)
    if field is None or (read := _reading(field)) is None:
        return None
    type_ = get_nullable_type(field.type)
    nullable = not is_non_null_type(field.type)
    return Leaf(response_name, read, type_, _serializer(type_), nullable)


def needed(parent: GraphQLObjectType, field_name: str) -> str | None:
    """The one attribute that the field reads of its row; None where that is not known."""
    if field_name == TYPENAME:
        return "id"
    field = parent.fields.get(field_name)
    if field is None or (definition := definition_of(field)) is None:
        return None
    match definition.metadata.get("answer"):
        case Column(attribute=name) | Inside(attribute=name) | Related(foreign_key=name):
            return name
        case Constant() | Listed(access=None):
            return "id"
    return definition.python_name if _is_plain(field, definition) else None


def definition_of(field: GraphQLField) -> StrawberryField | None:
    """Strawberry's own field, which has the declaration; None for a field of graphql-core's."""
    definition = field.extensions.get(DEFINITION)
    return definition if isinstance(definition, StrawberryField) else None


def _reading(field: GraphQLField) -> Read | None:
    """What reads the field's value of its row; None where more than reading is needed."""
    definition = definition_of(field)
    if definition is None or not is_leaf_type(get_nullable_type(field.type)):
        return None
    match definition.metadata.get("answer"):
        case Column(attribute=name):
            return attrgetter(name)
        case Constant(value=value):
            return lambda _: value
        case Inside(attribute=name, key=key):
            return lambda row: getattr(row, name).get(key)
    return attrgetter(definition.python_name) if _is_plain(field, definition) else None


def _is_plain(field: GraphQLField, definition: StrawberryField) -> bool:
    # Without a resolver the value could be an awaitable, which no specified scalar takes for one.
    type_ = get_nullable_type(field.type)
    return definition.is_basic_field and is_leaf_type(type_) and is_specified_scalar_type(type_)


@lru_cache(maxsize=MOST_VALUES)
def _serializer(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    if isinstance(type_, GraphQLEnumType):
        return lru_cache(maxsize=MOST_VALUES)(type_.coerce_output_value)
    return _id if type_ is GraphQLID else type_.coerce_output_value


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else GraphQLID.coerce_output_value(value)
