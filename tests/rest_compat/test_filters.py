"""The two grammars of `filter`, as a table."""

from __future__ import annotations

import pytest
from graphql import GraphQLInputObjectType, GraphQLSchema

from app.errors import BadInput
from rest_compat.filters import read_filter

ONE = "00000000-0000-7000-8000-000000000001"

READ: list[tuple[str, str, dict[str, object]]] = [
    ("Connection", "deleted_at Deleted", {"deleted": True}),
    ("Connection", "deleted_at live", {"deleted": False}),
    ("Connection", "deleted_at true", {"deleted": False}),
    ("Connection", "type platform", {"type": ["platform"]}),
    ("Connection", "sub_type two words", {"subType": ["two words"]}),
    ("Connection", "status not found", {"status": ["NOT_FOUND"]}),
    ("Connection", f"owner {ONE}", {"ownerId": ONE}),
    ("Connection", "unknown thing", {}),
    ("Connection", "type", {}),
    ("Connection", "and deleted", {}),
    ("Connection", " ", {}),
    ("Connection", '{"kind":["a","b"],"type":"c"}', {"kind": ["a", "b"], "type": ["c"]}),
    ("Environment", f"organization_id {ONE}", {"organizationId": ONE}),
    ("EnvironmentConnection", '{"assigned":false}', {"assigned": False}),
    (
        "EnvironmentConnection",
        f'{{"assigned":true,"owner":"{ONE}"}}',
        {"assigned": True, "ownerId": ONE},
    ),
    ("EnvironmentConnection", '{"assigned":null}', {}),
    ("EnvironmentConnection", "{}", {}),
    ("User", "deleted_at Deleted", {"deleted": True}),
    ("User", "status active", {"status": ["ACTIVE"]}),
]

REFUSED = [
    ("EnvironmentConnection", '{"assigned":"no"}', "true or false"),
    ("EnvironmentConnection", '{"assigned":0}', "true or false"),
    ("EnvironmentConnection", "assigned maybe", "true or false"),
    ("EnvironmentConnection", '{"assigned":', "JSON"),
    ("Connection", '{"kind":[1]}', "a text"),
    ("Connection", "status odd", "connected"),
    ("Connection", "owner nobody", "UUID"),
]


def _type(graph: GraphQLSchema, noun: str) -> GraphQLInputObjectType:
    found = graph.get_type(f"{noun}Filter")
    assert isinstance(found, GraphQLInputObjectType)
    return found


@pytest.mark.parametrize(("noun", "text", "expected"), READ)
def test_read(graph: GraphQLSchema, noun: str, text: str, expected: dict[str, object]) -> None:
    assert read_filter("filter", text, _type(graph, noun)) == expected


@pytest.mark.parametrize(("noun", "text", "reason"), REFUSED)
def test_refused(graph: GraphQLSchema, noun: str, text: str, reason: str) -> None:
    with pytest.raises(BadInput, match=rf"^filter: .*{reason}"):
        read_filter("filter", text, _type(graph, noun))
