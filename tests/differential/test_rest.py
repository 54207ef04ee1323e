"""The queries of the REST API, with what its callers send."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, print_ast

from rest_compat.documents import load
from tests.differential.comparing import SCHEMA, Comparing
from tests.differential.executors import Operation
from tests.differential.world import (
    CONNECTIONS,
    ENVIRONMENTS,
    LINKED_USERS,
    TEAMS,
    VIEWERS,
    identity,
)

OPERATIONS = {
    name: each
    for name, each in load(SCHEMA).items()
    if any(
        isinstance(node, OperationDefinitionNode) and node.operation is OperationType.QUERY
        for node in each.document.definitions
    )
}
#: Several values for the variables of that name; each set takes the next of each.
GIVEN: dict[str, tuple[Any, ...]] = {
    "orgId": tuple(str(identity(each)) for each in ("acme", "rival", "gone", "nobody")),
    "teamId": tuple(str(each) for each in (TEAMS[0], TEAMS[1], TEAMS[5], TEAMS[7])),
    "environmentId": tuple(str(ENVIRONMENTS[each]) for each in (0, 1, 8, 3)),
    "connectionId": tuple(str(CONNECTIONS[each]) for each in (0, 1, 9, 4)),
    "id": (*tuple(str(each) for each in LINKED_USERS[:3]), "x"),
    "domain": ("acme.org", "RIVAL.EXAMPLE", "gone.org", ""),
    "page": (0, 1, None, 0),
    "pagesize": (3, 25, 100, 101),
    "search": (None, "same", "_", "\x1f"),
    "_all": (False, None, True, None),
    "all": (None, False, True, None),
    "kind": (["kubernetes", "null"], [], None, [""]),
    "status": (None, ["CONNECTED", "NOT_FOUND"], [], None),
    "type": (None, None, ["platform"], []),
    "name": (None, "same", None, "%"),
    "filter": ({}, {"deleted": True}, None, {"deleted": False}),
    "order": (None, {"field": "CREATED_AT"}, {"field": "CREATED_AT", "direction": "DESC"}, None),
}
#: Their filter has no `deleted`.
UNFILTERED = {"getUsers"}


@pytest.mark.parametrize("viewer", VIEWERS, ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.asyncio(loop_scope="session")
async def test_an_operation_of_the_rest_api(
    comparing: Comparing, name: str, viewer: str | None
) -> None:
    operation = OPERATIONS[name]
    known = {each.name for each in operation.variables}
    for number in range(4):
        given = {each: GIVEN[each][number] for each in sorted(known) if each in GIVEN}
        if name in UNFILTERED:
            given.pop("filter")
        if number == 3:  # and once with what must be given alone
            given = {each.name: given[each.name] for each in operation.variables if each.required}
        await comparing.check(Operation(print_ast(operation.document), given, name), viewer)


def test_every_variable_of_the_queries_is_given() -> None:
    names = {each.name for operation in OPERATIONS.values() for each in operation.variables}
    assert names <= GIVEN.keys()
