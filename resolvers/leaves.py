"""What a selected field takes from its row: the value itself, or columns that its answer needs."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLObjectType,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    is_specified_scalar_type,
)
from strawberry.types.field import StrawberryField

from resolvers.answers import Column, Listed, Related

#: Where Strawberry keeps its own field on that of graphql-core.
DEFINITION = "strawberry-definition"
TYPENAME = "__typename"


class Leaf(NamedTuple):
    """A field whose value only needs to be read and serialized; None is not serialized."""

    name: str
    read: Callable[[Any], Any]
    serialize: Callable[[Any], Any]
    nullable: bool


def leaf(parent: GraphQLObjectType, field_name: str, response_name: str) -> Leaf | None:
    """The field as a leaf; None where more than that is needed."""
    if field_name == TYPENAME:
        return Leaf(response_name, lambda _: parent.name, str, nullable=False)
    field = parent.fields.get(field_name)
    if field is None or (attribute := _attribute(field)) is None:
        return None
    type_ = get_nullable_type(field.type)
    nullable = not is_non_null_type(field.type)
    return Leaf(response_name, attrgetter(attribute), _serializer(type_), nullable)


def needed(parent: GraphQLObjectType, field_name: str) -> str | None:
    """The one attribute that the field reads of its row; None where that is not known."""
    if field_name == TYPENAME:
        return "id"
    field = parent.fields.get(field_name)
    if field is None or (attribute := _attribute(field)) is not None:
        return attribute if field is not None else None
    match field.extensions[DEFINITION].metadata.get("answer"):
        case Related(foreign_key=key):
            return key
        case Listed(access=None):
            return "id"
    return None


def read(source: Any, leaves: tuple[Leaf, ...], values: dict[str, Any]) -> bool:
    """Put the leaves of an object into `values`; False if graphql-core must complete the object."""
    try:
        for name, get, serialize, nullable in leaves:
            if (value := get(source)) is not None:
                value = serialize(value)
                if value is None or value is Undefined:
                    return False
            elif not nullable:
                return False
            values[name] = value
    except Exception:  # noqa: BLE001 - graphql-core meets it again, and reports it
        return False
    return True


def _attribute(field: GraphQLField) -> str | None:
    """The attribute that holds the field's value; None where more than reading it is needed."""
    definition = field.extensions.get(DEFINITION)
    type_ = get_nullable_type(field.type)
    if not isinstance(definition, StrawberryField) or not is_leaf_type(type_):
        return None
    if isinstance(answer := definition.metadata.get("answer"), Column):
        return answer.attribute
    # Without a resolver the value could be an awaitable, which no specified scalar takes for one.
    plain = definition.is_basic_field and is_specified_scalar_type(type_)
    return definition.python_name if plain else None


def _serializer(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    return _id if type_ is GraphQLID else type_.coerce_output_value


def _id(value: Any) -> Any:
    return str(value) if type(value) is UUID else GraphQLID.coerce_output_value(value)
