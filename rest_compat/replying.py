"""Result → response: a body, nothing, or a status with a sentence of plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import ExecutionResult, GraphQLError
from starlette.responses import PlainTextResponse, Response

from app.errors import BadInput, Code, NotFound, Problem
from rest_compat.conditions import ETAG, entity_tag
from rest_compat.documents import Operation
from rest_compat.endpoints import Endpoint
from rest_compat.reading import HEADERS as GIVEN
from rest_compat.shaping import Reshape

Encode = Callable[[object], bytes]


class Reported(Problem):
    """A problem as a GraphQL error reports it; without a code of its own, it is a bug."""

    code = Code.INTERNAL_SERVER_ERROR


#: The API documents no 403: lacking privilege is 401. Nor does it document 429 and 503, by which
#: clients and proxies know that the same may be asked again later; nor 412 and 422, which
#: only those get who send a header that it does not document either.
STATUSES: Final[Mapping[str, int]] = {
    Code.BAD_USER_INPUT: 400,
    Code.CONFLICT: 400,
    Code.LIMIT_EXCEEDED: 400,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 401,
    Code.NOT_FOUND: 404,
    Code.VERSION_CONFLICT: 412,
    Code.IDEMPOTENCY_KEY_REUSED: 422,
    Code.TOO_MANY_REQUESTS: 429,
    Code.UNAVAILABLE: 503,
}

#: Headers that belong to a code.
HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    Code.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"},
    Code.UNAVAILABLE: {"Retry-After": "1"},
}

#: What graphql-core says of a variable, and the same for somebody who sent no GraphQL.
_VARIABLE: Final = re.compile(
    r"Variable '\$(\w+)' has invalid value(?: at \.?([^:]+))?: (.*)", re.DOTALL
)
_REASONS: Final = (
    (re.compile(r".*?Expected (a UUID.*)", re.DOTALL), r"expected \1"),
    (re.compile(r"ID cannot represent.*", re.DOTALL), "expected a UUID."),
    (re.compile(r"String cannot represent.*", re.DOTALL), "expected a text."),
    (re.compile(r"Boolean cannot represent.*", re.DOTALL), "expected true or false."),
    (re.compile(r"Int cannot represent.*", re.DOTALL), "expected a whole number."),
    (re.compile(r"Expected a value of non-null type.*", re.DOTALL), "this is required."),
    (re.compile(r"Expected value of non-null type.*", re.DOTALL), "this must not be null."),
)


def encode_json(value: object) -> bytes:
    """Compact JSON in UTF-8; a number keeps all its digits."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def reply(
    endpoint: Endpoint,
    operation: Operation,
    reshape: Reshape,
    result: ExecutionResult,
    encode: Encode = encode_json,
) -> Response:
    """The documented answer. A result with errors has no body, however much of it there is.

    Raises the `Problem` that the result holds.
    """
    if result.errors:
        raise renamed(problem_of(result.errors[0]), operation.arguments)
    if operation.path is None:
        return Response(status_code=endpoint.status)
    value = _at(result.data, operation.path)
    if value is None:
        raise _nothing(operation, result.data)
    headers = {}
    if operation.etag is not None:
        headers["ETag"] = entity_tag(_at(result.data, operation.etag))
        if operation.etag[:-1] == operation.path:
            value = {name: each for name, each in value.items() if name != ETAG}
    body = encode(reshape(value))
    return Response(body, endpoint.status, headers, media_type="application/json")


def _nothing(operation: Operation, data: Any) -> NotFound:
    """What to say of a null on the way to the body: which id it was looked up by."""
    assert operation.path is not None
    steps = range(1, len(operation.path) + 1)
    ends = next(step for step in steps if _at(data, operation.path[:step]) is None)
    text, field = "nothing of this id, or nothing that you may see.", operation.sought[ends - 1]
    return NotFound(f"{field}: {text}" if field else text.capitalize(), field=field)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """The value that the path leads to; None where there is a null on the way."""
    for name in path:
        value = None if value is None else value.get(name)
    return value


def problem_of(error: GraphQLError) -> Problem:
    """The problem that an error reports; what has no code and no path is about the input."""
    code = (error.extensions or {}).get("code")
    if (found := _VARIABLE.match(error.message)) is not None:
        return BadInput(f"{found[2] or found[1]}: {_reason(found[3])}", field=found[1])
    if code is None and error.path is None:
        return BadInput(error.message)
    problem = Reported(error.message)
    problem.extensions.update(error.extensions or {})
    return problem


def renamed(problem: Problem, names: Mapping[str, str]) -> Problem:
    """The problem in the words of somebody who gave a variable, and knows of no argument."""
    field = str(problem.extensions.get("field"))
    if (name := names.get(field)) is not None:
        name = GIVEN[name][0] if name in GIVEN else name
        problem.extensions["field"] = name
        problem.message = problem.message.replace(f"{field}:", f"{name}:", 1)
    return problem


def _reason(text: str) -> str:
    for pattern, friendly in _REASONS:
        if pattern.match(text):
            return pattern.sub(friendly, text)
    return text


def refuse(endpoint: Endpoint, problem: Problem, path: Mapping[str, str]) -> Response:
    """A problem as a status of the endpoint, in plain text or, if documented so, without any."""
    status, headers = told(problem)
    if status == 404 and status not in endpoint.statuses:  # noqa: PLR2004 - HTTP
        status = 400
    elif status == 400 and _names_nothing(endpoint, problem, path):  # noqa: PLR2004 - HTTP
        status = 404
    if endpoint.is_silent(status):
        return Response(status_code=status, headers=headers)
    return PlainTextResponse(problem.message, status_code=status, headers=headers)


def told(problem: Problem) -> tuple[int, dict[str, str]]:
    """The status of a problem, wherever it arises, and the headers that belong to it."""
    code = str(problem.extensions["code"])
    headers = dict(HEADERS.get(code, {}))
    if (seconds := problem.extensions.get("retryAfter")) is not None:
        headers["Retry-After"] = str(seconds)
    return STATUSES.get(code, 500), headers


def _names_nothing(endpoint: Endpoint, problem: Problem, path: Mapping[str, str]) -> bool:
    """Whether the fault is an id in the path, where 404 is documented and 400 is not."""
    faulty = problem.extensions.get("field")
    return faulty in path and 400 not in endpoint.statuses and 404 in endpoint.statuses  # noqa: PLR2004
