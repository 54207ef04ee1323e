"""Whether the service can do its work: `/livez`, `/readyz`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.draining import Drain
from app.errors import Unavailable

#: Seconds for which an answer of the database stands: anybody may ask, as often as they like.
STANDS = 1.0

LIVE = ("/livez", "/healthz")
READY = "/readyz"
PATHS = (*LIVE, READY)

NOT_READY = {"Retry-After": "1"}


class Checks(Protocol):
    """What a database can be asked; both raise `Unavailable`."""

    async def check_reading(self) -> None: ...
    async def check_writing(self) -> None: ...


@dataclass
class Lately:
    """What somebody was told last, for as long as that stands; all who ask at once ask once."""

    ask: Callable[[], Awaitable[None]]
    clock: Callable[[], float] = time.monotonic
    _told: tuple[float, str | None] | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def flaw(self) -> str | None:
        """What is wrong, or None."""
        async with self._turn:
            now = self.clock()
            if self._told is None or now - self._told[0] >= STANDS:
                try:
                    await self.ask()
                    self._told = (self.clock(), None)
                except Unavailable as error:
                    self._told = (self.clock(), error.message)
            return self._told[1]


def health_routes(database: Checks, drain: Drain) -> list[Route]:
    """The probes, which pass no limit and wait for nobody.

    `/livez` says that the process runs; `/readyz` that it should be sent requests: that it is not
    about to stop, and that it can read and write. `/readyz?only=reads` asks no more than reading.
    """
    reading, writing = Lately(database.check_reading), Lately(database.check_writing)

    async def live(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def ready(request: Request) -> Response:
        if drain.under_way:
            return PlainTextResponse("not ready: the server stops", 503)
        if (flaw := await reading.flaw()) is not None:
            return PlainTextResponse(f"not ready to read: {flaw}", 503, NOT_READY)
        only = request.query_params.get("only")
        if only != "reads" and (flaw := await writing.flaw()) is not None:
            return PlainTextResponse(f"not ready to write: {flaw}", 503, NOT_READY)
        return PlainTextResponse("ready")

    return [*(Route(path, live) for path in LIVE), Route(READY, ready)]
