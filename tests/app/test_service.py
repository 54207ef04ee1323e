"""One path leads to its endpoint at once, in the same layers as all others."""

from __future__ import annotations

import pytest
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from app.middleware import BodyLimit, Envelope
from app.service import Service


async def direct(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes, direct")(scope, receive, send)


async def routed(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes, routed")


SERVICE = Service(
    "/direct",
    direct,
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
    ],
)
def test_which_way_a_request_goes(path: str, body: str, status: int, text: str) -> None:
    with TestClient(SERVICE) as client:
        response = client.post(path, content=body)
    assert (response.status_code, response.text) == (status, text)
    assert response.headers["x-content-type-options"] == "nosniff"
