"""Requests through the routes, with a service that answers as told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import DocumentNode, ExecutionResult, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message, Scope

from app.errors import Unauthenticated, Unavailable
from rest_compat import table
from rest_compat.endpoints import ENDPOINTS, UPLOAD_PATHS

ID = "00000000-0000-7000-8000-000000000001"
ORG = f"/api/identity/orgs/{ID}"


@dataclass
class Service:
    """Records what it is asked; `data` is what it answers, or raises."""

    data: dict[str, Any] | Exception = field(default_factory=dict)
    asked: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    async def execute(
        self, _request: Request, _document: DocumentNode, name: str, variables: dict[str, object]
    ) -> ExecutionResult:
        self.asked.append((name, variables))
        if isinstance(self.data, Exception):
            raise self.data
        return ExecutionResult(self.data)


async def nobody(_request: Request) -> None:
    raise Unauthenticated("Sign in first.")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def client(graph: GraphQLSchema, service: Service) -> TestClient:
    return TestClient(Starlette(routes=[table(graph, service.execute)]))


@pytest.fixture
def stranger(graph: GraphQLSchema, service: Service) -> TestClient:
    return TestClient(Starlette(routes=[table(graph, service.execute, admit=nobody)]))


def test_a_request_becomes_an_operation(client: TestClient, service: Service) -> None:
    service.data = {"createTeam": {"body": {"id": "t", "name": "n"}}}
    response = client.post(
        f"{ORG}/teams", content=b'{"name":"n"}', headers={"content-type": "text/plain"}
    )
    assert service.asked == [("createTeam", {"orgId": ID, "name": "n"})]
    assert (response.status_code, response.json()) == (201, {"id": "t", "name": "n"})


def test_the_version_of_a_row_is_its_tag_and_no_part_of_the_body(
    client: TestClient, service: Service
) -> None:
    service.data = {"updateTeam": {"body": {"id": "t", "etag": 3}}}
    response = client.put(f"{ORG}/teams/{ID}", json={}, headers={"If-Match": '"2"'})
    assert service.asked == [("updateTeam", {"orgId": ID, "teamId": ID, "_ifMatch": 2})]
    assert (response.json(), response.headers["etag"]) == ({"id": "t"}, '"3"')
    page = {"organizations": [{"id": "o"}]}
    service.data = {"organization": {"body": page, "etag": 4}}
    response = client.get(ORG, headers={"If-Match": '"1"'})
    assert (response.json(), response.headers["etag"]) == (page, '"4"')


def test_a_delete_with_a_body(client: TestClient, service: Service) -> None:
    response = client.request("DELETE", ORG, content=b"{}")
    assert service.asked == [("deleteOrg", {"orgId": ID})]
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


def test_a_body_nobody_reads_may_be_anything(client: TestClient, service: Service) -> None:
    service.data = {"addUserToTeam": {"body": {"id": "m"}}}
    assert client.post(f"{ORG}/teams/{ID}/users/u", content=b"nonsense").status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/api/identity/orgs/by-domain?domain=d", "getOrgByDomain"),
        ("GET", f"{ORG}/users/keys?page=0&pagesize=10", "getUserKeys"),
        ("GET", "/api/identity/users/profile", "getUser"),
        ("DELETE", f"/api/integrations/connections/meshery/{ID}", "deleteMesheryConnection"),
        ("GET", f"/api/integrations/connections/kubernetes/{ID}/context", "getKubernetesContext"),
        ("GET", f"/api/environments?orgID={ID}&", "getEnvironments"),
        ("POST", f"{ORG}/users/keys", "addUserToOrg"),
        ("DELETE", f"{ORG}/users/keys", "deleteUserFromOrg"),
    ],
)
def test_which_operation_answers(
    client: TestClient, service: Service, method: str, path: str, operation: str
) -> None:
    client.request(method, path)
    assert [name for name, _ in service.asked] == [operation]


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (f"{ORG}/teams/{ID}", "DELETE, GET, POST, PUT"),
        (f"{ORG}/users/keys", "DELETE, GET, POST"),
        (f"{ORG}/users/{ID}", "DELETE, POST"),
    ],
)
def test_other_methods(client: TestClient, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_wrong_body_is_named(client: TestClient, service: Service) -> None:
    response = client.post("/api/environments", json={"name": "n"})
    assert (response.status_code, response.text) == (400, "organization_id: this is required.")
    assert service.asked == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/identity/orgs/x", 404),
        (f"{ORG}/teams/x", 400),
        ("/api/integrations/connections/x", 404),
        (f"/api/environments/{ID}?orgId=x", 400),
    ],
)
def test_a_malformed_id(client: TestClient, service: Service, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert "expected a UUID, found 'x'" in response.text
    assert service.asked == []


def test_who_calls_is_settled_before_what_is_wrong(stranger: TestClient) -> None:
    assert stranger.post("/api/environments", content=b"{").status_code == 401
    assert stranger.get("/api/identity/orgs/x").status_code == 401
    assert stranger.get("/api/identity/orgs/by-domain").status_code == 400


@pytest.mark.parametrize("path", sorted(UPLOAD_PATHS))
async def test_what_may_be_long_is_not_read_for_strangers(graph: GraphQLSchema, path: str) -> None:
    statuses: list[int | None] = []

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        statuses.append(message.get("status"))

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [],
        "query_string": b"",
    }
    strangers = table(graph, Service().execute, admit=nobody)
    assert strangers.find(scope)
    await strangers(scope, receive, send)
    assert statuses[0] == 401


def test_a_problem_raised_by_the_service(client: TestClient, service: Service) -> None:
    service.data = Unavailable("Try again.")
    response = client.get(ORG)
    assert (response.status_code, response.text) == (503, "Try again.")
    assert response.headers["retry-after"] == "1"


def test_every_wrong_operation_is_reported_at_start(graph: GraphQLSchema) -> None:
    bare = GraphQLSchema(query=graph.query_type)
    with pytest.raises(ValueError, match="mutation"):
        table(bare, Service().execute)


def test_every_operation_is_made_ready_with_variables_that_it_takes(graph: GraphQLSchema) -> None:
    made: dict[str, list[Any]] = {}

    def prepare(document: DocumentNode, name: str, variables: dict[str, object]) -> None:
        nodes = document.definitions
        [node] = (each for each in nodes if isinstance(each, OperationDefinitionNode))
        coerced = get_variable_values(graph, node.variable_definitions or (), variables)
        made[name] = coerced if isinstance(coerced, list) else []

    table(graph, Service().execute, prepare=prepare)
    assert made == {endpoint.operation: [] for endpoint in ENDPOINTS}
