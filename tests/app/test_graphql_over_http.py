"""The HTTP side of GraphQL: methods, media types, bodies and status codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from app.errors import Forbidden, Unauthenticated, Unavailable
from app.explorer.serving import Explorer
from app.graphql_over_http import GraphQLOverHTTP
from app.limits import Limits
from app.media_types import GRAPHQL, HTML, JSON, preferred
from app.middleware import Envelope
from app.operations import Operations

CLOSED: list[str] = []


@strawberry.type
class Query:
    @strawberry.field
    def name(self, to: str = "") -> str | None:
        return to

    @strawberry.field
    def hidden(self) -> str | None:
        raise Forbidden("hidden: the key `view` is required.")

    @strawberry.field
    def away(self) -> str:
        raise Unavailable("The database cannot be reached.")

    @strawberry.field
    async def slow(self) -> str | None:
        try:
            await asyncio.sleep(30)
        finally:
            CLOSED.append("slow")
        return None


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self) -> str:
        return "renamed"


SCHEMA = strawberry.Schema(Query, Mutation)._schema
OPERATIONS = Operations(SCHEMA, Limits(body_bytes=1_000))


@asynccontextmanager
async def open_context(request: Request) -> AsyncIterator[object]:
    token = request.headers.get("authorization")
    if token == "bad":
        raise Unauthenticated("The token is not valid.")
    if token == "early":
        raise Unavailable("The database cannot be reached.")
    yield token
    CLOSED.append("context")


ENDPOINT = GraphQLOverHTTP(OPERATIONS, open_context, Explorer())
APP = Starlette(routes=[Route("/graphql", ENDPOINT)])


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(APP, raise_server_exceptions=True) as client:
        yield client


def post(client: TestClient, body: object, **headers: str) -> httpx2.Response:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/graphql", content=text, headers={"content-type": JSON, **named})


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON}", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL}; charset=utf-8, {JSON};q=0.9", GRAPHQL),
        (f"{GRAPHQL}, */*", GRAPHQL),
        (f"*/*, {GRAPHQL};q=0.9", JSON),
        (f"*/*, {JSON};q=0", HTML),
        ("APPLICATION/JSON", JSON),
        (f"{HTML}, */*;q=0.8", HTML),
        (f"{HTML};q=0.5, {JSON}", JSON),
        ("text/plain", None),
        (f"{GRAPHQL};q=0", None),
        (f"{GRAPHQL};q=wrong", None),
        (",;,", None),
    ],
)
def test_the_preferred_media_type(accept: str | None, answered: str | None) -> None:
    assert preferred(accept, (HTML, GRAPHQL, JSON)) == answered


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
def test_a_good_request_is_answered_in_the_preferred_type(client: TestClient, media: str) -> None:
    body = {"query": "query Q($to: String!) { name(to: $to) }", "variables": {"to": "é"}}
    response = post(client, body, accept=media)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.json() == {"data": {"name": "é"}}


# What is sent, the status as JSON, the status as a GraphQL response, the code of the error.
ANSWERS = [
    ("{", 200, 400, "GRAPHQL_PARSE_FAILED"),
    ("{ nope }", 200, 400, "GRAPHQL_VALIDATION_FAILED"),
    ("{ name {} }", 200, 400, "GRAPHQL_VALIDATION_FAILED"),
    ("query ($v: String!) { name(to: $v) }", 200, 400, "BAD_USER_INPUT"),
    (
        "{ a { a { a { a { a { a { a { a { a { a { a } } } } } } } } } } }",
        200,
        400,
        "LIMIT_EXCEEDED",
    ),
    ("{ hidden }", 200, 200, "FORBIDDEN"),
    ("{ away }", 503, 503, "UNAVAILABLE"),
]


@pytest.mark.parametrize(("query", "as_json", "as_graphql", "code"), ANSWERS)
def test_the_status_of_errors_depends_on_the_media_type(
    client: TestClient, query: str, as_json: int, as_graphql: int, code: str
) -> None:
    for media, status in ((JSON, as_json), (GRAPHQL, as_graphql)):
        response = post(client, {"query": query}, accept=media)
        assert response.headers["content-type"] == f"{media}; charset=utf-8"
        assert response.json()["errors"][0]["extensions"]["code"] == code
        assert response.status_code == status


def test_data_is_absent_from_a_request_that_was_not_executed(client: TestClient) -> None:
    assert "data" not in post(client, {"query": "{ nope }"}).json()
    assert post(client, {"query": "{ away }"}).json()["data"] is None
    assert post(client, {"query": "{ away }"}).headers["retry-after"] == "1"
    assert post(client, {"query": "{ hidden }"}).json()["data"] == {"hidden": None}


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "Invalid JSON: Expecting value at character 0."),
        (b'{"query":"{ name }","variables":{"to":"\\u0000"}}', "variables.to: the character NUL"),
        ('{"query":"{ name }","query":"{ hidden }"}', 'Invalid JSON: the key "query" is given'),
        ('{"query":"{ name }","variables":{"a":NaN}}', "variables.a: NaN is not JSON."),
        ([{"query": "{ name }"}], "Batches are not accepted"),
        ("1", "The request is a JSON object."),
        ({}, "query: the text of a GraphQL document is required."),
        ({"query": 1}, "query: the text of a GraphQL document is required."),
        ({"query": "{ name }", "operationName": 1}, "operationName: a text or null"),
        ({"query": "{ name }", "variables": []}, "variables: an object or null is required."),
        ({"query": "{ name }", "extensions": "x"}, "extensions: an object or null is required."),
    ],
)
def test_what_is_no_graphql_request_is_400_in_any_type(
    client: TestClient, body: object, message: str, media: str
) -> None:
    response = post(client, body, accept=media)
    assert response.status_code == 400
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    (error,) = response.json()["errors"]
    assert error["message"].startswith(message)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "multipart/form-data; boundary=x"}, 400),
        ({"content-type": "multipart/form-data"}, 400),
        ({"content-type": ""}, 415),
        ({"content-type": f"{JSON}; charset=latin-1"}, 415),
        ({"content-type": JSON, "content-encoding": "gzip"}, 415),
        ({"content-type": JSON, "accept": "text/plain"}, 406),
        ({"content-type": f'{JSON}; charset="UTF-8"', "content-encoding": "identity"}, 200),
    ],
)
def test_headers_that_are_refused(client: TestClient, headers: dict[str, str], status: int) -> None:
    response = client.post("/graphql", content='{"query":"{ name }"}', headers=headers)
    assert response.status_code == status
    assert ("errors" in response.json()) is (status != 200)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused_with_those_allowed(client: TestClient, method: str) -> None:
    response = client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_a_body_beyond_the_limit_is_413_declared_or_not(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b" " * 600] * 2

    headers = {"content-type": JSON}
    declared = client.post("/graphql", content=b" " * 1_001, headers=headers)
    chunked = client.post("/graphql", content=chunks(), headers=headers)
    fitting = client.post("/graphql", content=b'{"query":"{ name }"}'.ljust(1_000), headers=headers)
    assert [declared.status_code, chunked.status_code, fitting.status_code] == [413, 413, 200]
    assert declared.json()["errors"][0]["message"] == "The body is longer than 1000 bytes."


def get(client: TestClient, accept: str = JSON, **parameters: Any) -> httpx2.Response:
    return client.get("/graphql", params=parameters, headers={"accept": accept})


def test_a_query_can_be_sent_in_the_url(client: TestClient) -> None:
    source = "query A { name } query B($to: String) { name(to: $to) }"
    response = get(client, query=source, operationName="B", variables='{"to":"x"}', extensions="{}")
    assert (response.status_code, response.json()) == (200, {"data": {"name": "x"}})


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
def test_a_mutation_in_the_url_is_not_executed(client: TestClient, media: str) -> None:
    response = get(client, media, query="mutation { rename }")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert "data" not in response.json()


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ["{ name }", "{ name }"]},
        {"query": "{ name }", "variables": "{"},
        {"query": "{ name }", "variables": '{"a":1,"a":2}'},
        {"query": "{ name }", "variables": "[]"},
        {"query": "{ name }", "extensions": "1"},
    ],
)
def test_a_url_that_is_no_graphql_request_is_400(
    client: TestClient, parameters: dict[str, Any]
) -> None:
    assert get(client, **parameters).status_code == 400


def test_a_browser_is_shown_graphiql() -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    with TestClient(APP) as client:
        shown = client.get("/graphql", headers=browser)
        asked = client.get("/graphql", params={"query": "{ name }"}, headers=browser)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "Meshgraph explorer" in shown.text
    assert shown.headers["cache-control"] == "no-cache"
    assert shown.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert asked.json() == {"data": {"name": ""}}


def test_graphiql_can_be_switched_off() -> None:
    closed = Starlette(routes=[Route("/", GraphQLOverHTTP(OPERATIONS, open_context))])
    with TestClient(closed) as client:
        assert client.get("/", headers={"accept": HTML}).status_code == 406
        assert client.get("/", headers={"accept": f"{HTML}, */*;q=0.1"}).status_code == 400


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("bad", 401, "UNAUTHENTICATED"), ("early", 503, "UNAVAILABLE")],
)
def test_a_context_that_cannot_be_opened(
    client: TestClient, media: str, token: str, status: int, code: str
) -> None:
    response = post(client, {"query": "{ name }"}, accept=media, authorization=token)
    assert response.status_code == status
    assert response.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
    assert response.headers.get("retry-after") == ("1" if status == 503 else None)
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": code}


class Compiled:
    """A compiler of one answer, with leaves that only JSON has a form for."""

    def planned(self, *_: Any) -> Any:
        return self

    plan = planned

    async def hand_over(self, *_: object) -> None:
        raise AssertionError

    async def run(self, _context: object) -> dict[str, Any]:
        return {"name": orjson.Fragment('{"as":"it is"}')}


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
def test_a_compiled_answer_is_sent_and_says_so(media: str) -> None:
    operations = Operations(SCHEMA, Limits(), compiler=Compiled())
    endpoint = GraphQLOverHTTP(operations, open_context)
    layers = [Middleware(Envelope)]
    app = Starlette(routes=[Route("/graphql", endpoint)], middleware=layers)
    with TestClient(app) as client:
        response = post(client, {"query": "{ name }"}, accept=media)
    assert (response.status_code, response.text) == (200, '{"data":{"name":{"as":"it is"}}}')
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.headers["x-meshgraph-executor"] == "compiled"


async def test_the_operation_is_cancelled_when_the_client_goes() -> None:
    CLOSED.clear()
    body = b'{"query":"{ slow }"}'
    messages: list[Message] = [
        {"type": "http.request", "body": body, "more_body": False},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"content-type", JSON.encode())],
    }
    async with asyncio.timeout(5):
        await ENDPOINT(scope, receive, send)
    assert CLOSED == ["slow"]
    assert sent == []
