"""Sockets and streams of a real server: what it refuses, and what becomes of them when it stops."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.graphql_over_websocket import PROTOCOL
from tests import serving, stores

STOP_SECONDS = 8  # before the server would lose patience with what is under way
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
def server(sqlite_template: Path, tmp_path: Path) -> Iterator[int]:
    """The port of `meshgraph serve`, whose data directory has a user “ann”."""
    url = stores.sqlite_copy(sqlite_template, tmp_path)
    port = serving.free_port()
    with serving.serving(url, tmp_path, port):
        yield port
