"""Who moves from REST to GraphQL is told which operation each endpoint is."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.demo import demo_id
from app.strict_json import decode, encode
from rest_compat import rest_map
from rest_compat.describing import SUMMARIES
from rest_compat.documents import Operation
from rest_compat.endpoints import ENDPOINTS, Endpoint

ID = "00000000-0000-7000-8000-000000000001"

#: Where demo rows are, and what each example is the id of.
DEMO = {
    "orgId": ("organization", "cooperative"),
    "organization_id": ("organization", "cooperative"),
    "teamId": ("team", "platform"),
    "userId": ("user", "member"),
    "environmentId": ("environment", "staging"),
    "connectionId": ("connection", "berlin"),
    "mesheryServerId": ("server", "mesh-berlin"),
}

each_row = pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)


@pytest.fixture(scope="module")
def client(graph: GraphQLSchema, operations: dict[str, Operation]) -> TestClient:
    return TestClient(Starlette(routes=rest_map.routes(graph, operations, decode, encode)))


@pytest.fixture(scope="module")
def table(client: TestClient) -> dict[str, Any]:
    response = client.get("/rest-map")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    return {each["name"]: each for each in response.json()["endpoints"]}


def test_the_table_has_every_endpoint_in_its_order(table: dict[str, Any]) -> None:
    assert list(table) == [row.operation for row in ENDPOINTS]
    assert set(SUMMARIES) == set(table)


def test_a_row(table: dict[str, Any]) -> None:
    assert table["updateTeam"] == {
        "name": "updateTeam",
        "summary": "Change a team",
        "tag": "Team",
        "method": "PUT",
        "path": "/api/identity/orgs/{orgId}/teams/{teamId}",
        "aliases": [],
        "public": False,
        "accepts": "application/json",
        "status": 200,
        "media": "application/json",
        "document": "/rest-map/updateTeam",
        "variables": [
            {
                "name": "orgId",
                "type": "ID!",
                "in": "path",
                "required": True,
                "description": "Which organization.",
                "example": "ca7bda50-2657-5445-a04d-2ef7670ab646",
            },
            {
                "name": "teamId",
                "type": "ID!",
                "in": "path",
                "required": True,
                "description": "Which team.",
                "example": "f1c5c231-09fc-5e21-8698-db4a8bdef492",
            },
            {
                "name": "name",
                "type": "String",
                "in": "body",
                "required": False,
                "description": "1 to 255 characters.",
                "example": "Platform",
            },
            {
                "name": "description",
                "type": "String",
                "in": "body",
                "required": False,
                "description": "What it is for.",
                "example": "What it is for.",
            },
        ],
    }


@pytest.mark.parametrize(
    ("name", "accepts", "media", "status"),
    [
        ("getOrgs", None, "application/json", 200),
        ("deleteTeam", None, None, 204),
        ("postEvents", "application/json", None, 201),
        ("importDesign", "multipart/form-data", "application/json", 200),
        ("addUserToTeam", None, "application/json", 201),
    ],
)
def test_what_goes_in_and_out(
    table: dict[str, Any], name: str, accepts: str | None, media: str | None, status: int
) -> None:
    row = table[name]
    assert (row["accepts"], row["media"], row["status"]) == (accepts, media, status)


def test_variables_that_have_more_to_say(table: dict[str, Any]) -> None:
    def variable(operation: str, name: str) -> dict[str, Any]:
        [found] = (each for each in table[operation]["variables"] if each["name"] == name)
        return dict(found)

    assert variable("getOrgs", "pagesize")["default"] == 10
    assert variable("getConnections", "order")["example"] == "name asc"
    assert variable("getUsers", "order")["example"] == "username asc"
    assert "not found" in variable("getConnections", "status")["values"]
    assert variable("registerMeshmodels", "uploadType")["in"] == "form"
    assert variable("registerMeshmodels", "uploadType")["values"] == [
        "file",
        "urlImport",
        "csv",
        "url",
    ]


@each_row
def test_every_variable_is_described(row: Endpoint, table: dict[str, Any]) -> None:
    variables = table[row.operation]["variables"]
    assert [each["name"] for each in variables if not each["description"]] == []
    without = [each["name"] for each in variables if each["example"] is None]
    assert without == (["action"] if row.operation == "addTeamToOrg" else [])


@each_row
def test_a_document_can_be_run_as_it_is(
    row: Endpoint, client: TestClient, graph: GraphQLSchema, operations: dict[str, Operation]
) -> None:
    response = client.get(f"/rest-map/{row.operation}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql; charset=utf-8"
    document = parse(response.text)
    assert validate(graph, document) == []
    first = document.definitions[0]
    assert isinstance(first, OperationDefinitionNode)
    assert first.name is not None
    assert first.name.value == row.operation
    assert len(document.definitions) == len(operations[row.operation].document.definitions)


@each_row
def test_the_examples_are_a_request_that_the_operation_takes(
    row: Endpoint,
    client: TestClient,
    table: dict[str, Any],
    graph: GraphQLSchema,
    operations: dict[str, Operation],
) -> None:
    given: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}, "form": {}}
    for each in table[row.operation]["variables"]:
        if each["example"] is not None:
            given[each["in"]][each["name"]] = each["example"]
    query = str(client.build_request("GET", "/", params=given["query"]).url.query, "ascii")
    request = {"path": given["path"], "query": query, "body": given["body"] | given["form"]}
    response = client.post(f"/rest-map/{row.operation}", json=request)
    assert response.status_code == 200, response.text
    told = response.json()
    assert told["operation"] == row.operation
    assert {name for where in given.values() for name in where} <= set(told["variables"])
    [node] = (
        each
        for each in operations[row.operation].document.definitions
        if isinstance(each, OperationDefinitionNode)
    )
    errors = get_variable_values(graph, node.variable_definitions or (), told["variables"])
    assert not isinstance(errors, list), errors


@pytest.mark.parametrize("name", DEMO)
def test_examples_are_in_the_demo_data(name: str, table: dict[str, Any]) -> None:
    examples = {
        each["example"]
        for row in table.values()
        for each in row["variables"]
        if each["name"] == name
    }
    assert examples == {str(demo_id(*DEMO[name]))}


def test_a_request_in_the_words_of_rest(client: TestClient) -> None:
    request = {"query": "pagesize=all&status=not%20found,connected&order=sub_type%20desc"}
    response = client.post("/rest-map/getConnections", json=request)
    assert response.json() == {
        "operation": "getConnections",
        "variables": {
            "_all": True,
            "status": ["NOT_FOUND", "CONNECTED"],
            "order": {"field": "SUB_TYPE", "direction": "DESC"},
        },
    }


def test_a_condition_becomes_a_variable(client: TestClient) -> None:
    request = {"path": {"orgId": ID}, "headers": {"If-Match": '"3"'}}
    response = client.post("/rest-map/deleteOrg", json=request)
    assert response.json()["variables"] == {"orgId": ID, "_ifMatch": 3}


@pytest.mark.parametrize(
    ("name", "request_", "told"),
    [
        ("getOrg", {}, "path.orgId: this is required."),
        ("getOrg", {"path": {"orgId": "x"}}, "orgId: expected a UUID, found 'x'."),
        ("getOrg", {"path": []}, "path: expected a JSON object."),
        ("getOrgs", {"query": {}}, "query: expected a text."),
        ("deleteOrg", {"headers": 3}, "headers: expected a JSON object."),
        ("createTeam", {"path": {"orgId": ID}}, "name: this is required."),
        ("createTeam", [], "body: expected a JSON object."),
    ],
)
def test_a_request_that_is_none(client: TestClient, name: str, request_: object, told: str) -> None:
    response = client.post(f"/rest-map/{name}", json=request_)
    assert (response.status_code, response.text) == (400, told)


def test_other_names_and_methods(client: TestClient) -> None:
    response = client.get("/rest-map/nothing")
    assert (response.status_code, response.text) == (404, rest_map.UNKNOWN)
    assert client.put("/rest-map/getOrgs").status_code == 405
