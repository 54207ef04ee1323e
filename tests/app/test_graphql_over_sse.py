"""Server-sent events: when an answer is a stream of them, what is in it, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.types import Message, Scope

from app import stopping
from app.limits import Limits
from app.media_types import EVENT_STREAM, GRAPHQL, JSON
from app.service import Service
from tests.counting import SEEN, eventually, service

COUNT = "subscription ($to: Int $ends: String) { count(to: $to ends: $ends) { value } }"
NEVER = {"query": 'subscription { count(to: 0 ends: "never") { value } }'}
URQL = f"{GRAPHQL}, application/graphql+json, {JSON}, {EVENT_STREAM}, multipart/mixed"


@dataclass
class Response:
    """What a client receives of one response. With `reading` unset, it takes nothing more."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    over: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> None:
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]
            self.over = not message.get("more_body", False)

    async def receives(self, text: bytes) -> None:
        await eventually(lambda: text in self.body)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Each event by its fields; comments are none."""
        blocks = [block.splitlines() for block in self.body.decode().split("\n\n")]
        found = [dict(line.split(":", 1) for line in lines) for lines in blocks if lines]
        return [
            {name: value.strip() for name, value in each.items()}
            for each in found
            if "" not in each
        ]


def scope_of(method: str, headers: Mapping[str, str], query: str = "") -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


@asynccontextmanager
async def asked(
    body: Mapping[str, Any] | bytes,
    *,
    method: str = "POST",
    to: Service | None = None,
    limits: Limits | None = None,
    **headers: str,
) -> AsyncIterator[Response]:
    """The response of a request that goes on within the block; the client leaves at its end."""
    named = {"accept": EVENT_STREAM, "content-type": JSON, "authorization": "Bearer ann"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    query = ""
    if method == "GET" and not isinstance(body, bytes):
        plain = {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
        query, text = urlencode(plain), b""
    response = Response()
    response.reading.set()
    messages = [{"type": "http.request", "body": text, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await response.gone.wait()
        return {"type": "http.disconnect"}

    before = asyncio.all_tasks()
    application = to or service(limits)
    task = asyncio.create_task(application(scope_of(method, named, query), receive, response.send))
    yield response
    response.gone.set()
    async with asyncio.timeout(5):
        await task
    if to is None:
        assert asyncio.all_tasks() == before
        assert (SEEN.open_sources, SEEN.open_contexts) == (0, 0)


async def answered(body: Mapping[str, Any] | bytes, **options: Any) -> Response:
    """The response of a request that ends by itself."""
    async with asked(body, **options) as response:
        await eventually(lambda: response.over)
    return response


def following(data: Any, id_: str | None = None) -> dict[str, Any]:
    event = {"event": "next", "data": json.dumps({"data": data}, separators=(",", ":"))}
    return event if id_ is None else {**event, "id": id_}


COMPLETE = {"event": "complete", "data": ""}
ONE, TWO = ({"count": {"value": each}} for each in (1, 2))

# The method, what is asked, and the events of the answer.
STREAMS = [
    ("POST", {"query": "{ name }"}, [following({"name": ""}), COMPLETE]),
    ("GET", {"query": "{ name }"}, [following({"name": ""}), COMPLETE]),
    ("POST", {"query": "mutation { rename }"}, [following({"rename": "renamed"}), COMPLETE]),
    (
        "POST",
        {"query": COUNT, "variables": {"to": 2}},
        [following(ONE, "1"), following(TWO, "2"), COMPLETE],
    ),
    ("GET", {"query": COUNT, "variables": {"to": 1}}, [following(ONE, "1"), COMPLETE]),
    (
        "POST",
        {"query": "subscription { texts(length: 1 count: 1) }"},
        [following({"texts": "x"}), COMPLETE],
    ),
]


@pytest.mark.parametrize(("method", "body", "events"), STREAMS)
async def test_the_events_of_an_operation(method: str, body: Any, events: list[Any]) -> None:
    response = await answered(body, method=method)
    assert (response.status, response.events) == (200, events)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.body.startswith(b":\n\n")  # so that the headers are sent at once


# What is asked, and the code in the last event before `complete`.
FAILING = [
    ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
    ({"query": "{ hidden }"}, "FORBIDDEN"),
    ({"query": "subscription { refused }"}, "FORBIDDEN"),
    ({"query": COUNT, "variables": {"to": "x"}}, "BAD_USER_INPUT"),
    ({"query": COUNT, "variables": {"to": 1, "ends": "expired"}}, "UNAUTHENTICATED"),
    ({"query": COUNT, "variables": {"to": 1, "ends": "left"}}, "FORBIDDEN"),
    ({"query": COUNT, "variables": {"to": 1, "ends": "lagging"}}, "LAGGING"),
    ({"query": COUNT, "variables": {"to": 1, "ends": "bug"}}, "INTERNAL_SERVER_ERROR"),
]


@pytest.mark.parametrize(("body", "code"), FAILING)
async def test_errors_are_told_in_the_stream(body: Any, code: str) -> None:
    response = await answered(body)
    *_, failed, last = response.events
    assert (response.status, last) == (200, COMPLETE)
    assert json.loads(failed["data"])["errors"][0]["extensions"]["code"] == code


# What is sent, the headers, and the status of an answer that is JSON, not a stream.
PLAIN: list[tuple[str, Any, dict[str, str], int]] = [
    ("POST", {"query": COUNT}, {"accept": JSON}, 406),
    ("POST", {"query": COUNT}, {"accept": GRAPHQL}, 406),
    ("POST", {"query": COUNT}, {"accept": "*/*"}, 406),
    ("POST", {"query": COUNT}, {"accept": URQL}, 406),
    ("GET", {"query": COUNT}, {"accept": JSON}, 406),
    ("POST", {"query": COUNT}, {"accept": f"{EVENT_STREAM}, {JSON}"}, 406),
    ("POST", {"query": "{ name }"}, {"accept": URQL}, 200),
    ("POST", {"query": "{ name }"}, {"accept": f"{EVENT_STREAM};q=0.9, {JSON}"}, 200),
    ("GET", {"query": "{ name }"}, {"accept": f"{EVENT_STREAM};q=0, */*"}, 200),
    ("POST", b"{", {}, 400),
    ("POST", {"query": 1}, {}, 400),
    ("POST", [], {}, 400),
    ("PUT", {"query": "{ name }"}, {}, 405),
    ("POST", {"query": "{ name }"}, {"content_type": "text/plain"}, 415),
    ("POST", {"query": "{ name }" + " " * 300_000}, {}, 413),
    ("POST", {"query": "{ name }"}, {"authorization": "Bearer expired"}, 401),
    ("POST", {"query": "{ name }"}, {"authorization": "Bearer away"}, 503),
]


@pytest.mark.parametrize(("method", "body", "headers", "status"), PLAIN)
async def test_what_is_no_stream(
    method: str, body: Any, headers: dict[str, str], status: int
) -> None:
    response = await answered(body, method=method, **headers)
    assert response.status == status
    assert "json" in response.headers["content-type"]
    answer = json.loads(response.body)
    assert ("errors" in answer) == (status != 200)


@pytest.mark.parametrize(
    "accept", [EVENT_STREAM, f"{EVENT_STREAM}, */*", f"{EVENT_STREAM}, {JSON};q=0.9"]
)
async def test_event_streams_that_rank_above_json(accept: str) -> None:
    response = await answered({"query": "{ name }"}, accept=accept)
    assert response.events == [following({"name": ""}), COMPLETE]


async def test_a_mutation_is_not_sent_by_get() -> None:
    response = await answered({"query": "mutation { rename }"}, method="GET")
    error = json.loads(response.events[0]["data"])
    assert "errors" in error
    assert "data" not in error


@pytest.mark.parametrize(
    ("header", "after", "first"),
    [(None, None, 1), ("2", None, 3), ("2", "5", 6), ("", None, 1)],
)
async def test_a_stream_goes_on_after_the_last_event_id(
    header: str | None, after: str | None, first: int
) -> None:
    body = {
        "query": "subscription ($after: String) { count(to: 7 after: $after) { value } }",
        "variables": {"after": after},
    }
    headers = {} if header is None else {"last_event_id": header}
    response = await answered(body, **headers)
    ids = [event.get("id") for event in response.events[:-1]]
    assert ids == [str(each) for each in range(first, 8)]


async def test_comments_keep_a_stream_alive_and_its_end_frees_it() -> None:
    async with asked(NEVER, limits=Limits(comment_seconds=0.05)) as response:
        await response.receives(b":\n\n:\n\n:\n\n")
        assert (SEEN.open_sources, SEEN.open_contexts) == (1, 1)
    assert not response.over


async def test_a_client_that_does_not_read_is_left() -> None:
    limits = Limits(send_seconds=0.05, comment_seconds=0.05)
    async with asked(NEVER, limits=limits) as response:
        await response.receives(b":\n\n")
        response.reading.clear()
        await eventually(lambda: SEEN.open_contexts == 0)


async def test_a_stream_ends_without_completing_when_the_process_does() -> None:
    async with asked(NEVER) as response:
        await response.receives(b":\n\n")
        stopping._tell()
        await eventually(lambda: response.over)
    assert response.events == []


async def test_streams_are_subscriptions_of_their_user() -> None:
    to = service(Limits(subscriptions_per_user=2))
    async with asked(NEVER, to=to) as first, asked(NEVER, to=to) as second:
        await first.receives(b":\n\n")
        await second.receives(b":\n\n")
        refused = await answered({"query": COUNT}, to=to)
        other = await answered({"query": COUNT}, to=to, authorization="Bearer bob")
    error = json.loads(refused.events[0]["data"])["errors"][0]
    assert list(error["extensions"]["limits"]) == ["subscriptions_per_user"]
    assert len(other.events) == 4
    assert (SEEN.open_sources, SEEN.open_contexts) == (0, 0)
