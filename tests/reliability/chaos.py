"""A network between a server and its database, on which whatever can happen to one does."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import URL, make_url

from tests.reliability.places import Place
from tests.serving import HOST

#: Closing such a socket sends a reset, and nothing that still waits to be sent.
RESET = struct.pack("ii", 1, 0)
PIECE = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Streams]]
#: When it is to arrive, by the event loop's clock, and what; no bytes are the end of a stream.
Sent = tuple[float, bytes]


def _open() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Network:
    """Passes each connection on to PostgreSQL, or to a pooler before it, in time and in order.

    What is sent while it is `silent` arrives when it no longer is, as what TCP sends again does.
    While it resets, whoever connects is reset at once. `latency` is in seconds, each way.
    """

    dial: Dial
    latency: float = 0.0
    _passing: asyncio.Event = field(default_factory=_open)
    _resetting: bool = False
    _forgotten: list[asyncio.Event] = field(default_factory=list)
    _joined: set[asyncio.StreamWriter] = field(default_factory=set)

    async def silent(self, seconds: float) -> None:
        """Let nothing through for a while."""
        self._passing.clear()
        await asyncio.sleep(seconds)
        self._passing.set()

    async def resetting(self, seconds: float) -> None:
        """Reset all connections there are, and for a while all that come."""
        self._resetting = True
        for each in list(self._joined):
            _reset(each)
        await asyncio.sleep(seconds)
        self._resetting = False

    def forget(self) -> None:
        """Let nothing through any more on the connections there are, as who has lost track does."""
        self._passing.clear()
        self._forgotten.append(self._passing)
        self._passing = _open()

    async def far(self, latency: float, seconds: float) -> None:
        """Let everything take so long for a while."""
        self.latency = latency
        await asyncio.sleep(seconds)
        self.latency = 0.0

    async def end(self) -> None:
        """Reset all connections there are, and wait until nobody passes anything on."""
        for passing in (*self._forgotten, self._passing):
            passing.set()
        for each in list(self._joined):
            _reset(each)
        while self._joined:
            await asyncio.sleep(0.01)

    async def join(self, *near: *Streams) -> None:
        """Pass one connection on until either side ends it; for `asyncio.start_server`."""
        if self._resetting:
            _reset(near[1])
            return
        far = await self.dial()
        passing, ends = self._passing, {near[1], far[1]}
        self._joined |= ends
        try:
            await asyncio.gather(
                self._carry(near[0], far[1], passing), self._carry(far[0], near[1], passing)
            )
        finally:
            self._joined -= ends
            for each in ends:
                each.close()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, passing: asyncio.Event
    ) -> None:
        """All that comes from one side to the other, and then its end."""
        under_way: asyncio.Queue[Sent] = asyncio.Queue()
        taking = asyncio.create_task(self._take(source, under_way))
        with suppress(OSError):
            await _deliver(under_way, sink, passing)
        sink.close()
        taking.cancel()

    async def _take(self, source: asyncio.StreamReader, under_way: asyncio.Queue[Sent]) -> None:
        piece = b"."
        while piece:
            try:
                piece = await source.read(PIECE)
            except OSError:
                piece = b""
            under_way.put_nowait((asyncio.get_running_loop().time() + self.latency, piece))


async def _deliver(
    under_way: asyncio.Queue[Sent], sink: asyncio.StreamWriter, passing: asyncio.Event
) -> None:
    while True:
        due, piece = await under_way.get()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        await passing.wait()
        if not piece:
            return
        sink.write(piece)
        await sink.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    made: socket.socket = writer.get_extra_info("socket")
    if made.family == socket.AF_INET and not writer.is_closing():
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


@asynccontextmanager
async def network(place: Place) -> AsyncIterator[tuple[Network, Place]]:
    """A network to the PostgreSQL of a place, and the place as it is seen across that."""
    url = make_url(place.url)
    made = Network(_dialling(url))
    async with await asyncio.start_server(made.join, HOST) as server:
        port = server.sockets[0].getsockname()[1]
        across = url.difference_update_query(["host"]).set(host=HOST, port=port)
        try:
            yield made, replace(place, url=across.render_as_string(hide_password=False))
        finally:
            await made.end()


def _dialling(url: URL) -> Dial:
    """To where a URL says: in a folder is the server's own socket, at a port mostly a pooler."""
    if "host" in url.query:
        return partial(asyncio.open_unix_connection, f"{url.query['host']}/.s.PGSQL.5432")
    return partial(asyncio.open_connection, url.host, url.port)
