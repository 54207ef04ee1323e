"""What an HTTP request asks of GraphQL: its parameters, or why it is no GraphQL request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from app.errors import BadInput
from app.limits import Limits
from app.media_types import JSON
from app.multipart import is_multipart, read_multipart
from app.parameters import Bodies, Parameters, checked, from_url

Header = tuple[bytes, bytes]

METHODS = ("GET", "POST")
ALLOW = (b"allow", b"GET, POST")
CLOSE = (b"connection", b"close")
NO_ENCODING = (b"accept-encoding", b"")


class Refusal(Exception):
    """An HTTP request that is no GraphQL request; its status does not depend on the media type."""

    def __init__(self, status: int, message: str, *headers: Header) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def check_method(method: str) -> None:
    if method not in METHODS:
        raise Refusal(405, "Send GraphQL requests with GET or POST.", ALLOW)


class Requests:
    """Reads requests within the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bodies = Bodies(limits.json_depth)

    async def read(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Parameters:
        """Raises `Refusal`, and `ClientDisconnect` where the client goes."""
        try:
            if scope["method"] == "GET":
                return from_url(QueryParams(scope["query_string"]))
            if is_multipart(headers):
                return checked(await read_multipart(scope, receive, self._limits))
            _check_content(headers)
            body = await _body(headers, receive, self._limits.body_bytes)
            return self._bodies.read(body)
        except BadInput as problem:
            raise Refusal(400, problem.message) from None
        except HTTPException as error:
            raise Refusal(error.status_code, error.detail, CLOSE) from None


async def _body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
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
