"""GraphQL over WebSocket, by the subprotocol graphql-transport-ws and no other.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import structlog
from starlette.types import Receive, Scope, Send

from app.connection import Connection, Means, OpenContext
from app.figures import Figures
from app.logs import REQUESTS, Record, Telling
from app.operations import Operations
from app.patience import Patience
from app.places import Places
from app.sockets import Close, Closing, Socket
from app.trust import Trust

PROTOCOL = "graphql-transport-ws"
#: Switching Protocols (RFC 9110): that of the request whose connection an operation comes by.
SWITCHING = 101
UNKNOWN_PROTOCOL = Closing(
    Close.SUBPROTOCOL_NOT_ACCEPTABLE, f"Offer the subprotocol {PROTOCOL}, and no older one."
)

#: The credential of a connection, as `app.connection.Admit`, with the scope of its request.
Admit: TypeAlias = Callable[[Scope, Mapping[str, Any] | None], Awaitable[str]]

log = structlog.get_logger()


class GraphQLOverWebSocket:
    """The endpoint, an ASGI application for the scope `websocket`.

    Each operation is told of in the log and counted as a request is, with the status 101.
    """

    def __init__(
        self,
        operations: Operations,
        admit: Admit,
        open_context: OpenContext,
        places: Places,
        *,
        trust: Trust | None = None,
        telling: Telling = REQUESTS["none"],
        record: Record | None = None,
    ) -> None:
        pings = Patience(operations.limits.ping_seconds)
        self._admit = admit
        self._limits = operations.limits
        self._telling = telling
        self._record = record
        means = Means(operations, open_context, places, pings, trust or Trust(), self._ended)
        self._means = means

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        socket = Socket(receive, send, self._limits)
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await socket.close(UNKNOWN_PROTOCOL)
            return
        request_id = os.urandom(16).hex()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        headers = [(b"x-request-id", request_id.encode())]
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL, "headers": headers})
        admit = partial(self._admit, scope)
        await Connection(socket, admit, self._means).run()

    def _ended(self, figures: Figures, seconds: float) -> None:
        if self._record is not None:
            self._record(figures, SWITCHING, seconds)
        if self._telling(SWITCHING, seconds):
            log.info("operation", ms=round(seconds * 1000, 1), **figures.told())
