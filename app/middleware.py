"""What every request passes on its way in and out, as pure ASGI."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.bugs import describe
from app.draining import Drain
from app.figures import Figures, begin, end
from app.logs import REQUESTS, Record, Telling

REQUEST_ID = b"x-request-id"
FIT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
LONGEST_PATH = 200
TOO_LARGE = 413

#: On every answer: it may not be framed, cached, run, or read by pages of other sites.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

#: Where in the scope header fields are left that the answer is to have.
ADDED = "meshgraph.headers"
CLOSE = (b"connection", b"close")

Header = tuple[bytes, bytes]
Headers = Iterable[Header]
#: The headers which all answers to a request have, of whoever they are.
Naming = Callable[[Scope], Headers]
EXECUTOR, STATEMENTS = b"x-meshgraph-executor", b"x-meshgraph-statements"

log = structlog.get_logger()


def unnamed(_scope: Scope) -> Headers:
    """No headers."""
    return ()


class Envelope:
    """Gives each request an id and its response the headers all have, and tells of it in the log.

    With `figures` an answer says in its headers who executed the operation, and with how many
    SQL statements. `record` counts the request. While a `drain` is under way, connections end.

    The id is the caller's `X-Request-Id` where that is fit to be logged. A header that the
    response sets itself is left as it is. Exceptions end here as a 500, as the server would log
    their full text; so the headers are also on what is answered for a bug, with those of `naming`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        telling: Telling = REQUESTS["all"],
        figures: bool = True,
        record: Record | None = None,
        drain: Drain | None = None,
        clock: Callable[[], float] = time.perf_counter,
        naming: Naming = unnamed,
    ) -> None:
        self.app = app
        self.telling = telling
        self.figures = figures
        self.record = record
        self.drain = drain or Drain(0)
        self.clock = clock
        self.naming = naming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = header(scope, REQUEST_ID) or b""
        request_id = given if FIT_REQUEST_ID.fullmatch(given) else os.urandom(16).hex().encode()
        added = (*SECURITY_HEADERS, (REQUEST_ID, request_id))
        tokens = structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        figures = Figures()
        token = begin(figures)
        started = self.clock()
        status: int | None = None

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = headers = _with(
                    message.get("headers", ()), self._added(scope, added)
                )
                if self.figures and figures.operation is not None:
                    headers += _in_headers(figures.statements, figures.executor, figures.left)
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001 - the end of the line for every bug
            log.error("request_failed", **describe(error))  # noqa: TRY400 - no traceback: it quotes values
            if status is None:
                response = PlainTextResponse("Internal Server Error", 500)
                response.raw_headers += self.naming(scope)
                await response(scope, receive, watch)
        finally:
            self._tell(scope, figures, status, self.clock() - started)
            end(token)
            structlog.contextvars.reset_contextvars(**tokens)

    def _added(self, scope: Scope, always: tuple[Header, ...]) -> tuple[Header, ...]:
        if ADDED in scope:
            always = (*always, *scope[ADDED])
        return (*always, CLOSE) if self.drain.under_way else always

    def _tell(self, scope: Scope, figures: Figures, status: int | None, seconds: float) -> None:
        figures.operation = figures.operation or scope.get("operation")
        if self.record is not None:
            self.record(figures, status, seconds)
        if self.telling(status, seconds):
            log.info(
                "request",
                method=scope["method"],
                path=_fit(scope["path"][:LONGEST_PATH]),  # no query string: it can hold values
                status=status,
                ms=round(seconds * 1000, 1),
                **figures.told(),
            )


def _fit(text: str) -> str:
    """The text without characters that a terminal obeys, of which JSON escapes only some."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


@lru_cache(256)
def _in_headers(
    statements: int, executor: str | None, left: str | None
) -> tuple[tuple[bytes, bytes], ...]:
    """Headers for the curious: with how much SQL it was answered, by whom, why not the compiler."""
    count = (STATEMENTS, b"%d" % statements)
    if executor is None:
        return (count,)
    text = executor if left is None else f"{executor}; {left}"
    return ((EXECUTOR, text.encode("ascii", "replace")), count)


class BodyLimit:
    """Refuses a body longer than `limit` bytes, before it is read where its length is declared.

    `larger` are the paths with a limit of their own. Reading beyond the limit raises
    HTTPException, which is answered here unless it was before. What is answered here has the
    headers of `naming`.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        larger: Mapping[str, int] | None = None,
        naming: Naming = unnamed,
    ) -> None:
        self.app = app
        self.limit = limit
        self.larger = larger or {}
        self.naming = naming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.limit)
        declared = header(scope, b"content-length") or b"0"
        if declared.isdigit() and int(declared[:20]) > limit:
            await self._refuse(limit, scope, receive, send)
            return
        try:
            await self.app(scope, counted(receive, limit), send)
        except HTTPException as error:
            if error.status_code != TOO_LARGE:
                raise
            await self._refuse(limit, scope, receive, send)

    async def _refuse(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"The body is longer than {limit} bytes."
        response = PlainTextResponse(text, TOO_LARGE, {"Connection": "close"})
        response.raw_headers += self.naming(scope)
        await response(scope, receive, send)


def counted(receive: Receive, room: int) -> Receive:
    """Receives no more than `room` bytes of a body; beyond that raises HTTPException."""

    async def receive_counted() -> Message:
        nonlocal room
        message = await receive()
        room -= len(message.get("body", b""))
        if room < 0:
            raise HTTPException(TOO_LARGE, headers={"Connection": "close"})
        return message

    return receive_counted


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that name, which ASGI gives in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


def _with(headers: Headers, added: Headers) -> list[tuple[bytes, bytes]]:
    """The headers, and those to be added whose names are not among them."""
    kept = list(headers)
    present = {name for name, _ in kept}
    kept += [pair for pair in added if pair[0] not in present]
    return kept
