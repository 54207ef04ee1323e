"""Sockets and streams of a real server: what it refuses, and what becomes of them when it stops."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.graphql_over_websocket import PROTOCOL
from tests import serving, stores

NEVER = 'subscription { count(to: 1 ends: "never") { value } }'


@contextmanager
def connected(port: int, token: str) -> Iterator[ClientConnection]:
    """A connection that was acknowledged, which offers to compress and reads what it is sent."""
    url = f"ws://{serving.HOST}:{port}/graphql"
    with connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None) as socket:
        say(socket, type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert hear(socket) == {"type": "connection_ack"}
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(timeout=5))


def ask(socket: ClientConnection, query: str, id_: str = "1") -> Any:
    say(socket, type="subscribe", id=id_, payload={"query": query})
    return hear(socket)


@pytest.fixture
def server(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[int, str]]:
    """The port of `meshgraph serve`, and a token that it takes."""
    monkeypatch.setenv("MESHGRAPH_UNKNOWN_USERS", "provision")
    url = stores.sqlite_copy(sqlite_template, tmp_path)
    port = serving.free_port()
    with serving.serving(url, tmp_path, port):
        yield port, serving.token(tmp_path, "ann")


def test_the_service_answers_on_a_socket(server: tuple[int, str]) -> None:
    with connected(*server) as socket:
        assert socket.protocol.extensions == []  # nothing is compressed
        assert socket.response is not None
        assert socket.response.headers["x-request-id"]
        answer = ask(socket, "{ organizations { totalCount } }")
        assert answer["payload"] == {"data": {"organizations": {"totalCount": 0}}}
        assert hear(socket) == {"type": "complete", "id": "1"}
        answer = ask(socket, 'mutation { createEvent(input: {action: "a"}) { event { action } } }')
        assert answer["payload"] == {"data": {"createEvent": {"event": {"action": "a"}}}}


@pytest.mark.parametrize("token", ["nonsense", ""])
def test_a_bad_token_closes_a_socket(server: tuple[int, str], token: str) -> None:
    with pytest.raises(ConnectionClosed) as closed, connected(server[0], token):
        pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_ten_megabytes_are_refused_unread(server: tuple[int, str]) -> None:
    with connected(*server) as socket:
        with suppress(ConnectionClosed):  # as soon as the server has seen how long it is
            say(socket, type="ping", payload={"x": "x" * 10_000_000})
        with pytest.raises(ConnectionClosed) as closed:
            hear(socket)
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
    with connected(*server) as socket:
        assert ask(socket, "{ __typename }")["payload"] == {"data": {"__typename": "Query"}}


def test_another_path_has_no_socket(server: tuple[int, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{serving.HOST}:{server[0]}/api", proxy=None)
    assert refused.value.response.status_code == 403


def test_sockets_and_streams_end_with_their_server() -> None:
    with serving.counting() as (process, port), connected(port, "ann") as socket:
        ask(socket, NEVER)
        url = f"http://{serving.HOST}:{port}/graphql"
        headers = {"accept": "text/event-stream", "authorization": "Bearer ann"}
        with (
            httpx2.Client(trust_env=False) as client,
            client.stream("POST", url, json={"query": NEVER}, headers=headers) as stream,
        ):
            lines = stream.iter_lines()
            while next(lines) != "event: next":
                pass
            process.send_signal(signal.SIGTERM)
            process.wait(serving.START_SECONDS / 2)  # it would wait twice that for a stream
            assert "event: complete" not in list(lines)
        with pytest.raises(ConnectionClosed) as closed:
            hear(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


FOLLOW = "subscription { events { action } }"


def told(port: int, token: str, action: str) -> str:
    """The id of an event of one's own that happens now."""
    mutation = "mutation ($a: String) { createEvent(input: {action: $a}) { event { id } } }"
    answer = httpx2.post(
        f"http://{serving.HOST}:{port}/graphql",
        json={"query": mutation, "variables": {"a": action}},
        headers={"authorization": f"Bearer {token}"},
        trust_env=False,
    )
    event_id: str = answer.json()["data"]["createEvent"]["event"]["id"]
    return event_id


def test_events_are_followed_on_a_socket(server: tuple[int, str]) -> None:
    with connected(*server) as socket:
        say(socket, type="subscribe", id="1", payload={"query": FOLLOW})
        assert ask(socket, "{ __typename }", "2")["id"] == "2"
        assert hear(socket) == {"type": "complete", "id": "2"}
        first = told(*server, "one")
        after = {"query": "subscription ($id: ID) { events(after: $id) { action } }"}
        heard = hear(socket)
        while heard["payload"]["data"]["events"]["action"] != "one":  # a user came to be
            heard = hear(socket)
        say(socket, type="complete", id="1")
        told(*server, "two")
        say(socket, type="subscribe", id="1", payload={**after, "variables": {"id": first}})
        assert hear(socket)["payload"] == {"data": {"events": {"action": "two"}}}


def test_events_are_followed_after_the_last_event_id(server: tuple[int, str]) -> None:
    ids = [told(*server, action) for action in ("one", "two", "three")]
    headers = {
        "accept": "text/event-stream",
        "authorization": f"Bearer {server[1]}",
        "last-event-id": ids[0],
    }
    url = f"http://{serving.HOST}:{server[0]}/graphql"
    with (
        httpx2.Client(trust_env=False) as client,
        client.stream("POST", url, json={"query": FOLLOW}, headers=headers) as stream,
    ):
        lines = (line for line in stream.iter_lines() if line.startswith("id:"))
        assert [next(lines), next(lines)] == [f"id: {each}" for each in ids[1:]]
