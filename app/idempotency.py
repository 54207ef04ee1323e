"""Idempotency keys: what a request may be sent with, so that it can be sent again.

draft-ietf-httpapi-idempotency-key-header. A key is a caller's, for one request of one operation: an
operation of the REST API by its name, or all requests to `/graphql` together.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from graphql import ExecutionResult, GraphQLError, GraphQLFormattedError

from app.compiling import Executed
from app.errors import BadInput

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = (b"idempotency-replayed", b"true")
LONGEST: Final = 255

#: The operation that every request to `/graphql` is one of.
GRAPHQL: Final = "/graphql"

_NAME: Final = HEADER.lower().encode()
#: A string of structured fields (RFC 8941 §3.3.3), or the same without its quotes, as many send it.
_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"')
_BARE: Final = re.compile(r"[!#-\[\]-~]+")


@dataclass(frozen=True)
class Asked:
    """An operation, and a digest of all else that was sent, by which the same request is known."""

    operation: str
    digest: str


class Once(Protocol):
    """The one time that a request with a key is executed."""

    async def run(
        self,
        execute: Callable[[], Awaitable[ExecutionResult]],
        asked: Asked,
        seconds: float,
    ) -> ExecutionResult:
        """The result, or `Replayed`; its errors may be shown.

        Raises `BadInput` for what is no key, `KeyReused` for one that came with another request,
        `LimitExceeded` for an answer too long to be kept, and `Unavailable` after `seconds`.
        """
        ...


class Replayed(Executed):
    """The result that the same request had before."""

    __slots__ = ()

    def __init__(self, result: ExecutionResult) -> None:
        super().__init__(result, "the answer was kept")


class KeptError(GraphQLError):
    """An error as it was told before."""

    def __init__(self, told: GraphQLFormattedError) -> None:
        super().__init__(
            told["message"], path=told.get("path"), extensions=dict(told.get("extensions") or {})
        )
        self.told = told

    @property
    def formatted(self) -> GraphQLFormattedError:
        return self.told


def told(result: object) -> tuple[tuple[bytes, bytes], ...]:
    """The header of an answer that was kept; none of another one."""
    return (REPLAYED,) if isinstance(result, Replayed) else ()


def given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The text of the header, as it was sent."""
    for name, value in headers:
        if name == _NAME:
            return value.decode("latin-1")
    return None


def read_key(text: str) -> str:
    """The key in a header; raises `BadInput` for what is none."""
    text = text.strip()
    found = _QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", found[1]) if found else text
    if not (found or _BARE.fullmatch(text)) or len(key) > LONGEST:
        message = f"{HEADER}: expected 1 to {LONGEST} visible ASCII characters, in quotes."
        raise BadInput(message, field=HEADER)
    return key


def id_of(user_id: UUID, operation: str, key: str) -> UUID:
    """What the key of that user is known by; nothing can be told from it."""
    parts = (user_id.hex, operation, key)
    return UUID(bytes=hashlib.sha256("\0".join(parts).encode()).digest()[:16])


def asked(operation: str, source: str, variables: Mapping[str, Any]) -> Asked:
    """The request: members of objects may be in any order."""
    text = json.dumps([source, variables], sort_keys=True, default=_digest)
    return Asked(operation, hashlib.sha256(text.encode()).hexdigest())


def _digest(value: object) -> str:
    """What stands for a file, or for a JSON text that is handed on as it came."""
    data = value if isinstance(value, bytes) else str(value).encode()
    return hashlib.sha256(data).hexdigest()
