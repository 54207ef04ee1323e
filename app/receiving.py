"""HTTP connections that may not be held open by sending slowly, or by not reading.

uvicorn waits for a head, and for a body, for ever. Here a sweep looks at the connections twice a
second: one that owes the same for too long is closed. What a request needs is not slowed by it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httptools
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.crowds import Crowd
from app.joining import Joining
from app.lingering import Lingering
from app.middleware import SECURITY_HEADERS

#: Seconds between two sweeps; a pause of the process counts as no more than two of them.
SWEEP = 0.5
#: Bytes of a head: the request line and all header fields.
LONGEST_HEAD = 16_384
MOST_FIELDS = 100
#: Bytes that a body brings, and an answer takes, in each second that it needs beyond the first.
SLOWEST = 16_384
#: Seconds in which a request may still come in a connection that was idle when the server stopped.
GRACE = 1.0

_NAMED = b"".join(b"\r\n%b: %b" % field for field in SECURITY_HEADERS)
LAST = b"\r\ncontent-length: 0\r\nconnection: close" + _NAMED + b"\r\n\r\n"
INVALID = b"HTTP/1.1 400 Bad Request" + LAST
CROWDED = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1" + LAST
TIMED_OUT = b"HTTP/1.1 408 Request Timeout" + LAST
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large" + LAST


@dataclass(slots=True)
class Debt:
    """What a connection owes: `of` tells this debt from the next, `paid` is how much has come."""

    of: object
    seconds: float = 0.0
    paid: int = 0


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with limits on how long it may wait for its client."""

    head_seconds = 8.0
    body_seconds = 8.0
    crowd: Crowd | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.debt: Debt | None = None
        self.head = 0
        self.received = 0
        self.long = False
        self.lingering: Lingering | None = None

    @classmethod
    def expect(cls, *, head_seconds: float, body_seconds: float, crowd: Crowd) -> None:
        """Give all connections of this process so much patience, and so much room."""
        cls.head_seconds, cls.body_seconds, cls.crowd = head_seconds, body_seconds, crowd

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.joining = Joining(transport, self.loop)
        if self.crowd is not None:
            self.crowd.join(self)
            if self.crowd.is_too_large(self, len(self.connections)):
                transport.write(CROWDED)
                transport.close()
                return
        Sweeper.over(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.crowd is not None:
            self.crowd.leave(self)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over: it is another's from here on, and counted as that."""
        if self.crowd is not None:
            self.crowd.leave(self)
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        if self.lingering is not None and self.lingering.under_way:
            self.lingering.drop(data)
            return
        self.long = self.head + len(data) > LONGEST_HEAD
        super().data_received(data)
        cycle = self.cycle
        if cycle is not None and cycle.more_body and not isinstance(cycle.transport, Lingering):
            self.lingering = Lingering(self.transport, cycle)
            cycle.transport = self.lingering  # type: ignore[assignment] # all that it uses
        if not self.head and cycle is not None and cycle.scope is self.scope:
            return  # as mostly: the head has come in one piece
        self.head = self.head + len(data) if self._awaits_head() else 0
        if self.head > LONGEST_HEAD and not self.transport.is_closing():
            self._refuse(TOO_LONG)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's
        """To what is no HTTP, with the headers that all answers have."""
        self._refuse(INVALID)

    def on_headers_complete(self) -> None:
        if not self.url.startswith(b"/"):
            self._obey_target()
        if (self.long or len(self.headers) > MOST_FIELDS) and self._is_too_long():
            self.app = too_long
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = self.joining  # type: ignore[assignment] # all that it uses

    def on_body(self, body: bytes) -> None:
        self.received += len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        if self.lingering is None or not self.lingering.under_way:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()  # and no other request is begun

    def shutdown(self) -> None:
        """Close when idle, but not at once: a request may be on its way."""
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(GRACE, super().shutdown)
        else:
            super().shutdown()

    def look(self, seconds: float) -> None:
        """Close the connection if it has owed the same for too long; so much time has passed."""
        if self.lingering is not None and self.lingering.under_way:
            self.lingering.wait(seconds)
            return
        owed, paid, patience = self._owed()
        if owed is None:
            self.debt = None
            return
        if self.debt is None or self.debt.of is not owed:
            self.debt = Debt(owed, paid=paid)
            return
        self.debt.seconds += seconds
        if self.debt.seconds > patience + abs(paid - self.debt.paid) / SLOWEST:
            self._give_up()

    def _owed(self) -> tuple[object | None, int, float]:
        """What the client has to do, if anything; how much it has done; its seconds for that."""
        unread = self.transport.get_write_buffer_size()
        if unread:
            return self.flow, unread, self.body_seconds
        if self._awaits_head():
            return self.scope if self.cycle else self, 0, self.head_seconds
        cycle = self.cycle
        if cycle.more_body and not self.flow.read_paused:
            return cycle, self.received, self.body_seconds
        if cycle.response_complete and self.timeout_keep_alive_task is None:
            return cycle, 0, self.head_seconds  # bytes that begin no request have stopped the timer
        return None, 0, 0.0

    def _obey_target(self) -> None:
        """An address with a host counts for more than the field `Host` (RFC 9112 §3.2.2)."""
        target = httptools.parse_url(self.url)
        if target.host:
            host = target.host if target.port is None else b"%b:%d" % (target.host, target.port)
            others = [field for field in self.headers if field[0] != b"host"]
            self.headers[:] = [(b"host", host), *others]

    def _awaits_head(self) -> bool:
        return self.cycle is None or self.cycle.scope is not self.scope

    def _is_too_long(self) -> bool:
        fields = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.headers) > MOST_FIELDS or fields + len(self.url) > LONGEST_HEAD

    def _refuse(self, answer: bytes) -> None:
        self.joining.flush()
        self.transport.write(answer)
        self.lingering = Lingering(self.transport, None)
        self.lingering.close()

    def _give_up(self) -> None:
        self.joining.flush()
        cycle = self.cycle
        answering = cycle is not None and not cycle.response_complete and cycle.response_started
        if self.transport.get_write_buffer_size() or answering:
            self.transport.abort()
            return
        self.transport.write(TIMED_OUT)
        self.transport.close()


class SocketConnection(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which counts among the connections of its address as well."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if Connection.crowd is not None:
            Connection.crowd.join(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if Connection.crowd is not None:
            Connection.crowd.leave(self)


class Sweeper:
    """Looks at all connections of one server, for as long as there are any."""

    #: By the set of connections that a server keeps.
    running: dict[int, Sweeper] = {}  # noqa: RUF012 - one for each server of the process

    def __init__(self, connection: Connection) -> None:
        self._connections = connection.connections
        self._loop = connection.loop
        self._before = self._loop.time()
        self._loop.call_later(SWEEP, self._sweep)

    @classmethod
    def over(cls, connection: Connection) -> None:
        """See to it that the connection is looked at."""
        if id(connection.connections) not in cls.running:
            cls.running[id(connection.connections)] = cls(connection)

    def _sweep(self) -> None:
        now = self._loop.time()
        seconds, self._before = min(now - self._before, 2 * SWEEP), now
        for each in list(self._connections):
            if isinstance(each, Connection):
                each.look(seconds)
        if self._connections:
            self._loop.call_later(SWEEP, self._sweep)
        else:
            del self.running[id(self._connections)]


async def too_long(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request whose head is too long."""
    text = f"The head has more than {LONGEST_HEAD} bytes or {MOST_FIELDS} fields."
    response = PlainTextResponse(text, 431, {"Connection": "close"})
    response.raw_headers += SECURITY_HEADERS  # as it is answered outside of what adds them
    await response(scope, receive, send)
