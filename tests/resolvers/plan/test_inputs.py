"""Inputs are what Strawberry and the field layer make of them, for every mutation there is."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    coerce_input_value,
    get_nullable_type,
    is_non_null_type,
)
from strawberry.types.arguments import convert_arguments

from app.errors import BadInput
from resolvers.identifiers import parse_input
from resolvers.plan.inputs import convert
from schema import schema

GRAPH = schema._schema
assert GRAPH.mutation_type is not None
FIELDS = GRAPH.mutation_type.fields
ID = "01941f29-7c7b-7008-8000-000000000000"


def sample(type_: Any, *, null: bool, absent: bool) -> Any:
    """A value of the type: with every field, with nulls where they may be, or with few fields."""
    if null and not is_non_null_type(type_):
        return None
    kind: Any = get_nullable_type(type_)
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: sample(field.type, null=null, absent=absent)
            for name, field in kind.fields.items()
            if not (absent and not is_non_null_type(field.type))
        }
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, null=False, absent=absent)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return {"ID": ID, "JSON": {"a": [1]}, "Boolean": True, "Int": 3}.get(kind.name, "text")


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(("null", "absent"), [(False, False), (True, False), (False, True)])
def test_an_input_is_what_strawberry_makes_of_it(name: str, *, null: bool, absent: bool) -> None:
    field = FIELDS[name]
    type_ = field.args["input"].type
    coerced = coerce_input_value(sample(type_, null=null, absent=absent), type_)
    declared = field.extensions["strawberry-definition"].arguments
    registry, config = schema.schema_converter.scalar_registry, schema.config
    expected = convert_arguments({"input": coerced}, declared, registry, config)["input"]
    make = convert(declared[0].type, "input")
    assert make is not None
    assert make(coerced) == parse_input(expected)


def test_an_id_that_is_none_is_named() -> None:
    declared = FIELDS["deleteConnection"].extensions["strawberry-definition"].arguments
    make = convert(declared[0].type, "input")
    assert make is not None
    with pytest.raises(BadInput, match="connectionId: expected a UUID, found 'x'"):
        make({"connectionId": "x"})
