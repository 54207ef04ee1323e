"""Who opens a connection: the token in the payload of `connection_init`, or that of the request.

A web page cannot add a header to a WebSocket; so it says in its first message what a header would.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from app.auth import MALFORMED, credential, read_bearer
from app.errors import BadInput, Forbidden, Unauthenticated, Unproven
from app.origins import refuse_foreign

TOKENLESS = (
    "Give a token: {“Authorization”: “Bearer …”} as payload of connection_init, or the cookie."
)

Headers = Iterable[tuple[bytes, bytes]]


def credential_of(
    headers: Headers, payload: Mapping[str, Any] | None, allowed: Collection[bytes]
) -> str:
    """The token as it was sent: in the payload, in the request's `Authorization`, or as its cookie.

    Raises `BadInput` for one that is no text, `Unauthenticated` where there is none, and
    `Forbidden` for the cookie of a page of a foreign origin.
    """
    given = _given(payload or {})
    if given is not None:
        return given
    token = credential(headers)
    if token is None:
        raise Unauthenticated(TOKENLESS)
    try:
        refuse_foreign(headers, allowed)
    except Unauthenticated as foreign:
        raise Forbidden(foreign.message) from None
    return token


def _given(payload: Mapping[str, Any]) -> str | None:
    for name, value in payload.items():
        kind = name.lower()
        if kind not in ("authorization", "token") or value is None:
            continue
        if not isinstance(value, str):
            raise BadInput(f"{name}: a text is required.", field=name)
        token = read_bearer(value) if kind == "authorization" else value.strip()
        if not token:
            raise Unproven(MALFORMED)
        return token
    return None
