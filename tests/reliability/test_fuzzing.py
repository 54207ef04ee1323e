"""What counts as a finding of Schemathesis, and what does not."""

from __future__ import annotations

import json

import pytest

from tests.reliability.fuzzing import EXEMPT, Finding, unexplained


def refused(code: str) -> str:
    return json.dumps({"errors": [{"message": "m", "extensions": {"code": code}}]})


FLAWS = [
    Finding("ST101", "GET /api/users", "Server error", 500),
    Finding("ST103", "GET /api/users", "Undocumented status code", 404),
    Finding("ST103", "GET /api/users", "Undocumented status code", 500),
    Finding("ST108", "GET /api/users", "Response violates schema", 200),
    Finding("ST201", "POST /events", "Invalid component: in body - ids: Too long", 200),
    Finding("ST113", "Query.users", "GraphQL server error", 200, refused("INTERNAL_SERVER_ERROR")),
    Finding("ST201", "POST /events", "in body - invalid syntax: random bytes", 201, "", "x"),
    Finding("ReadTimeout", "GET /api/users", "Read timed out"),
    Finding("ConnectionError", "GET /api/users", "Connection reset by peer"),
]
NONE = [
    Finding("ST103", "GET /api/users", "Undocumented status code", 400),
    Finding("ST201", "GET /api/users", "Invalid component: parameter `page` in query - x", 200),
    Finding("ST201", "POST /events", "in body - invalid syntax: random bytes", 201, "", " \t"),
    Finding("ST206", "Query.users", "GraphQL client error", 200, refused("BAD_USER_INPUT")),
    Finding("ST113", "Query.users", "GraphQL server error", 200, refused("NOT_FOUND")),
]


@pytest.mark.parametrize("finding", FLAWS, ids=str)
def test_a_flaw_is_told(finding: Finding) -> None:
    assert unexplained([finding]) == [finding]


@pytest.mark.parametrize("finding", NONE, ids=str)
def test_what_is_as_it_should_be_is_not(finding: Finding) -> None:
    assert unexplained([finding]) == []


def test_every_exception_has_a_reason() -> None:
    assert all(row.reason for row in EXEMPT)
