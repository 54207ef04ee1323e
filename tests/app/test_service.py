"""Some requests go to their endpoint at once, in the same layers as all others."""

from __future__ import annotations

import pytest
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from app.middleware import BodyLimit, Envelope
from app.service import Service, at


async def direct(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes, direct")(scope, receive, send)


async def routed(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes, routed")


def patterned(scope: Scope) -> bool:
    scope["name"] = scope["path"].removeprefix("/hello/")
    return bool(scope["path"] != scope["name"])


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    await PlainTextResponse(f"hello, {scope['name']}")(scope, receive, send)


SERVICE = Service(
    [(at("/direct"), direct), (patterned, BodyLimit(hello, 2, {"/hello/you": 3}))],
    layers=[Middleware(Envelope)],
    middleware=[Middleware(BodyLimit, limit=3)],
    routes=[Route("/routed", routed, methods=["POST"])],
)


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/direct", "abc", 200, "3 bytes, direct"),
        ("/direct", "abcd", 200, "4 bytes, direct"),
        ("/routed", "abc", 200, "3 bytes, routed"),
        ("/routed", "abcd", 413, "The body is longer than 3 bytes."),
        ("/direct/", "", 404, "Not Found"),
        ("/hello/me", "ab", 200, "hello, me"),
        ("/hello/me", "abc", 413, "The body is longer than 2 bytes."),
        ("/hello/you", "abc", 200, "hello, you"),
    ],
)
def test_which_way_a_request_goes(path: str, body: str, status: int, text: str) -> None:
    with TestClient(SERVICE) as client:
        response = client.post(path, content=body)
    assert (response.status_code, response.text) == (status, text)
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_body_whose_length_is_not_declared_is_counted() -> None:
    with TestClient(SERVICE) as client:
        response = client.post("/hello/me", content=iter([b"a", b"b", b"c"]))
    assert (response.status_code, response.text) == (413, "The body is longer than 2 bytes.")
    assert response.headers["connection"] == "close"
