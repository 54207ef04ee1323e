"""The arguments of a field, as its resolver gets them."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import FieldNode, GraphQLField
from graphql.execution.values import (
    FragmentVariableValues,
    VariableValues,
    get_argument_values,
)
from strawberry.types.arguments import convert_arguments


def given(
    graph: strawberry.Schema,
    definition: GraphQLField,
    node: FieldNode,
    variables: VariableValues,
    of_fragment: FragmentVariableValues | None = None,
) -> dict[str, Any]:
    """The arguments that are given, by their names in Python; ids stay texts.

    `of_fragment` are the arguments of the fragment that the field is in. Raises GraphQLError.
    """
    values = get_argument_values(definition, node, variables, of_fragment)
    converter, config = graph.schema_converter, graph.config
    declared = definition.extensions["strawberry-definition"].arguments
    converted = convert_arguments(values, declared, converter.scalar_registry, config)
    return {name: each for name, each in converted.items() if each is not strawberry.UNSET}
