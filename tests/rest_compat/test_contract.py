"""The published OpenAPI document says what the contract says: no more, no less."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLSchema

from rest_compat import openapi
from rest_compat.endpoints import ENDPOINTS, Endpoint

Json = dict[str, Any]

#: Documented as required, and left open because every client sends only what it changes.
PARTIAL = {"updateConnection"}
#: Documented without a body of 400 and 500; who brings something in is told why it stays out.
TOLD = {"registerMeshmodels", "importDesign", "postEvaluate"}
#: Documents that are described elsewhere, and that refer to themselves.
DESIGN = {"postEvaluate": "design"}
#: An object that the contract leaves free, whose members are those of an event.
FREE_BODY = {"postEvents"}
#: Documented with 401 but without saying that a token is needed.
UNSAID = {"Events"}
#: What is answered when it is asked for, by an option that is documented.
OPTIONAL = {"postEvaluate": {"trace"}}
#: Objects that the contract leaves free, and the operations that have something to say there.
FREE = {
    "addUserToOrg": "",
    "listUsersNotInTeam": "data[]",
    "getEnvironmentConnections": "connections[]",
}

#: Headers that are not documented, and statuses that only those get who send them.
ADDED_HEADERS = {"If-Match", "Idempotency-Key"}
ADDED_STATUSES = {"412", "422"}

each_row = pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)


@pytest.fixture(scope="module")
def published(graph: GraphQLSchema) -> Json:
    return openapi(graph)


def _find(document: Json, row: Endpoint) -> Json:
    found: Json = document["paths"][row.path][row.method.lower()]
    return found


def _resolve(document: Json, schema: Json) -> Json:
    while "$ref" in schema or "allOf" in schema:
        if "allOf" in schema:
            (schema,) = schema["allOf"]
            continue
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _leaves(
    document: Json, schema: Json, path: str = "", *, closed: str | None = None
) -> Iterator[tuple[str, str, bool]]:
    """(path, type, required) of every property, however deep, but within what is `closed`.

    One that is required is a property, also where nothing is said of it.
    """
    schema = _resolve(document, schema)
    if path and path == closed:
        return
    for option in schema.get("oneOf", ()):
        yield from _leaves(document, option, path, closed=closed)
    for name, given in schema.get("properties", {}).items():
        inner = _resolve(document, given)
        here = f"{path}.{name}".lstrip(".")
        yield here, _kind(inner), name in schema.get("required", ())
        yield from _leaves(document, inner, here, closed=closed)
    for name in set(schema.get("required", ())) - schema.get("properties", {}).keys():
        yield f"{path}.{name}".lstrip("."), "unsaid", True
    if schema.get("type") == "array":
        yield from _leaves(document, schema["items"], f"{path}[]", closed=closed)


def _kind(schema: Json) -> str:
    return f"{schema.get('type', 'string')}:{schema.get('format', '')}".removesuffix(":")


def _body(document: Json, operation: Json) -> list[tuple[str, str, bool]]:
    content = operation.get("requestBody", {}).get("content", {})
    closed = DESIGN.get(operation["operationId"])
    if operation["operationId"] in FREE_BODY:
        return []
    return [
        leaf
        for media in content.values()
        for leaf in _leaves(document, media["schema"], closed=closed)
    ]


def _response(document: Json, row: Endpoint) -> list[tuple[str, str, bool]]:
    content = _find(document, row)["responses"][str(row.status)].get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    leaves = _leaves(document, schema, closed=DESIGN.get(row.operation))
    free, optional = FREE.get(row.operation), OPTIONAL.get(row.operation, ())
    return [
        leaf
        for leaf in leaves
        if leaf[0] not in optional and (free is None or not leaf[0].startswith(free))
    ]


def test_the_rows_are_the_documented_endpoints(contract: Json) -> None:
    tags = {row.tag for row in ENDPOINTS}
    documented = {
        (method.upper(), path, operation["operationId"], operation["tags"][0])
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
        if operation["tags"][0] in tags
    }
    assert {(row.method, row.path, row.operation, row.tag) for row in ENDPOINTS} == documented


@each_row
def test_parameters(row: Endpoint, published: Json, contract: Json) -> None:
    def named(document: Json) -> set[tuple[str, str, bool]]:
        given = _find(document, row).get("parameters", [])
        return {(each["name"], each["in"], each.get("required", False)) for each in given}

    added = named(published) - named(contract)
    assert added <= {(name, "header", False) for name in ADDED_HEADERS}
    assert named(published) - added == named(contract)
    assert bool(added) == (row.method != "GET")


@each_row
def test_body_fields(row: Endpoint, published: Json, contract: Json) -> None:
    ours, theirs = (
        {(path, required and row.operation not in PARTIAL) for path, _, required in fields}
        for fields in (_body(each, _find(each, row)) for each in (published, contract))
    )
    assert ours == theirs


@each_row
def test_media_types_of_bodies(row: Endpoint, published: Json, contract: Json) -> None:
    ours, theirs = (
        sorted(_find(each, row).get("requestBody", {}).get("content", {}))
        for each in (published, contract)
    )
    assert ours == theirs


@each_row
def test_statuses_and_their_content(row: Endpoint, published: Json, contract: Json) -> None:
    def told(document: Json) -> dict[str, list[str]]:
        responses = _find(document, row)["responses"]
        return {
            status: sorted(_resolve(document, each).get("content", {}))
            for status, each in responses.items()
        }

    theirs = told(contract)
    if row.operation in TOLD:
        theirs |= {"400": ["text/plain"], "500": ["text/plain"]}
    ours = told(published)
    added = {status: ours.pop(status) for status in ADDED_STATUSES & ours.keys()}
    assert all(content == ["text/plain"] for content in added.values())
    assert bool(added) == (row.method != "GET")
    assert ours == theirs


@each_row
def test_response_fields(row: Endpoint, published: Json, contract: Json) -> None:
    ours, theirs = _response(published, row), _response(contract, row)
    assert {path for path, _, _ in ours} == {path for path, _, _ in theirs}


@each_row
def test_response_types(row: Endpoint, published: Json, contract: Json) -> None:
    """Where the contract has the same field twice with two types, either will do."""
    theirs = {(path, kind) for path, kind, _ in _response(contract, row)}
    loose = {(path, kind.partition(":")[0]) for path, kind in theirs}
    ours = {(path, kind) for path, kind, _ in _response(published, row)}
    odd = {each for each in ours - theirs if (each[0], each[1].partition(":")[0]) not in loose}
    assert not odd


@each_row
def test_what_is_documented_as_required_is_always_there(
    row: Endpoint, published: Json, contract: Json
) -> None:
    theirs = {path for path, _, required in _response(contract, row) if required}
    ours = {path for path, _, required in _response(published, row) if required}
    assert theirs <= ours


@each_row
def test_who_needs_a_token(row: Endpoint, published: Json, contract: Json) -> None:
    needed = bool(_find(contract, row).get("security")) or row.tag in UNSAID
    assert bool(_find(published, row)["security"]) == needed


def test_where_answers_do_not_name_their_operations_nothing_says_so(graph: GraphQLSchema) -> None:
    assert not re.search("rest-map|X-GraphQL-Operation|'Link'", str(openapi(graph, named=False)))
    assert "rest-map" in str(openapi(graph))
