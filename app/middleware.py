"""What every request passes on its way in and out, as pure ASGI."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.graphql_errors import describe

REQUEST_ID = "X-Request-Id"
FIT_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LONGEST_PATH = 200
TOO_LARGE = 413

SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

log = structlog.get_logger()


class RequestLog:
    """Gives each request an id, writes one line about it, and turns a bug into a 500.

    Exceptions end here, as the server would log their full text. The id is the caller's
    `X-Request-Id` where that is fit to be logged.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.perf_counter) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if FIT_REQUEST_ID.fullmatch(given) else uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._serve(scope, receive, _with_headers(send, {REQUEST_ID: request_id}))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self.clock()
        status: int | None = None

        async def watch(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001 - the end of the line for every bug
            log.error("request_failed", **describe(error))  # noqa: TRY400 - no traceback: it quotes values
            if status is None:
                response = PlainTextResponse("Internal Server Error", 500)
                await response(scope, receive, watch)
        finally:
            self._tell(scope, status, started)

    def _tell(self, scope: Scope, status: int | None, started: float) -> None:
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"][:LONGEST_PATH],  # without the query string: it can hold values
            status=status,
            ms=round((self.clock() - started) * 1000, 1),
        )


class SecurityHeaders:
    """Adds the headers that every response has unless it sets them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrapped = _with_headers(send, SECURITY_HEADERS) if scope["type"] == "http" else send
        await self.app(scope, receive, wrapped)


class BodyLimit:
    """Refuses a body longer than `limit` bytes, before it is read where its length is declared.

    Reading beyond the limit raises HTTPException, which Starlette answers with 413.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared[:20]) > self.limit:
            await self._refuse(scope, receive, send)
            return
        await self.app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        room = self.limit

        async def counted() -> Message:
            nonlocal room
            message = await receive()
            room -= len(message.get("body", b""))
            if room < 0:
                raise HTTPException(TOO_LARGE, headers={"Connection": "close"})
            return message

        return counted

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"The body is longer than {self.limit} bytes."
        response = PlainTextResponse(text, TOO_LARGE, {"Connection": "close"})
        await response(scope, receive, send)


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = MutableHeaders(scope=message)
            for name, value in headers.items():
                present.setdefault(name, value)
        await send(message)

    return wrapped


def middleware(max_body_bytes: int) -> list[Middleware]:
    """The layers of the service, outermost first."""
    return [
        Middleware(SecurityHeaders),  # also on what the log answers for a bug
        Middleware(RequestLog),
        Middleware(BodyLimit, limit=max_body_bytes),
    ]
