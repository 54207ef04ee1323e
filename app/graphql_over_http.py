"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import ExecutionResult
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from app.compiling import Executed
from app.disconnects import while_connected
from app.documents import NotAQuery, NotOneResult
from app.errors import BadInput, Code, Problem
from app.explorer.serving import PAGE_HEADERS, Explorer
from app.graphql_errors import body as body_of
from app.graphql_errors import executed, problem_result
from app.graphql_over_sse import GraphQLOverSSE
from app.idempotency import told
from app.media_types import EVENT_STREAM, GRAPHQL, HTML, JSON, preferred
from app.multipart import is_multipart, read_multipart
from app.operations import Operations
from app.parameters import Bodies, Parameters, checked, from_url
from app.places import Places
from app.strict_json import encode
from app.trust import Trust, is_known

OpenContext = Callable[[Request], AbstractAsyncContextManager[Any]]
Cost = dict[str, float] | None
Header = tuple[bytes, bytes]

METHODS = ("GET", "POST")
ALLOW = (b"allow", b"GET, POST")
CLOSE = (b"connection", b"close")
TOO_MANY = 429
NO_ENCODING = (b"accept-encoding", b"")
CONTENT_TYPES = {
    media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (GRAPHQL, JSON, HTML)
}

#: Parameters of a URL that ask something.
ASKING = frozenset({"query", "documentId", "extensions"})

# A result without data, by the code of its first error. Anything else the caller got wrong is 400.
STATUS = {
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.IDEMPOTENCY_KEY_REUSED: 422,
    Code.UNAVAILABLE: 503,
    Code.TOO_MANY_REQUESTS: 429,
    Code.INTERNAL_SERVER_ERROR: 500,
}
HEADERS = {401: ((b"www-authenticate", b"Bearer"),), 503: ((b"retry-after", b"1"),)}
LATER = {Code.UNAVAILABLE: 503, Code.TOO_MANY_REQUESTS: 429}

#: Asks for `extensions.cost` in the answer, whatever its value.
ASKS_COST = b"x-meshgraph-cost"


class Refusal(Exception):
    """An HTTP request that is no GraphQL request; its status does not depend on the media type."""

    def __init__(self, status: int, message: str, *headers: Header) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def _other_method() -> Refusal:
    return Refusal(405, "Send GraphQL requests with GET or POST.", ALLOW)


class Answer(NamedTuple):
    """A response; the length and the media type are headers that every one has."""

    status: int
    body: bytes
    media: str
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class GraphQLOverHTTP:
    """The endpoint, an ASGI application.

    `open_context` makes the value resolvers find in `info.context`, once for each request, and
    may raise a `Problem` such as `Unauthenticated` in place of it; for what is answered by a stream
    of events it is a `Subscriber`. With `explorer`, a browser is shown GraphiQL.
    """

    operations: Operations
    open_context: OpenContext
    explorer: Explorer | None = None
    places: Places | None = None
    trust: Trust = field(default_factory=Trust)
    _events: GraphQLOverSSE = field(init=False)
    _bodies: Bodies = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bodies", Bodies(self.operations.limits.json_depth))
        places = self.places or Places(self.operations.limits)
        events = GraphQLOverSSE(self.operations, self.open_context, places, self.trust)
        object.__setattr__(self, "_events", events)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # the first of a name counts
        media = _preferred(headers.get(b"accept"), self._offered(scope))
        if media == EVENT_STREAM:
            await self._stream(scope, headers, receive, send)
            return
        try:
            answer = await self._answer(scope, headers, receive, media)
        except Refusal as refusal:
            answer = _refuse(refusal, media)
        except ClientDisconnect:
            return
        await _send(answer, send)

    def _offered(self, scope: Scope) -> tuple[str, ...]:
        page = self.explorer is not None and scope["method"] == "GET"
        if page and ASKING.isdisjoint(QueryParams(scope["query_string"])):
            return (HTML, GRAPHQL, JSON, EVENT_STREAM)
        return (GRAPHQL, JSON, EVENT_STREAM)

    async def _answer(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, media: str | None
    ) -> Answer:
        if scope["method"] not in METHODS:
            raise _other_method()
        if media is None:
            raise Refusal(406, f"The answer is {GRAPHQL} or {JSON}; neither is accepted.")
        if media == HTML and self.explorer is not None:
            return Answer(200, self.explorer.page(), HTML, PAGE_HEADERS)
        parameters = await self._parameters(scope, headers, receive)
        cost: Cost = {} if ASKS_COST in headers else None
        result = await self._execute(Request(scope, receive), parameters, cost)
        return _respond(result, media, cost)

    async def _stream(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Answer by a stream of events, or as ever where there can be none."""
        try:
            if scope["method"] not in METHODS:
                raise _other_method()
            parameters = await self._parameters(scope, headers, receive)
            await self._events.answer(Request(scope, receive), parameters, send)
        except Refusal as refusal:
            await _send(_refuse(refusal, JSON), send)
        except Problem as problem:
            await _send(_respond(problem, JSON), send)
        except ClientDisconnect:
            return

    async def _parameters(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Parameters:
        try:
            if scope["method"] == "GET":
                return from_url(QueryParams(scope["query_string"]))
            if is_multipart(headers):
                return checked(await read_multipart(scope, receive, self.operations.limits))
            _check_content(headers)
            body = await read_body(headers, receive, self.operations.limits.body_bytes)
            return self._bodies.read(body)
        except BadInput as problem:
            raise Refusal(400, problem.message) from None
        except HTTPException as error:
            raise Refusal(error.status_code, error.detail, CLOSE) from None

    async def _execute(
        self, request: Request, parameters: Parameters, cost: Cost
    ) -> ExecutionResult | Problem:
        entrance = self.operations.entrance
        try:
            async with self.open_context(request) as context:
                source = parameters.memo.source
                if source is None:
                    try:
                        source = self.trust.source(parameters, known=is_known(context))
                    except BadInput as problem:
                        return problem_result(problem)
                work = self.operations.execute(
                    source,
                    context=context,
                    variables=parameters.variables,
                    operation_name=parameters.operation_name,
                    queries_only=request.method == "GET",
                    memo=parameters.memo,
                )
                result = await while_connected(request.receive, work)
                entrance.tell(request.scope, context)
                if cost is not None:
                    cost |= entrance.report(context) or {}
                return result
        except Problem as problem:
            return problem


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """The body, read no further than the limit; raises `Refusal` with status 413 beyond it."""
    declared = headers.get(b"content-length", b"0")
    too_large = declared.isdigit() and int(declared[:20]) > limit
    chunks: list[bytes] = []
    size, more = 0, True
    while more and not too_large:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        too_large = size > limit
    if too_large:
        raise Refusal(413, f"The body is longer than {limit} bytes.", CLOSE)
    return b"".join(chunks)


@lru_cache(maxsize=64)
def _preferred(accept: bytes | None, offered: tuple[str, ...]) -> str | None:
    return preferred(None if accept is None else accept.decode("latin-1"), offered)


def _check_content(headers: Mapping[bytes, bytes]) -> None:
    if (flaw := _content_flaw(headers.get(b"content-type", b""))) is not None:
        raise Refusal(415, flaw)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refusal(415, "Send the request without a content encoding.", NO_ENCODING)


@lru_cache(maxsize=64)
def _content_flaw(content_type: bytes) -> str | None:
    """What is wrong with a `Content-Type`, or None."""
    name, *parameters = content_type.decode("latin-1").lower().split(";")
    if name.strip() != JSON:
        return f"Send the request as {JSON}."
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            return "Send the request in UTF-8."
    return None


def _respond(result: ExecutionResult | Problem, media: str, cost: Cost = None) -> Answer:
    if isinstance(result, Problem):
        status = STATUS.get(result.code, 400)
        return _json(status, _error(result.message, result.extensions), media)
    kept = told(result)
    if isinstance(result, Executed) and result.errors is None:
        body: dict[str, Any] = {"data": result.data}
        if cost:
            body["extensions"] = {"cost": cost}
        return _json(200, body, media, *kept)
    body = body_of(result)
    if cost:
        body["extensions"] = {"cost": cost}
    if isinstance(cause := _first_cause(result), NotAQuery):
        return _json(405, body, media, ALLOW)
    if isinstance(cause, NotOneResult):
        return _json(406, body, media)
    return _json(_status(result, media), body, media, *kept)


def _status(result: ExecutionResult, media: str) -> int:
    """§6.4: JSON is 200 for any GraphQL response, the GraphQL type tells requests that failed.

    Where the same may be asked again later both say so, as proxies and clients go by that.
    """
    code = (result.errors[0].extensions or {}).get("code") if result.errors else None
    if result.data is None and code in LATER:
        return LATER[code]
    if executed(result) or media == JSON:
        return 200
    return next((status for known, status in STATUS.items() if known == code), 400)


def _first_cause(result: ExecutionResult) -> Exception | None:
    return result.errors[0].original_error if result.errors else None


def _refuse(refusal: Refusal, media: str | None) -> Answer:
    body = _error(str(refusal), {"code": str(Code.BAD_USER_INPUT)})
    known = media if media == GRAPHQL else JSON
    return _json(refusal.status, body, known, *refusal.headers)


def _error(message: str, extensions: Mapping[str, object]) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": extensions}]}


def _json(status: int, body: Any, media: str, *headers: Header) -> Answer:
    found = (*HEADERS.get(status, ()), *headers)
    if status == TOO_MANY:
        seconds = body["errors"][0]["extensions"]["retryAfter"]
        found = (*found, (b"retry-after", b"%d" % seconds))
    return Answer(status, encode(body), media, found)


async def _send(answer: Answer, send: Send) -> None:
    length = (b"content-length", b"%d" % len(answer.body))
    headers = [*answer.headers, length, CONTENT_TYPES[answer.media]]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
