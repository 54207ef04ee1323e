"""Result → response, as a table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError

from app.errors import BadInput, Code, NotFound, Problem
from rest_compat.documents import Operation
from rest_compat.endpoints import ENDPOINTS
from rest_compat.replying import problem_of, refuse, reply
from rest_compat.shaping import reshaper

ROWS = {row.operation: row for row in ENDPOINTS}
Operations = dict[str, Operation]


def failed(
    code: str | None, message: str = "No.", path: list[str | int] | None = None
) -> GraphQLError:
    return GraphQLError(message, path=path, extensions={"code": code} if code else None)


def refused(name: str, error: GraphQLError) -> tuple[int, str, str | None]:
    response = refuse(ROWS[name], problem_of(error), {})
    return response.status_code, bytes(response.body).decode(), response.headers.get("content-type")


TEXT = "text/plain; charset=utf-8"

REFUSALS = [
    ("getTeamById", "BAD_USER_INPUT", (400, "No.", TEXT)),
    ("getTeamById", "CONFLICT", (400, "No.", TEXT)),
    ("getTeamById", "LIMIT_EXCEEDED", (400, "No.", TEXT)),
    ("updateTeam", "VERSION_CONFLICT", (412, "No.", TEXT)),
    ("updateTeam", "IDEMPOTENCY_KEY_REUSED", (422, "No.", TEXT)),
    ("addTeamToOrg", "VERSION_CONFLICT", (412, "No.", TEXT)),
    ("getTeamById", "UNAUTHENTICATED", (401, "No.", TEXT)),
    ("getTeamById", "FORBIDDEN", (401, "No.", TEXT)),
    ("getTeamById", "NOT_FOUND", (404, "No.", TEXT)),
    ("getTeamById", "UNAVAILABLE", (503, "No.", TEXT)),
    ("getTeamById", "INTERNAL_SERVER_ERROR", (500, "No.", TEXT)),
    ("getTeamById", "SOMETHING_NEW", (500, "No.", TEXT)),
    ("createEnvironment", "NOT_FOUND", (400, "No.", TEXT)),
    ("getOrgByDomain", "NOT_FOUND", (404, "", None)),
    ("getOrgByDomain", "UNAUTHENTICATED", (401, "No.", TEXT)),
    ("addTeamToOrg", "BAD_USER_INPUT", (400, "", None)),
    ("addUserToOrg", "FORBIDDEN", (401, "", None)),
    ("addUserToOrg", "NOT_FOUND", (404, "No.", TEXT)),
]


@pytest.mark.parametrize(("name", "code", "expected"), REFUSALS)
def test_refusals(name: str, code: str, expected: tuple[int, str, str | None]) -> None:
    assert refused(name, failed(code, path=["team"])) == expected


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_is_documented(row: Any, code: Code) -> None:
    """400, 429 and 503 are answered even where they are not: they can come to pass everywhere.

    412 and 422 are for headers that are not documented either.
    """
    status = refused(row.operation, failed(code, path=["any"]))[0]
    assert status in row.statuses | {400, 412, 422, 429, 503}


def test_headers_of_refusals() -> None:
    row = ROWS["getTeamById"]
    assert refuse(row, problem_of(failed("UNAVAILABLE")), {}).headers["retry-after"] == "1"
    challenge = refuse(row, problem_of(failed("UNAUTHENTICATED")), {}).headers["www-authenticate"]
    assert challenge == "Bearer"


def test_a_bug_is_500_and_a_malformed_document_400() -> None:
    assert refused("getTeamById", failed(None, path=["team", "name"]))[0] == 500
    assert refused("getTeamById", failed(None))[0] == 400


@pytest.mark.parametrize(
    ("message", "friendly"),
    [
        (
            "Variable '$id' has invalid value: Expected a UUID, found 'x'.",
            "id: expected a UUID, found 'x'.",
        ),
        (
            "Variable '$id' has invalid value: Expected type 'ID', found: 'x'; Expected a UUID, ….",
            "id: expected a UUID, ….",
        ),
        ("Variable '$id' has invalid value: ID cannot represent value: {}", "id: expected a UUID."),
        (
            "Variable '$name' has invalid value: String cannot represent a non string value: 5",
            "name: expected a text.",
        ),
        (
            "Variable '$filter' has invalid value at .ownerId: Expected a UUID, found 'x'.",
            "ownerId: expected a UUID, found 'x'.",
        ),
    ],
)
def test_what_is_said_of_a_variable(message: str, friendly: str) -> None:
    problem = problem_of(failed("BAD_USER_INPUT", message))
    assert isinstance(problem, BadInput)
    assert problem.message == friendly
    assert "$" not in problem.message


@pytest.mark.parametrize(
    ("operation", "argument", "sent"),
    [
        ("createEnvironment", "organizationId", "organization_id"),
        ("handleUpdateOrg", "organizationId", "orgId"),
        ("addUserToTeam", "user", "userId"),
        ("addUserToTeam", "teamId", "teamId"),
        ("getUsersForOrg", "teamId", "teamId"),
        ("getTeamById", "id", "id"),  # the organization's or the team's: that is not known
        ("registerConnection", "credentialId", "credentialId"),
    ],
)
def test_an_argument_is_named_as_it_was_sent(
    operations: Operations, operation: str, argument: str, sent: str
) -> None:
    error = GraphQLError(
        f"{argument}: no {argument}: x.",
        path=["any"],
        extensions={"code": "NOT_FOUND", "field": argument},
    )
    with pytest.raises(Problem) as raised:
        answered(operations, operation, None, error)
    assert raised.value.message == f"{sent}: no {argument}: x."
    assert raised.value.extensions["field"] == sent


@pytest.mark.parametrize(
    ("name", "status"),
    [("getOrg", 404), ("getTeamById", 400), ("getConnectionById", 404), ("getEnvironments", 400)],
)
def test_a_malformed_id_in_a_path_without_a_documented_400(name: str, status: int) -> None:
    path = dict.fromkeys(re.findall(r"{(\w+)}", ROWS[name].path), "x")
    problem = BadInput("wrong", field=next(iter(path), "orgId"))
    assert refuse(ROWS[name], problem, path).status_code == status


def test_a_body(operations: Operations) -> None:
    data = {
        "organization": {"body": {"page": 0, "organizations": [{"name": "é", "deleted_at": None}]}}
    }
    response = answered(operations, "getOrg", data)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert bytes(response.body).decode() == '{"page":0,"organizations":[{"name":"é"}]}'


def answered(operations: Operations, name: str, data: Any, *errors: GraphQLError) -> Any:
    operation = operations[name]
    result = ExecutionResult(data, list(errors) or None)
    return reply(ROWS[name], operation, reshaper(operation), result)


@pytest.mark.parametrize(
    ("name", "status"), [("deleteOrg", 204), ("addConnectionToEnvironment", 201)]
)
def test_no_content(operations: Operations, name: str, status: int) -> None:
    response = answered(operations, name, {"done": {}})
    assert (response.status_code, response.body) == (status, b"")
    assert "content-type" not in response.headers


@pytest.mark.parametrize("data", [{"organization": None}, {"organization": {"body": None}}])
def test_null_on_the_way_to_the_body_is_not_found(operations: Operations, data: Any) -> None:
    with pytest.raises(NotFound):
        answered(operations, "getOrg", data)


def test_a_partial_result_is_an_error_and_the_first_one_counts(operations: Operations) -> None:
    data = {"organization": {"body": {"page": 0, "organizations": []}}}
    with pytest.raises(Problem, match="first"):
        answered(operations, "getOrg", data, failed("FORBIDDEN", "first"), failed(None, "second"))


def test_a_free_value_is_returned_as_it_is(operations: Operations) -> None:
    response = answered(
        operations, "getKubernetesContext", {"connection": {"body": {"n": 2**80, "x": None}}}
    )
    assert bytes(response.body) == b'{"n":1208925819614629174706176,"x":null}'
