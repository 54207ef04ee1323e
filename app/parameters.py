"""The parameters of a GraphQL request, from a URL or a body, and the requests that came last.

https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams
from starlette.types import Scope

from app.compiling import Memo
from app.errors import BadInput
from app.recent import Recent
from app.strict_json import decode

#: Of the bodies that are remembered: how many there are, and how long they are at most (bytes).
MOST_BODIES = 1_000
LONGEST_BODY = 2_048

#: The same of addresses, in characters.
MOST_ADDRESSES = 1_000
LONGEST_ADDRESS = 1_024

#: Lower-case hexadecimal digits, as Apollo's clients send the hash of a document.
SHA256 = re.compile(r"[0-9a-f]{64}")

#: What may be left out of a request, or be null.
TEXT, OBJECT = str | None, dict | None


@dataclass(frozen=True)
class Parameters:
    """What is asked. `memo` is for what is found out about it, in case it is asked again.

    The document is given by its text, by an id that the service knows, or by its hash; with both
    text and hash it is to be found by the hash from now on. `app.trust` finds it.
    """

    query: str | None
    operation_name: str | None
    variables: dict[str, Any] | None
    document_id: str | None = None
    sha256: str | None = None
    memo: Memo = field(default_factory=Memo, compare=False)


class Bodies:
    """Reads bodies, and those that came last only once: many callers ask the same, again and again.

    Nobody can change what others are given: a body is not remembered if a variable of it is a list
    or an object.
    """

    def __init__(self, json_depth: int) -> None:
        self._json_depth = json_depth
        self._last: Recent[bytes, Parameters] = Recent(MOST_BODIES)

    def read(self, body: bytes) -> Parameters:
        """The parameters in a body; raises `BadInput`."""
        found = self._last.get(body)
        if found is None:
            found = checked(decode(body, max_depth=self._json_depth))
            if len(body) <= LONGEST_BODY and not _nested(found.variables or {}):
                self._last.add(body, found)
        return found


class Addresses:
    """What is found out about requests that are the same by their address: those without a body."""

    def __init__(self) -> None:
        self._last: Recent[tuple[str, bytes], Memo] = Recent(MOST_ADDRESSES)

    def memo(self, scope: Scope) -> Memo | None:
        """The memo of a request; None where that is not all that it asks."""
        key = scope["path"], scope["query_string"]
        if scope["method"] != "GET" or len(key[0]) + len(key[1]) > LONGEST_ADDRESS:
            return None
        memo = self._last.get(key)
        if memo is None:
            memo = Memo()
            self._last.add(key, memo)
        return memo


def _nested(variables: dict[str, Any]) -> bool:
    return any(isinstance(value, dict | list) for value in variables.values())


def from_url(query: QueryParams) -> Parameters:
    """The parameters in a URL; raises `BadInput`."""
    given: dict[str, Any] = {}
    for name, value in query.multi_items():
        if name in given:
            raise BadInput("A parameter of the URL is given twice.")
        given[name] = value
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = decode(given[name])
    return checked(given)


def checked(given: object) -> Parameters:
    """The parameters, of the types §5.1 gives them; unknown ones are ignored, as it asks."""
    if isinstance(given, list):
        raise BadInput("Batches are not accepted; send one operation for each request.")
    if not isinstance(given, dict):
        raise BadInput("The request is a JSON object.")
    if not isinstance(given.get("documentId"), TEXT):
        raise BadInput("documentId: a text or null is required.")
    if not isinstance(given.get("operationName"), TEXT):
        raise BadInput("operationName: a text or null is required.")
    for name in ("variables", "extensions"):
        if not isinstance(given.get(name), OBJECT):
            raise BadInput(f"{name}: an object or null is required.")
    query, document_id = given.get("query"), given.get("documentId")
    sha256 = _persisted(given.get("extensions") or {})
    if not isinstance(query, str) and (query is not None or (document_id or sha256) is None):
        raise BadInput("query: the text of a GraphQL document is required.")
    if document_id is not None and (query or sha256) is not None:
        raise BadInput("documentId: send this, or the query, or its hash.")
    return Parameters(
        query, given.get("operationName"), given.get("variables"), document_id, sha256
    )


def _persisted(extensions: dict[str, Any]) -> str | None:
    """The hash of a document, where a client asks for automatic persisted queries."""
    asked = extensions.get("persistedQuery")
    if asked is None:
        return None
    hash_ = asked.get("sha256Hash") if isinstance(asked, dict) else None
    if not isinstance(hash_, str) or SHA256.fullmatch(hash_) is None:
        raise BadInput("extensions.persistedQuery: sha256Hash is 64 hexadecimal digits.")
    if asked.get("version") != 1:
        raise BadInput("extensions.persistedQuery: version 1 is supported.")
    return hash_
