"""What can go wrong, as one tree of outcomes with a stable code each.

    Problem
    ├── BadInput          BAD_USER_INPUT, and the codes of `app.trust`
    │   └── Conflict      CONFLICT
    ├── Unauthenticated   UNAUTHENTICATED
    │   └── Unproven
    ├── Forbidden         FORBIDDEN
    ├── NotFound          NOT_FOUND
    ├── VersionConflict   VERSION_CONFLICT
    ├── KeyReused         IDEMPOTENCY_KEY_REUSED
    ├── LimitExceeded     LIMIT_EXCEEDED
    │   └── TooMany       TOO_MANY_REQUESTS
    ├── Lagging           LAGGING
    └── Unavailable       UNAVAILABLE
        ├── Unwritable
        └── SnapshotLost

A `Problem` is an answer to the caller: its message is shown as it stands. Every
other exception is a bug, and is masked at the edge of the service.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Code(StrEnum):
    """The values of `extensions.code` in a GraphQL error."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    CONFLICT = "CONFLICT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    LAGGING = "LAGGING"
    UNAVAILABLE = "UNAVAILABLE"
    DOCUMENT_NOT_FOUND = "DOCUMENT_NOT_FOUND"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class Problem(Exception):
    """An outcome the caller is told about.

    `field` names the input at fault, in the caller's spelling. graphql-core copies
    `extensions` of an original error into the GraphQL error it raises for it.
    """

    code: ClassVar[Code]

    def __init__(self, message: str, *, field: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.extensions: dict[str, object] = {"code": str(self.code), **details}
        if field is not None:
            self.extensions["field"] = field


class BadInput(Problem):
    """A value the operation cannot accept."""

    code = Code.BAD_USER_INPUT


class Conflict(BadInput):
    """A value that something else already holds."""

    code = Code.CONFLICT


#: What a caller without a token is told, whatever they asked.
TOKENLESS = "This needs a token: send `Authorization: Bearer <token>`."


class Unauthenticated(Problem):
    """No token, or one that does not prove who is calling."""

    code = Code.UNAUTHENTICATED


class Unproven(Unauthenticated):
    """A token that nobody signed whom the service trusts, or what is no token at all."""


class Forbidden(Problem):
    """A caller without the permission key that the field asks for."""

    code = Code.FORBIDDEN


class NotFound(Problem):
    """Nothing of that name that the caller may see."""

    code = Code.NOT_FOUND


class VersionConflict(Problem):
    """A change of a row that is no longer, or never was, of the version that the caller expects."""

    code = Code.VERSION_CONFLICT


class KeyReused(Problem):
    """An idempotency key that came before, with another request."""

    code = Code.IDEMPOTENCY_KEY_REUSED


class LimitExceeded(Problem):
    """A request larger than the service accepts; `limits` says which and how far."""

    code = Code.LIMIT_EXCEEDED


class TooMany(LimitExceeded):
    """More requests than the caller may send; `retryAfter` is in how many seconds to try again."""

    code = Code.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, limits: object, retry_after: int = 1) -> None:
        super().__init__(message, limits=limits, retryAfter=retry_after)


class Lagging(Problem):
    """A subscriber who takes events more slowly than they come, and has to subscribe anew."""

    code = Code.LAGGING


class Unavailable(Problem):
    """What the service needs was not to be had in time; the same request may be sent again."""

    code = Code.UNAVAILABLE


class Unwritable(Unavailable):
    """Nothing can be written until an operator makes room, or gives the right to."""


class SnapshotLost(Unavailable):
    """What has been read so far has no continuation; reading it all anew may succeed at once."""
