"""The five workloads: what is asked, through which door, and what every right answer looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from graphql import print_ast, separate_operations

from rest_compat.documents import sources
from tests.bench.dataset import (
    ASSIGNED,
    ENVIRONMENTS,
    TEAMS,
    Dataset,
    Kind,
    metadata,
    row_id,
    seats,
)

#: Names of the connections that W5 makes, so that they can be deleted afterwards.
MADE = "bench-made-"

Variables = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One HTTP request; `variables` are what its answer is checked against."""

    method: str
    path: str
    body: str | None
    variables: Variables


@dataclass(frozen=True)
class Rest:
    """The documented endpoint that answers the workload, by the operation it stands for."""

    method: str
    path: str
    operation: str


@dataclass(frozen=True)
class Workload:
    """`check` says what is wrong with the `data` of an answer, by raising AssertionError."""

    name: str
    title: str
    document: str
    variables: Callable[[Dataset], list[Variables]]
    check: Callable[[Any, Variables], None]
    rest: Rest | None = None
    writes: bool = False


def _environments(dataset: Dataset) -> list[Variables]:
    return [
        {
            "id": str(row_id(Kind.ENVIRONMENT, organization * ENVIRONMENTS + number)),
            "organization": str(row_id(Kind.ORGANIZATION, organization)),
        }
        for number in range(ENVIRONMENTS)
        for organization in dataset.viewer_organizations()
    ]


def _organizations(dataset: Dataset) -> list[Variables]:
    return [
        {"organization": str(row_id(Kind.ORGANIZATION, number)), "number": number}
        for number in dataset.viewer_organizations()
    ]


def _inputs(_: Dataset) -> list[Variables]:
    return [
        {
            "input": {
                "name": f"{MADE}{number}",
                "kind": "kubernetes",
                "type": "platform",
                "subType": "orchestrator",
                "status": "DISCOVERED",
                "metadata": json.loads(metadata(number)),
            }
        }
        for number in range(100)
    ]


def _one_environment(data: Any, variables: Variables) -> None:
    found = data["environment"]
    assert found["id"] == variables["id"]
    assert found["organizationId"] == variables["organization"]


def _page_of_connections(data: Any, variables: Variables) -> None:
    found = data["environment"]
    assert found["id"] == variables["id"]
    assert found["connections"]["totalCount"] == ASSIGNED
    assert len(found["connections"]["items"]) == 25


def _teams_with_users(data: Any, variables: Variables) -> None:
    found = data["organization"]
    assert found["id"] == variables["organization"]
    sizes = sorted(len(team["users"]["items"]) for team in found["teams"]["items"])
    assert sizes == sorted(seats(variables["number"], team) for team in range(TEAMS))


def _environments_with_connections(data: Any, variables: Variables) -> None:
    found = data["environments"]["items"]
    assert len(found) == ENVIRONMENTS
    assert len({each["id"] for each in found}) == ENVIRONMENTS, variables
    for each in found:
        assert len(each["connections"]["items"]) == ASSIGNED
        for connection in each["connections"]["items"]:
            assert len(connection) == 12
            assert len(connection["metadata"]) == 8


def _created(data: Any, variables: Variables) -> None:
    found, given = data["createConnection"]["connection"], variables["input"]
    for name in ("name", "kind", "type", "subType", "status", "metadata"):
        assert found[name] == given[name]


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        "W1",
        "one environment by id",
        """query W1($id: ID!) {
  environment(id: $id) {
    id name description organizationId ownerId metadata createdAt updatedAt
  }
}""",
        _environments,
        _one_environment,
        Rest("GET", "/api/environments/{id}?orgId={organization}", "getEnvironmentById"),
    ),
    Workload(
        "W2",
        "25 connections of an environment + total",
        """query W2($id: ID!) {
  environment(id: $id) {
    id name
    connections(pageSize: 25) {
      totalCount
      items { id name kind type subType status createdAt updatedAt }
    }
  }
}""",
        _environments,
        _page_of_connections,
        Rest(
            "GET",
            "/api/environments/{id}/connections?page=0&pagesize=25",
            "getEnvironmentConnections",
        ),
    ),
    Workload(
        "W3",
        "20 teams × ~25 users",
        """query W3($organization: ID!) {
  organization(id: $organization) {
    id name
    teams(pageSize: 20) {
      items {
        id name description
        users(pageSize: 50) { items { id username email firstName lastName } }
      }
    }
  }
}""",
        _organizations,
        _teams_with_users,
    ),
    Workload(
        "W4",
        "5 environments × 40 connections × 12 fields",
        """query W4($organization: ID!) {
  environments(organizationId: $organization, pageSize: 5) {
    items {
      id name
      connections(pageSize: 40) {
        items {
          id name kind type subType status metadata
          credentialId ownerId createdAt updatedAt deletedAt
        }
      }
    }
  }
}""",
        _organizations,
        _environments_with_connections,
    ),
    Workload(
        "W5",
        "create a connection",
        """mutation W5($input: CreateConnectionInput!) {
  createConnection(input: $input) {
    connection { id name kind type subType status metadata ownerId createdAt updatedAt }
  }
}""",
        _inputs,
        _created,
        Rest("POST", "/api/integrations/connections", "registerConnection"),
        writes=True,
    ),
)


def graphql_requests(workload: Workload, dataset: Dataset) -> list[Request]:
    """The workload's own operation, posted to /graphql."""
    return _posted(workload.document, None, workload.variables(dataset), _declared(workload))


def interpreted_requests(workload: Workload, dataset: Dataset) -> list[Request]:
    """The same with a field that no plan answers, so that the interpreter answers all of it."""
    document = workload.document.rstrip().removesuffix("}") + " nodes(ids: []) { id } }"
    return _posted(document, None, workload.variables(dataset), _declared(workload))


def endpoint_requests(workload: Workload, dataset: Dataset) -> list[Request]:
    """The same to a server with one endpoint for each workload, which knows what is wanted."""
    if workload.writes:
        return [
            Request("POST", f"/{workload.name}", json.dumps(given["input"]), given)
            for given in workload.variables(dataset)
        ]
    return [
        Request("GET", f"/{workload.name}/{given.get('id', given['organization'])}", None, given)
        for given in workload.variables(dataset)
    ]


def rest_requests(workload: Workload, dataset: Dataset) -> list[Request]:
    """The documented endpoint; it answers more fields than the workload's own operation."""
    assert workload.rest is not None
    return [
        Request(
            workload.rest.method,
            workload.rest.path.format(**{name: quote(str(each)) for name, each in given.items()}),
            json.dumps(_wire(given)) if workload.writes else None,
            given,
        )
        for given in workload.variables(dataset)
    ]


def twin_requests(workload: Workload, dataset: Dataset) -> list[Request]:
    """The operation of the documented endpoint, posted to /graphql: what REST compares with."""
    assert workload.rest is not None
    name = workload.rest.operation
    document = print_ast(separate_operations(sources())[name])
    return _posted(document, name, workload.variables(dataset), _TWINS[name])


#: The variables of the endpoints' operations, from those of the workloads.
_TWINS: dict[str, Callable[[Variables], Variables]] = {
    "getEnvironmentById": lambda given: {
        "environmentId": given["id"],
        "orgId": given["organization"],
    },
    "getEnvironmentConnections": lambda given: {
        "environmentId": given["id"],
        "page": 0,
        "pagesize": 25,
    },
    "registerConnection": lambda given: given["input"],
}


def _wire(given: Variables) -> Variables:
    return {**given["input"], "status": given["input"]["status"].lower()}


def _declared(workload: Workload) -> Callable[[Variables], Variables]:
    """The variables that the operation declares: GraphQL refuses none, but need not read more."""
    names = set(re.findall(r"\$(\w+):", workload.document))
    return lambda given: {name: value for name, value in given.items() if name in names}


def _posted(
    document: str,
    name: str | None,
    all_given: Sequence[Variables],
    chosen: Callable[[Variables], Variables],
) -> list[Request]:
    return [
        Request(
            "POST",
            "/graphql",
            json.dumps({"query": document, "operationName": name, "variables": chosen(given)}),
            given,
        )
        for given in all_given
    ]


def normal(value: Any, *, made: bool = False) -> Any:
    """An answer in the one form in which those of all servers are equal.

    Times are moments, however they are spelled. Of a row just made (`made`) the id and the
    times differ each time.
    """
    if isinstance(value, dict):
        drop = {"id", "createdAt", "updatedAt"} if made else set()
        return {name: normal(each, made=made) for name, each in value.items() if name not in drop}
    if isinstance(value, list):
        return [normal(each, made=made) for each in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", value):
        return datetime.fromisoformat(value).timestamp()
    return value
