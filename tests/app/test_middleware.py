"""What every response has and every request leaves in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import LogCapture

from app.logs import REQUESTS
from app.middleware import BodyLimit, Envelope

SECRET = "hunter2"


async def fine(_: Request) -> Response:
    structlog.get_logger().info("inside")
    return PlainTextResponse("fine", headers={"Cache-Control": "max-age=5"})


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def bug(_: Request) -> Response:
    raise RuntimeError(f"it broke\n{SECRET}")


async def late_bug(_: Request) -> Response:
    def body() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError("it broke")

    return StreamingResponse(body())


LAYERS = [Middleware(Envelope), Middleware(BodyLimit, limit=10)]
APP = Starlette(
    routes=[
        Route("/fine", fine),
        Route("/echo", echo, methods=["POST"]),
        Route("/bug", bug),
        Route("/late-bug", late_bug),
    ],
    middleware=LAYERS,
)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.reset_defaults()


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(APP) as client:
        yield client


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-DEF_1.2", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("a\tb", False),
        ("a/b", False),
    ],
)
def test_a_request_id_is_kept_when_it_is_fit_to_be_logged(
    client: TestClient, given: str, kept: bool
) -> None:
    answered = client.get("/fine", headers={"X-Request-Id": given}).headers["x-request-id"]
    assert answered == given if kept else re.fullmatch("[0-9a-f]{32}", answered)


def test_ids_that_are_made_differ(client: TestClient) -> None:
    ids = {client.get("/fine").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_every_line_of_a_request_has_its_id(client: TestClient, logs: list[Any]) -> None:
    client.get("/fine?token=hunter2", headers={"X-Request-Id": "one"})
    client.get("/absent", headers={"X-Request-Id": "two"})
    assert [(line["event"], line["request_id"]) for line in logs] == [
        ("inside", "one"),
        ("request", "one"),
        ("request", "two"),
    ]
    assert SECRET not in str(logs)


async def test_one_line_tells_of_a_request(logs: list[Any]) -> None:
    ticks = count()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("", 204)(scope, receive, send)

    async def send(_: Message) -> None: ...

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/p" * 500, "headers": []}
    await Envelope(app, clock=lambda: next(ticks) / 1000)(scope, receive, send)
    (line,) = logs
    assert re.fullmatch("[0-9a-f]{32}", line.pop("request_id"))
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/p" * 100,
        "status": 204,
        "ms": 1.0,
    }


async def test_a_request_that_need_not_be_told_of_leaves_no_line(logs: list[Any]) -> None:
    quiet = Starlette(
        routes=[Route("/bug", bug)], middleware=[Middleware(Envelope, telling=REQUESTS["none"])]
    )
    with TestClient(quiet) as client:
        client.get("/absent")
        client.get("/bug")
    assert [line["event"] for line in logs] == ["request_failed"]


@pytest.mark.parametrize("path", ["/fine", "/absent", "/bug"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers.get("x-content-type-options") == "nosniff"
    assert headers["cache-control"] == ("max-age=5" if path == "/fine" else "no-store")
    assert "x-request-id" in headers


def test_a_bug_is_a_500_that_tells_nothing(client: TestClient, logs: list[Any]) -> None:
    response = client.get("/bug")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    failed, told = logs
    assert (failed["event"], failed["error"]) == ("request_failed", "RuntimeError")
    assert failed["message"] == "it broke"
    assert told["status"] == 500
    assert SECRET not in str(logs)


def test_what_is_answered_here_has_the_headers_of_the_address(logs: list[Any]) -> None:
    def naming(scope: Scope) -> list[tuple[bytes, bytes]]:
        return [(b"x-name", scope["path"].encode())]

    named = Starlette(
        routes=APP.routes,
        middleware=[
            Middleware(Envelope, naming=naming),
            Middleware(BodyLimit, limit=10, naming=naming),
        ],
    )
    with TestClient(named) as client:
        assert client.get("/bug").headers["x-name"] == "/bug"
        assert client.post("/echo", content=b"far too much").headers["x-name"] == "/echo"
        assert "x-name" not in client.get("/fine").headers
    assert logs


def test_a_bug_after_the_response_began_is_logged(client: TestClient, logs: list[Any]) -> None:
    response = client.get("/late-bug")
    assert (response.status_code, response.text) == (200, "begun")
    assert [line["event"] for line in logs] == ["request_failed", "request"]


def test_a_body_beyond_the_limit_is_413_declared_or_not(client: TestClient) -> None:
    def chunks(size: int) -> Iterator[bytes]:
        yield from [b"x"] * size

    assert client.post("/echo", content=b"x" * 10).text == "10"
    assert client.post("/echo", content=chunks(10)).text == "10"
    for body in (b"x" * 11, chunks(11)):
        response = client.post("/echo", content=body)
        assert response.status_code == 413
        assert response.headers["connection"] == "close"


async def test_other_protocols_pass_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(_: Message) -> None: ...

    wrapped: Any = app
    for layer in reversed(LAYERS):
        wrapped = layer.cls(wrapped, *layer.args, **layer.kwargs)
    await wrapped({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]
