"""Answers that come before the client has sent all of its body, and reach it nonetheless.

A connection that is closed while bytes of the client are unread is reset, and a reset throws away
the answer that is on its way (RFC 9112 §9.6). So it is closed for writing alone, and what still
comes is read and dropped for a while.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

#: What is read and dropped at most, in bytes and seconds; who sends on after that is reset.
LONGEST = 128 * 1024 * 1024
SECONDS = 8.0


class Lingering:
    """The transport of a request whose body has not all come: it is closed in two steps."""

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle | None) -> None:
        self.under_way = False
        self._transport = transport
        self._cycle = cycle
        self._dropped = 0
        self._seconds = 0.0

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def is_closing(self) -> bool:
        return self.under_way or self._transport.is_closing()

    def close(self) -> None:
        """Close at once where all has come, else for writing: then `drop` or `wait` ends it."""
        if self.is_closing():
            return
        has_all = self._cycle is not None and not self._cycle.more_body
        if has_all or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.under_way = True
        self._transport.write_eof()

    def drop(self, data: bytes) -> None:
        """Take what the client still sends."""
        self._dropped += len(data)
        if self._dropped > LONGEST:
            self._transport.abort()

    def wait(self, seconds: float) -> None:
        """So much time has passed."""
        self._seconds += seconds
        if self._seconds > SECONDS:
            self._transport.abort()
