"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.http.ides import get_graphql_ide_html

from app.disconnects import while_connected
from app.errors import BadInput, Code, Problem
from app.media_types import GRAPHQL, HTML, JSON, preferred
from app.operations import NotAQuery, Operations
from app.strict_json import decode, encode

OpenContext = Callable[[Request], AbstractAsyncContextManager[object]]

ALLOW = {"Allow": "GET, POST"}

# A result without data, by the code of its first error. Anything else the caller got wrong is 400.
STATUS = {
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL_SERVER_ERROR: 500,
}
HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}


class Refusal(Exception):
    """An HTTP request that is no GraphQL request; its status does not depend on the media type."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Parameters:
    """The request parameters of §5.1."""

    query: str
    operation_name: str | None
    variables: dict[str, Any] | None


@dataclass(frozen=True)
class GraphQLOverHTTP:
    """The endpoint, an ASGI application.

    `open_context` makes the value resolvers find in `info.context`, once for each request, and
    may raise a `Problem` such as `Unauthenticated` in place of it. With `explorer`, a browser is
    shown GraphiQL.
    """

    operations: Operations
    open_context: OpenContext
    explorer: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media = preferred(request.headers.get("accept"), self._offered(request))
        try:
            response = await self._answer(request, media)
        except Refusal as refusal:
            response = _refuse(refusal, media)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    def _offered(self, request: Request) -> tuple[str, ...]:
        page = self.explorer and request.method == "GET" and "query" not in request.query_params
        return (HTML, GRAPHQL, JSON) if page else (GRAPHQL, JSON)

    async def _answer(self, request: Request, media: str | None) -> Response:
        if request.method not in ("GET", "POST"):
            raise Refusal(405, "Send GraphQL requests with GET or POST.", ALLOW)
        if media is None:
            raise Refusal(406, f"The answer is {GRAPHQL} or {JSON}; neither is accepted.")
        if media == HTML:
            return HTMLResponse(get_graphql_ide_html())
        parameters = await self._parameters(request)
        result = await self._execute(request, parameters)
        return _respond(result, media)

    async def _parameters(self, request: Request) -> Parameters:
        try:
            if request.method == "GET":
                return _from_url(request)
            _check_content(request)
            body = await read_body(request, self.operations.limits.body_bytes)
            return _checked(decode(body, max_depth=self.operations.limits.json_depth))
        except BadInput as problem:
            raise Refusal(400, problem.message) from None

    async def _execute(self, request: Request, parameters: Parameters) -> ExecutionResult | Problem:
        try:
            async with self.open_context(request) as context:
                work = self.operations.execute(
                    parameters.query,
                    context=context,
                    variables=parameters.variables,
                    operation_name=parameters.operation_name,
                    queries_only=request.method == "GET",
                )
                return await while_connected(request.receive, work)
        except Problem as problem:
            return problem


async def read_body(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit; raises `Refusal` with status 413 beyond it."""
    body = bytearray()
    declared = request.headers.get("content-length", "0")
    too_large = declared.isdecimal() and int(declared[:20]) > limit
    if not too_large:
        async for chunk in request.stream():
            body += chunk
            if too_large := len(body) > limit:
                break
    if too_large:
        raise Refusal(413, f"The body is longer than {limit} bytes.", {"Connection": "close"})
    return bytes(body)


def _check_content(request: Request) -> None:
    name, *parameters = request.headers.get("content-type", "").lower().split(";")
    if name.strip() != JSON:
        raise Refusal(415, f"Send the request as {JSON}.")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip(' "') not in ("utf-8", "utf8"):
            raise Refusal(415, "Send the request in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "Send the request without a content encoding.", {"Accept-Encoding": ""})


def _from_url(request: Request) -> Parameters:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise BadInput("A parameter of the URL is given twice.")
        given[name] = value
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = decode(given[name])
    return _checked(given)


def _checked(given: object) -> Parameters:
    """The parameters, of the types §5.1 gives them; unknown ones are ignored, as it asks."""
    if isinstance(given, list):
        raise BadInput("Batches are not accepted; send one operation for each request.")
    if not isinstance(given, dict):
        raise BadInput("The request is a JSON object.")
    if not isinstance(given.get("query"), str):
        raise BadInput("query: the text of a GraphQL document is required.")
    if not isinstance(given.get("operationName"), str | None):
        raise BadInput("operationName: a text or null is required.")
    for name in ("variables", "extensions"):
        if not isinstance(given.get(name), dict | None):
            raise BadInput(f"{name}: an object or null is required.")
    return Parameters(given["query"], given.get("operationName"), given.get("variables"))


def _respond(result: ExecutionResult | Problem, media: str) -> Response:
    if isinstance(result, Problem):
        status = STATUS.get(result.code, 400)
        return _json(status, _error(result.message, result.extensions), media)
    body: dict[str, Any] = {**result.formatted}
    if not _executed(result):
        del body["data"]
    if isinstance(_first_cause(result), NotAQuery):
        return _json(405, body, media, ALLOW)
    return _json(_status(result, media), body, media)


def _status(result: ExecutionResult, media: str) -> int:
    """§6.4: JSON is 200 for any GraphQL response, the GraphQL type tells requests that failed.

    Where the service is unavailable both say so, because that is what proxies and clients retry.
    """
    code = (result.errors[0].extensions or {}).get("code") if result.errors else None
    if result.data is None and code == Code.UNAVAILABLE:
        return 503
    if _executed(result) or media == JSON:
        return 200
    return next((status for known, status in STATUS.items() if known == code), 400)


def _executed(result: ExecutionResult) -> bool:
    """Whether there is an entry `data`: only errors of an execution have a path."""
    return result.data is not None or any(error.path for error in result.errors or ())


def _first_cause(result: ExecutionResult) -> Exception | None:
    return result.errors[0].original_error if result.errors else None


def _refuse(refusal: Refusal, media: str | None) -> Response:
    body = _error(str(refusal), {"code": str(Code.BAD_USER_INPUT)})
    return _json(refusal.status, body, media if media == GRAPHQL else JSON, refusal.headers)


def _error(message: str, extensions: Mapping[str, object]) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": extensions}]}


def _json(
    status: int, body: object, media: str, headers: Mapping[str, str] | None = None
) -> Response:
    merged = {**HEADERS.get(status, {}), **(headers or {})}
    return Response(encode(body), status, merged, f"{media}; charset=utf-8")
