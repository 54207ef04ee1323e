"""What is left out of a response, and what stands in for a null."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import pytest

from rest_compat.documents import Operation
from rest_compat.shaping import NEVER, reshaper

#: Values that are neither objects nor lists, whatever they stand for.
ID, RAW = UUID(int=1), orjson.Fragment(b"[]")


def _reshaped(operation: Operation, value: Any) -> Any:
    return reshaper(operation)(value)


CASES: list[tuple[str, Any, Any]] = [
    (
        "getConnectionById",
        {"id": "c", "deleted_at": None, "credential_id": None, "environments": {"body": []}},
        {"id": "c", "environments": []},
    ),
    (
        "getConnectionById",
        {"deleted_at": "then", "environments": {"body": [{"deleted_at": None, "owner": None}]}},
        {"deleted_at": "then", "environments": [{"deleted_at": None}]},
    ),
    (
        "getConnectionById",
        {"metadata": {"deleted_at": None, "body": {"body": 1}}},
        {"metadata": {"deleted_at": None, "body": {"body": 1}}},
    ),
    ("createEnvironment", {"deleted_at": None, "owner": None}, {"deleted_at": None}),
    ("getOrgByDomain", {"deleted_at": None, "domain": None}, {"domain": None}),
    (
        "getUser",
        {"deleted_at": None, "last_login_time": None, "bio": None},
        {"deleted_at": None, "last_login_time": NEVER},
    ),
    ("getOrgPreferences", {"preferences": None}, {"preferences": None}),
    (
        "getEnvironmentConnections",
        {"page": 0, "connections": [{"id": ID, "environments": RAW, "owner": None}]},
        {"page": 0, "connections": [{"id": ID, "environments": RAW, "owner": None}]},
    ),
    ("getEnvironmentConnections", {"page": 0, "connections": RAW}, {"page": 0, "connections": RAW}),
    (
        "addTeamToOrg",
        {"page": 0, "teams": [{"id": "t", "deleted_at": None}]},
        {"page": 0, "teams": [{"id": "t"}]},
    ),
    (
        "addTeamToOrg",
        {"page": 0, "teamsOrganizationsMapping": [{"id": "m", "deleted_at": None}]},
        {"page": 0, "teamsOrganizationsMapping": [{"id": "m"}]},
    ),
]


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
def test_reshape(operations: dict[str, Operation], name: str, value: Any, expected: Any) -> None:
    assert _reshaped(operations[name], value) == expected


def test_the_result_itself_is_left_as_it_is(operations: dict[str, Operation]) -> None:
    given = {"id": "c", "deleted_at": None}
    _reshaped(operations["getConnectionById"], given)
    assert given == {"id": "c", "deleted_at": None}
