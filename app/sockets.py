"""A WebSocket as a line of JSON messages, and the reasons for which the service closes one.

The codes are those of RFC 6455 §7.4 and of
https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import IntEnum
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

from app.errors import BadInput, Code, Problem
from app.interruptions import Deadline
from app.limits import Limits
from app.strict_json import decode, encode

LONGEST_REASON = 123  # bytes: RFC 6455 §5.5


class Close(IntEnum):
    """Why a socket is closed."""

    NORMAL = 1000
    TOO_BIG = 1009
    INTERNAL = 1011
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429


#: The close code for a problem that ends a whole connection, by its code.
CLOSES: Mapping[Code, Close] = {
    Code.BAD_USER_INPUT: Close.BAD_REQUEST,
    Code.UNAUTHENTICATED: Close.UNAUTHORIZED,
    Code.FORBIDDEN: Close.FORBIDDEN,
    Code.UNAVAILABLE: Close.TRY_AGAIN_LATER,
    Code.TOO_MANY_REQUESTS: Close.TRY_AGAIN_LATER,
}


class Closing(Exception):
    """The service ends the connection."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    @classmethod
    def because_of(cls, problem: Problem) -> Closing:
        return cls(CLOSES.get(problem.code, Close.INTERNAL), problem.message)


class Socket:
    """Receives and sends JSON objects that have a `type`, on a socket that was accepted."""

    __slots__ = ("_limits", "_receive", "_send")

    def __init__(self, receive: Receive, send: Send, limits: Limits) -> None:
        self._receive = receive
        self._send = send
        self._limits = limits

    async def next(self) -> dict[str, Any]:
        """The next message; raises `ClientDisconnect`, and `Closing` for what is none."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise ClientDisconnect
        text = event.get("text")
        if text is None:
            raise Closing(Close.BAD_REQUEST, "Send messages as text.")
        if len(text) > self._limits.body_bytes:
            raise Closing(
                Close.TOO_BIG, f"The message is longer than {self._limits.body_bytes} bytes."
            )
        try:
            message = decode(text.encode(), max_depth=self._limits.json_depth)
        except BadInput as problem:
            raise Closing(Close.BAD_REQUEST, problem.message) from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closing(Close.BAD_REQUEST, "A message is a JSON object with a type.")
        return message

    async def send(self, message: Mapping[str, object]) -> None:
        """Send a message; raises `ClientDisconnect` where nobody takes it in time."""
        await self._within_time({"type": "websocket.send", "text": encode(message).decode()})

    async def close(self, closing: Closing) -> None:
        """Close the socket, if the other side still listens."""
        reason = closing.reason.encode()[:LONGEST_REASON].decode(errors="ignore")
        with suppress(ClientDisconnect):
            await self._within_time(
                {"type": "websocket.close", "code": int(closing.code), "reason": reason}
            )

    async def _within_time(self, event: dict[str, Any]) -> None:
        try:
            with Deadline(self._limits.send_seconds):
                await self._send(event)
        except (OSError, TimeoutError):
            raise ClientDisconnect from None
