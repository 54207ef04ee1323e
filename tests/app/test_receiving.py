"""Connections that owe something, and how long they may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app import lingering
from app.crowds import Crowd
from app.enforcement import Mode
from app.receiving import Connection, SocketConnection
from tests.serving import HOST, free_port

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        if scope["path"] == "/refused":  # without having read
            await PlainTextResponse("no", 413, {"Connection": "close"})(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        await PlainTextResponse(f"{len(body)}")(scope, receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass


class Hasty(Connection):
    head_seconds = body_seconds = 0.7


@asynccontextmanager
async def listening(ws: object = "none") -> AsyncIterator[int]:
    port = free_port()
    options: dict[str, Any] = {"http": Hasty, "ws": ws, "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(echo, HOST, port, log_level="critical", **options))
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield port
    server.should_exit = True
    await task


async def answered(port: int, *pieces: bytes) -> bytes:
    """All that comes until the server closes the connection."""
    reader, writer = await asyncio.open_connection(HOST, port)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.01)
    async with asyncio.timeout(30):
        found = await reader.read()
    writer.close()
    return found


LATE, LONG, FINE = b"HTTP/1.1 408", b"HTTP/1.1 431", b"HTTP/1.1 200"

SENT: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "nothing": ((), LATE),
    "half a head": ((POST,), LATE),
    "half a body": ((POST + b"\r\n12345",), LATE),
    "a body in pieces": ((POST + b"Connection: close\r\n\r\n12", b"345", b"67890"), FINE),
    "a head in pieces": ((GET, b"Connection:", b" close\r\n\r\n"), FINE),
    "a long head": ((GET + b"A: " + b"x" * 20_000 + b"\r\n\r\n",), LONG),
    "a long head in pieces": ((GET + b"A: ", *[b"x" * 4_000] * 5), LONG),
    "a long head that never ends": ((GET + b"A: " + b"x" * 20_000,), LONG),
    "many fields": ((GET + b"A: b\r\n" * 120 + b"\r\n",), LONG),
    "a long address": ((b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",), LONG),
}


@pytest.mark.parametrize(("pieces", "begins"), SENT.values(), ids=SENT)
async def test_what_is_sent_and_answered(pieces: tuple[bytes, ...], begins: bytes) -> None:
    async with listening() as port:
        assert (await answered(port, *pieces)).startswith(begins)


async def test_bytes_between_requests_hold_no_connection() -> None:
    async with listening() as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(GET + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\r\n")
        async with asyncio.timeout(30):
            await reader.read()
        writer.close()


async def test_a_body_that_flows_may_take_longer() -> None:
    size = 200_000
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
    async with listening() as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(head)
        for _ in range(20):
            writer.write(b"x" * (size // 20))
            await asyncio.sleep(0.1)
        assert (await reader.read()).endswith(str(size).encode())
        writer.close()


SIZE = 16 * 1024 * 1024
REFUSED = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % SIZE
CHUNKED = b"POST /refused HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n"


async def sent_in_vain(port: int, head: bytes, size: int) -> bytes:
    """What a client is answered that looks for it only once it has sent all."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(head)
    for _ in range(size // 65_536):
        writer.write(b"x" * 65_536)
        await writer.drain()
        await asyncio.sleep(0.001)
    async with asyncio.timeout(30):
        found = await reader.read()
    writer.close()
    return found


@pytest.mark.parametrize("head", [REFUSED, CHUNKED], ids=["declared", "chunked"])
async def test_an_answer_before_the_end_of_a_body_reaches_the_client(head: bytes) -> None:
    async with listening() as port:
        assert (await sent_in_vain(port, head, SIZE)).startswith(b"HTTP/1.1 413")


async def test_what_is_dropped_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "LONGEST", SIZE // 8)
    async with listening() as port:
        with pytest.raises(ConnectionError):
            await sent_in_vain(port, REFUSED, SIZE)


async def test_a_refused_client_that_stays_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "SECONDS", 0.7)
    async with listening() as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(REFUSED)
        assert (await reader.read()).startswith(b"HTTP/1.1 413")
        with pytest.raises(ConnectionError):
            await dripped(writer)
        writer.close()


async def dripped(writer: asyncio.StreamWriter) -> None:
    """Send a byte at a time, for ever."""
    async with asyncio.timeout(30):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)


async def test_what_follows_a_refused_body_is_no_request() -> None:
    async with listening() as port:
        length = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
        found = await answered(port, length, b"ab" + GET + b"\r\n")
    assert found.count(b"HTTP/1.1") == 1


UPGRADE = GET + (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def test_connections_are_counted_until_they_are_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those that became WebSockets as well, and those that were refused."""
    crowd = Crowd(Mode.ENFORCE, 2, [])
    monkeypatch.setattr(Connection, "crowd", crowd)
    async with listening(SocketConnection) as port, asyncio.timeout(30):
        told = []
        for head in (UPGRADE, GET + b"\r\n", GET + b"\r\n"):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(head)
            told.append((writer, (await reader.readuntil(b"\r\n"))[9:12]))
        assert [status for _, status in told] == [b"101", b"200", b"503"]
        while crowd._held[HOST] != 2:  # noqa: ASYNC110 - until the third has been closed
            await asyncio.sleep(0.01)
        for writer, _ in told:
            writer.close()
        while crowd._held:  # noqa: ASYNC110 - until they are lost
            await asyncio.sleep(0.01)
    assert crowd._homes == {}
