"""Who follows events and resumes by id has every event once, whatever becomes of the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from app.db.connecting import engine_of
from app.db.engine import Store
from app.db.events import Event
from app.graphql_over_websocket import PROTOCOL
from app.strict_json import decode, encode
from tests import serving
from tests.world import build

FOLLOW = "subscription ($after: ID) { events(after: $after) { id description } }"
CREATE = "mutation ($d: String!) { createEvent(input: {description: $d}) { event { id } } }"
CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'meshgraph events' AND datname = current_database()
"""
SECONDS = 60
LOST = (OSError, WebSocketException, InvalidHandshake, EOFError)


class Server:
    """A server that can be killed, with all its processes, and started again on the same port."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.port = url, folder, serving.free_port()
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        begun = serving.serving(self.url, self.folder, self.port)
        self._process = self._stack.enter_context(begun)

    def kill(self) -> None:
        assert self._process is not None
        for process in (*_children(self._process.pid), self._process.pid):
            os.kill(process, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        self._stack.close()


def _children(process: int) -> list[int]:
    return [
        int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()
    ]


class Follower:
    """Follows bob's events for as long as it takes, and resumes after the last one it has."""

    def __init__(self, server: Server, token: str) -> None:
        self.server, self.token = server, token
        self.ids: list[str] = []
        self.resumed = 0

    async def run(self) -> None:
        while True:
            with suppress(*LOST):
                await self._follow()
            self.resumed += 1
            await asyncio.sleep(0.05)

    async def _follow(self) -> None:
        url = f"ws://{serving.HOST}:{self.server.port}/graphql"
        async with connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None) as socket:
            await socket.send(_said(type="connection_init", payload={"token": self.token}))
            await socket.recv()
            variables = {"after": self.ids[-1]}
            payload = {"query": FOLLOW, "variables": variables}
            await socket.send(_said(type="subscribe", id="1", payload=payload))
            async for message in socket:
                heard: Any = decode(message.encode() if isinstance(message, str) else message)
                if heard["type"] == "ping":
                    await socket.send(_said(type="pong"))
                    continue
                assert heard["type"] == "next", heard
                self.ids.append(heard["payload"]["data"]["events"]["id"])


def _said(**message: Any) -> str:
    return encode(message).decode()


async def _write(server: Server, token: str, number: int) -> None:
    """Write events one after the other; what was not acknowledged is sent again."""
    url = f"http://{serving.HOST}:{server.port}/graphql"
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=10, trust_env=False) as client:
        for each in range(number):
            body = {"query": CREATE, "variables": {"d": str(each)}}
            while not await _sent(client, url, body):  # noqa: ASYNC110 - until it is acknowledged
                await asyncio.sleep(0.05)


async def _sent(client: httpx2.AsyncClient, url: str, body: Any) -> bool:
    try:
        return "errors" not in (await client.post(url, json=body)).json()
    except (httpx2.TransportError, ValueError):
        return False


async def _scene(server: Server, *, listening: bool) -> Follower:
    """Events are written while the listening connections are cut and the server is killed."""
    token = serving.token(server.folder, "bob")
    follower = Follower(server, token)
    await _write(server, token, 1)
    follower.ids.append(str((await _stored(server.url))[0]))
    following = asyncio.create_task(follower.run())
    for _ in range(2):
        writing = asyncio.create_task(_write(server, token, 60))
        await asyncio.sleep(0.3)
        if listening:
            await _cut(server.url)
            await asyncio.sleep(0.3)
        server.kill()
        await asyncio.to_thread(server.start)
        await writing
    stored = [str(each) for each in await _stored(server.url)]
    async with asyncio.timeout(SECONDS):
        while len(follower.ids) < len(stored):  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.05)
    following.cancel()
    await asyncio.wait({following})  # else it is cancelled again as it closes its socket
    assert follower.ids == stored
    return follower


async def _stored(url: str) -> list[Any]:
    engine = engine_of(url)
    try:
        async with AsyncSession(engine) as session:
            ordered = select(Event.id).order_by(Event.position, Event.id)
            return list(await session.scalars(ordered))
    finally:
        await engine.dispose()


def _listens(url: str) -> bool:
    """Whether processes hear of each other on a connection that can be cut."""
    return url.startswith("postgresql") and "pooler=" not in url


async def _cut(url: str) -> None:
    engine = engine_of(url)
    async with engine.begin() as connection:
        assert await connection.scalar(text(CUT))
    await engine.dispose()


@pytest.fixture
def server(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    if database_url.startswith("postgresql"):
        monkeypatch.setenv("MESHGRAPH_WORKERS", "2")
    made = Server(database_url, tmp_path)

    async def world() -> None:
        store = Store.open(database_url)
        await build(store)
        await store.close()

    asyncio.run(world())
    made.start()
    yield made
    made.close()


def test_every_event_comes_once(server: Server) -> None:
    follower = asyncio.run(_scene(server, listening=_listens(server.url)))
    assert follower.resumed >= 2
    assert len(follower.ids) == len(set(follower.ids)) >= 121
