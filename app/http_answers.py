"""The HTTP response to a GraphQL request: §6 of GraphQL over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import ExecutionResult
from starlette.types import Send

from app.compiling import Executed
from app.documents import NotAQuery, NotOneResult
from app.errors import Code, Problem
from app.graphql_errors import body as body_of
from app.graphql_errors import executed
from app.http_requests import ALLOW, Header, Refusal
from app.idempotency import told
from app.media_types import GRAPHQL, HTML, JSON
from app.strict_json import encode

Cost = dict[str, float] | None

TOO_MANY = 429
CONTENT_TYPES = {
    media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (GRAPHQL, JSON, HTML)
}

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


class Answer(NamedTuple):
    """A response; the length and the media type are headers that every one has."""

    status: int
    body: bytes
    media: str
    headers: tuple[Header, ...] = ()


def respond(result: ExecutionResult | Problem, media: str, cost: Cost = None) -> Answer:
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


def refuse(refusal: Refusal, media: str | None) -> Answer:
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


async def send_answer(answer: Answer, send: Send) -> None:
    length = (b"content-length", b"%d" % len(answer.body))
    headers = [*answer.headers, length, CONTENT_TYPES[answer.media]]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
