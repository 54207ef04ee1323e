"""The subprotocol graphql-transport-ws: what is said on a socket, and why one is closed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Scope

from app.graphql_over_websocket import PROTOCOL
from app.limits import Limits
from app.service import Service
from tests.counting import SEEN, eventually, service

INIT = {"type": "connection_init", "payload": {"Authorization": "Bearer ann"}}
ACK = {"type": "connection_ack"}
FOREIGN = (b"origin", b"https://evil.example")
COOKIE = (b"cookie", b"token=ann")
HOST = (b"host", b"mesh.example.org")


@dataclass
class Client:
    """The other side of a socket, as a server passes it on. With `reading` unset, it does not."""

    to_service: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    to_client: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, *messages: Any) -> None:
        for each in messages:
            text = each if isinstance(each, str) else json.dumps(each)
            self.to_service.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        self.to_service.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def hear(self) -> Any:
        """The next message, or the code the socket is closed with."""
        async with asyncio.timeout(5):
            event = await self.to_client.get()
        if event["type"] == "websocket.close":
            assert len(event["reason"].encode()) <= 123
            return event["code"]
        return json.loads(event["text"])

    async def hear_until(self, *types: str) -> list[Any]:
        """The messages up to the first of one of the types, or the close."""
        heard = [await self.hear()]
        while isinstance(heard[-1], dict) and heard[-1]["type"] not in types:
            heard.append(await self.hear())
        return heard

    async def send(self, event: Message) -> None:
        await self.reading.wait()
        self.to_client.put_nowait(event)


@asynccontextmanager
async def connected(
    limits: Limits | None = None,
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    subprotocols: Sequence[str] = (PROTOCOL,),
    to: Service | None = None,
) -> AsyncIterator[Client]:
    """A client whose socket was accepted. Nothing of it may be left when the block ends.

    Of several at the same service, `to`, that is for the test to see.
    """
    before = asyncio.all_tasks()
    client = Client()
    client.reading.set()
    scope: Scope = {
        "type": "websocket",
        "path": "/graphql",
        "headers": [HOST, *headers],
        "subprotocols": list(subprotocols),
    }
    client.to_service.put_nowait({"type": "websocket.connect"})
    application = to or service(limits)
    task = asyncio.create_task(application(scope, client.to_service.get, client.send))
    accepted = await client.to_client.get()
    assert accepted["type"] == "websocket.accept"
    assert accepted.get("subprotocol") == (PROTOCOL if PROTOCOL in subprotocols else None)
    yield client
    client.leave()
    async with asyncio.timeout(5):
        await task
    if to is None:
        assert asyncio.all_tasks() == before
        assert (SEEN.open_sources, SEEN.open_contexts) == (0, 0)


@asynccontextmanager
async def acknowledged(
    limits: Limits | None = None, init: Any = INIT, to: Service | None = None
) -> AsyncIterator[Client]:
    async with connected(limits, to=to) as client:
        client.say(init)
        assert await client.hear() == ACK
        yield client


def subscribe(query: str, id_: Any = "1", **variables: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": id_, "payload": {"query": query, "variables": variables}}


def following(data: Any, id_: str = "1") -> dict[str, Any]:
    return {"type": "next", "id": id_, "payload": {"data": data}}


def complete(id_: str = "1") -> dict[str, Any]:
    return {"type": "complete", "id": id_}


COUNT = "subscription ($to: Int! $ends: String) { count(to: $to ends: $ends) { value } }"
NEVER = 'subscription { count(to: 0 ends: "never") { value } }'

# What is asked, and all that is answered.
ANSWERED = [
    (subscribe('{ name(to: "é") }'), [following({"name": "é"}), complete()]),
    (subscribe("mutation { rename }"), [following({"rename": "renamed"}), complete()]),
    (
        subscribe(COUNT, to=2),
        [*(following({"count": {"value": each}}) for each in (1, 2)), complete()],
    ),
]


@pytest.mark.parametrize(("asked", "answered"), ANSWERED)
async def test_operations_of_every_kind(asked: Any, answered: list[Any]) -> None:
    async with acknowledged() as client:
        client.say(asked)
        assert [await client.hear() for _ in answered] == answered


async def test_an_error_in_an_event_is_that_of_the_event_alone() -> None:
    async with acknowledged() as client:
        client.say(subscribe("subscription { count(to: 2) { half } }"))
        first, second, last = [await client.hear() for _ in range(3)]
    assert first["payload"]["data"] == {"count": {"half": None}}
    assert first["payload"]["errors"][0]["message"] == "Internal error"
    assert first["payload"]["errors"][0]["extensions"]["requestId"]
    assert (second, last) == (following({"count": {"half": 1}}), complete())


async def test_what_was_read_is_given_back_after_each_event() -> None:
    async with acknowledged() as client:
        client.say(subscribe(COUNT, to=3))
        await client.hear_until("complete")
        assert SEEN.contexts[-1].given_back == 4  # and once when the source was there


# What is asked, and the code of the error with which it is over, while the connection goes on.
REFUSED = [
    ("{", "GRAPHQL_PARSE_FAILED"),
    ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { count { value } texts(length: 1 count: 1) }", "GRAPHQL_VALIDATION_FAILED"),
    ("query ($v: String!) { name(to: $v) }", "BAD_USER_INPUT"),
    ("subscription ($v: Int!) { count(to: $v) { value } }", "BAD_USER_INPUT"),
    ("{ a { a { a { a { a { a { a { a { a { a { a } } } } } } } } } } }", "LIMIT_EXCEEDED"),
    ("subscription A { count { value } } subscription B { count { value } }", "BAD_USER_INPUT"),
    ('subscription { count(to: 0 ends: "lagging") { value } }', "LAGGING"),
    ('subscription { count(to: 0 ends: "away") { value } }', "UNAVAILABLE"),
    ('subscription { count(to: 0 ends: "bug") { value } }', "INTERNAL_SERVER_ERROR"),
]


@pytest.mark.parametrize(("query", "code"), REFUSED)
async def test_an_operation_that_fails_leaves_the_connection(query: str, code: str) -> None:
    async with acknowledged() as client:
        client.say(subscribe(query))
        error = await client.hear()
        assert error["type"] == "error"
        assert error["payload"][0]["extensions"]["code"] == code
        assert "path" not in error["payload"][0]
        client.say(subscribe("{ name }"))  # by the same id
        assert await client.hear() == following({"name": ""})


async def test_a_field_that_is_refused_is_a_result() -> None:
    async with acknowledged() as client:
        client.say(subscribe("{ hidden }"))
        result, last = await client.hear(), await client.hear()
    assert result["payload"]["data"] == {"hidden": None}
    assert result["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert last == complete()


@pytest.mark.parametrize(
    ("ends", "code", "close"),
    [("expired", "UNAUTHENTICATED", 4401), ("left", "FORBIDDEN", 4403)],
)
async def test_who_may_not_listen_any_more_is_told_and_closed(
    ends: str, code: str, close: int
) -> None:
    async with acknowledged() as client:
        client.say(subscribe(NEVER, "other"), subscribe(COUNT, to=1, ends=ends))
        assert await client.hear() == following({"count": {"value": 1}})
        error = await client.hear()
        assert (error["type"], error["id"]) == ("error", "1")
        assert error["payload"][0]["extensions"]["code"] == code
        assert await client.hear() == close


async def test_lagging_tells_where_to_resume() -> None:
    async with acknowledged() as client:
        client.say(subscribe(COUNT, to=1, ends="lagging"))
        error = (await client.hear_until("error"))[-1]
    assert error["payload"][0]["extensions"] == {"code": "LAGGING", "lastEventId": "1"}


# What is said before anything else, the headers, and the close code; None for an acknowledgement.
INITS = [
    (INIT, [], None),
    ({"type": "connection_init", "payload": {"authorization": "bearer ann"}}, [], None),
    ({"type": "connection_init", "payload": {"token": "ann"}}, [FOREIGN], None),
    ({"type": "connection_init"}, [(b"authorization", b"Bearer ann")], None),
    ({"type": "connection_init"}, [COOKIE], None),
    ({"type": "connection_init", "payload": None}, [COOKIE], None),
    ({"type": "connection_init", "payload": {}}, [COOKIE], None),
    ({"type": "connection_init"}, [COOKIE, (b"origin", b"https://ui.example.org")], None),
    ({"type": "connection_init"}, [COOKIE, (b"origin", b"https://mesh.example.org")], None),
    ({"type": "connection_init"}, [COOKIE, FOREIGN], 4403),
    ({"type": "connection_init"}, [COOKIE, (b"origin", b"null")], 4403),
    ({"type": "connection_init"}, [], 4401),
    ({"type": "connection_init", "payload": {"Authorization": "ann"}}, [COOKIE], 4401),
    ({"type": "connection_init", "payload": {"Authorization": ""}}, [COOKIE], 4401),
    ({"type": "connection_init", "payload": {"token": " "}}, [], 4401),
    ({"type": "connection_init", "payload": {"token": "eve"}}, [], 4401),
    ({"type": "connection_init", "payload": {"token": "expired"}}, [], 4401),
    ({"type": "connection_init", "payload": {"token": "left"}}, [], 4403),
    ({"type": "connection_init", "payload": {"token": "away"}}, [], 1013),
    ({"type": "connection_init", "payload": {"token": 5}}, [], 4400),
    ({"type": "connection_init", "payload": {"Authorization": ["Bearer ann"]}}, [], 4400),
    ({"type": "connection_init", "payload": "Bearer ann"}, [], 4400),
    ({"type": "connection_init", "payload": ["ann"]}, [], 4400),
    ({"type": "connection_init", "payload": 0}, [], 4400),
    (subscribe("{ name }"), [COOKIE], 4401),
    ("", [], 4400),
    ("{", [], 4400),
    ("[]", [], 4400),
    ("null", [], 4400),
    ('"connection_init"', [], 4400),
    ("{}", [], 4400),
    ({"type": 1}, [], 4400),
    ({"type": "start"}, [], 4400),
    ('{"type":"connection_init","type":"ping"}', [], 4400),
    ('{"type":"connection_init","payload":' + "[" * 100 + "]" * 100 + "}", [], 4400),
    ({"type": "connection_init", "payload": {"token": "x" * 300_000}}, [], 1009),
]


@pytest.mark.parametrize(("first", "headers", "close"), INITS)
async def test_who_is_acknowledged(
    first: Any, headers: list[tuple[bytes, bytes]], close: int | None
) -> None:
    async with connected(headers=headers) as client:
        client.say(first)
        assert await client.hear() == (ACK if close is None else close)


# What is said on a connection that was acknowledged, and the code it is closed with.
CLOSED = [
    (INIT, 4429),
    ("nonsense", 4400),
    ({"type": "next", "id": "1"}, 4400),
    ({"type": "subscribe", "payload": {"query": "{ name }"}}, 4400),
    (subscribe("{ name }", ""), 4400),
    (subscribe("{ name }", 1), 4400),
    (subscribe("{ name }", "x" * 300), 4400),
    ({"type": "complete"}, 4400),
    ({"type": "subscribe", "id": "1"}, 4400),
    ({"type": "subscribe", "id": "1", "payload": {}}, 4400),
    ({"type": "subscribe", "id": "1", "payload": {"query": 1}}, 4400),
    ({"type": "subscribe", "id": "1", "payload": {"query": "{ name }", "variables": []}}, 4400),
    (subscribe(NEVER, "taken"), 4409),
    ({"type": "ping", "payload": {"x": "x" * 10_000_000}}, 1009),
]


@pytest.mark.parametrize(("said", "close"), CLOSED)
async def test_what_closes_a_connection(said: Any, close: int) -> None:
    async with acknowledged() as client:
        client.say(subscribe(NEVER, "taken"), said)
        assert await client.hear() == close


async def test_bytes_are_no_message() -> None:
    async with acknowledged() as client:
        client.to_service.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
        assert await client.hear() == 4400


@pytest.mark.parametrize("subprotocols", [[], ["graphql-ws"], ["graphql-ws", "mqtt"]])
async def test_other_subprotocols_are_not_spoken(subprotocols: list[str]) -> None:
    async with connected(subprotocols=subprotocols) as client:
        assert await client.hear() == 4406


async def test_whoever_says_nothing_is_closed() -> None:
    async with connected(Limits(init_seconds=0.1)) as client:
        client.say({"type": "ping"}, {"type": "pong"})
        assert await client.hear() == {"type": "pong"}
        assert await client.hear() == 4408


async def test_pings() -> None:
    async with acknowledged(Limits(ping_seconds=0.05)) as client:
        for _ in range(3):
            assert await client.hear() == {"type": "ping"}
            client.say({"type": "pong"})
        client.say({"type": "ping", "payload": {"at": 1}})
        assert (await client.hear_until("pong"))[-1] == {"type": "pong"}


async def test_an_operation_ends_when_the_client_completes_it() -> None:
    async with acknowledged() as client:
        client.say(subscribe(NEVER), {"type": "complete", "id": "1"})
        client.say(subscribe("{ name }"), {"type": "complete", "id": "unknown"})
        assert await client.hear_until("complete") == [following({"name": ""}), complete()]
        assert SEEN.open_sources == 0


async def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    async with acknowledged() as client:
        client.say(subscribe(NEVER, "1"), subscribe("{ slow }", "2"), subscribe("{ name }", "3"))
        await client.hear()
        assert SEEN.open_sources == 1


async def test_a_client_that_does_not_read_is_left() -> None:
    limits = Limits(send_seconds=0.1)
    async with acknowledged(limits) as client:
        client.reading.clear()
        client.say(subscribe("subscription { texts(length: 1000 count: 100000) }"))
        await eventually(lambda: SEEN.open_contexts == 1)
        await eventually(lambda: SEEN.open_contexts == 0)


async def test_subscriptions_are_limited() -> None:
    limits = Limits(subscriptions=6, subscriptions_per_user=5, subscriptions_per_connection=3)
    to = service(limits)
    bob = {**INIT, "payload": {"token": "bob"}}
    async with (
        acknowledged(to=to) as first,
        acknowledged(to=to) as second,
        acknowledged(init=bob, to=to) as third,
    ):
        for client, fit, measure in (
            (first, 3, "subscriptions_per_connection"),
            (second, 2, "subscriptions_per_user"),
            (third, 1, "subscriptions"),
        ):
            client.say(*(subscribe(NEVER, str(each)) for each in range(fit + 1)))
            client.say(subscribe("{ name }", "query"))
            refused, *answered = await client.hear_until("complete")
            assert (refused["type"], refused["id"]) == ("error", str(fit))
            extensions = refused["payload"][0]["extensions"]
            assert extensions["code"] == "LIMIT_EXCEEDED"
            assert list(extensions["limits"]) == [measure]
            assert answered == [following({"name": ""}, "query"), complete("query")]
        first.say(complete("0"), {"type": "ping"})
        assert await first.hear() == {"type": "pong"}
        third.say(subscribe(COUNT, "again", to=1))
        counted = [following({"count": {"value": 1}}, "again"), complete("again")]
        assert await third.hear_until("complete") == counted
        assert SEEN.open_sources == 5
    assert (SEEN.open_sources, SEEN.open_contexts) == (0, 0)


async def test_ten_thousand_operations_at_once_are_refused_but_for_a_few() -> None:
    async with acknowledged() as client:
        client.say(*(subscribe("{ slow }", str(each)) for each in range(10_000)))
        client.say({"type": "ping"})
        heard = await client.hear_until("pong")
        assert SEEN.open_contexts == 50
    assert len(heard) == 9_951
    refused = heard[0]["payload"][0]["extensions"]["limits"]
    assert refused == {"operations_per_connection": {"allowed": 50, "found": 51}}
