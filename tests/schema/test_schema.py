"""The graph as declared: documented throughout, guarded throughout, and printed as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_non_null_type,
)

from schema import schema

GOLDEN = Path(__file__).parent.parent.parent / "schema" / "schema.graphql"
GRAPH = schema._schema
OWN = {name: type_ for name, type_ in GRAPH.type_map.items() if not name.startswith("__")}


def described() -> Iterator[tuple[str, str | None]]:
    for name, type_ in OWN.items():
        yield name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in type_.fields.items():
                yield f"{name}.{field}", definition.description
                for argument, value in definition.args.items():
                    yield f"{name}.{field}({argument})", value.description
        elif isinstance(type_, GraphQLInputObjectType):
            for field, given in type_.fields.items():
                yield f"{name}.{field}", given.description
        elif isinstance(type_, GraphQLEnumType):
            for value_name, member in type_.values.items():
                yield f"{name}.{value_name}", member.description


def test_everything_has_a_description() -> None:
    assert [name for name, text in described() if not (text or "").strip()] == []


def test_the_printed_schema_is_the_golden_file() -> None:
    """Write it anew with `meshgraph schema > schema/schema.graphql`, and read the difference."""
    assert GOLDEN.read_text("utf-8") == schema.as_str() + "\n"


@pytest.mark.parametrize("root", ["Query", "Mutation", "Subscription"])
def test_every_root_field_says_who_may_ask_it(root: str) -> None:
    type_ = OWN[root]
    assert isinstance(type_, GraphQLObjectType)
    fields = type_.fields
    unguarded = []
    for name, field in fields.items():
        answer = field.extensions["strawberry-definition"].metadata["answer"]
        if getattr(answer, "access", None) is None:
            unguarded.append(name)
    assert unguarded == []


def test_a_mutation_without_data_has_failed() -> None:
    """With an idempotency key it is undone then, all of it: see `resolvers.once`."""
    type_ = OWN["Mutation"]
    assert isinstance(type_, GraphQLObjectType)
    assert [name for name, each in type_.fields.items() if not is_non_null_type(each.type)] == []


def test_lists_are_pages_with_one_set_of_arguments() -> None:
    for name, type_ in OWN.items():
        if not isinstance(type_, GraphQLObjectType):
            continue
        for field, definition in type_.fields.items():
            kind = str(definition.type).rstrip("!")
            if kind.endswith("Page") and "Keys" not in field and field not in {"asPage", "keys"}:
                expected = {"page", "pageSize", "all", "first", "after", "last", "before"}
                assert expected <= set(definition.args), f"{name}.{field}"
