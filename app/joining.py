"""The head and the body of an answer in one packet: uvicorn writes each by itself.

A write costs as much as all that the server does for a small answer otherwise, and its client
would read twice.
"""

from __future__ import annotations

import asyncio

HEAD = b"HTTP/1.1 "


class Joining:
    """The transport of a connection, as the answers on it use it: a head waits for its body.

    It waits no longer than until the event loop turns, so that a stream begins at once.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None

    def write(self, data: bytes) -> None:
        held = self._held
        if held is not None:
            self._held = None
            self._transport.writelines((held, data))
        elif data.startswith(HEAD):
            self._held = data
            self._loop.call_soon(self.flush)
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Write what waits; call this before anything is written to the transport itself."""
        held, self._held = self._held, None
        if held is not None and not self._transport.is_closing():
            self._transport.write(held)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self.flush()
        self._transport.close()
