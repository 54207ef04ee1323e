"""What is coerced in the short way is what graphql-core makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, Undefined, build_schema, coerce_input_value
from hypothesis import given
from hypothesis import strategies as st

from resolvers.plan.coercion import Odd, coercion
from tests.resolvers.plan.test_inputs import FIELDS, sample

SAMPLES = build_schema("""
scalar JSON
enum Color { RED BLUE }
input One @oneOf { a: Int b: Int }
input Inner { text: String! = "x" ids: [ID!] = ["1"] }
input All {
  needed: String! number: Int real: Float flag: Boolean color: Color = BLUE json: JSON
  inner: Inner many: [Inner!]! one: One deep: [[String]]
}
type Query { field(all: All): Int }
""").type_map["All"]
assert isinstance(SAMPLES, GraphQLInputObjectType)

SCALARS = st.sampled_from(["", "x", "RED", "PINK", 0, 1, 2**40, 1.5, True, None])
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["text", "ids", "a", "b"]), inner, max_size=2)
    ),
    max_leaves=5,
)
FIELDS_OF_ALL: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys([*SAMPLES.fields, "unknown"], VALUES),
    "needed": st.just("x") | VALUES,
    "many": st.just([{}]) | VALUES,
}


@given(st.fixed_dictionaries({}, optional=FIELDS_OF_ALL))
def test_it_is_as_graphql_core_coerces_it_or_odd(value: dict[str, Any]) -> None:
    assert isinstance(SAMPLES, GraphQLInputObjectType)  # for mypy, which forgets it
    expected = coerce_input_value(value, SAMPLES)
    try:
        found = coercion(SAMPLES)(value)
    except Odd:
        return
    assert repr(found) == repr(expected)
    assert expected is not Undefined


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(("null", "absent"), [(False, False), (True, False), (False, True)])
def test_the_inputs_of_mutations_are_not_odd(name: str, *, null: bool, absent: bool) -> None:
    type_ = FIELDS[name].args["input"].type
    value = sample(type_, null=null, absent=absent)
    assert coercion(type_)(value) == coerce_input_value(value, type_)
