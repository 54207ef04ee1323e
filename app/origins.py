"""Which web pages may use the token that a browser keeps as a cookie.

A browser sends its cookies with every request to this service, whichever page made it send that.
The header `Origin` tells whose page it was (https://fetch.spec.whatwg.org/#origin-header).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.errors import Unauthenticated

FOREIGN = "A page of another origin may not use the cookie; see MESHGRAPH_ALLOWED_ORIGINS."


def refuse_foreign(headers: Iterable[tuple[bytes, bytes]], allowed: Collection[bytes]) -> None:
    """Raise `Unauthenticated` when the cookie's token is sent by a page of a foreign origin.

    An origin is foreign that is neither allowed by name nor that of the request's own host. A
    request with an `Authorization` is nobody's accident.
    """
    told = dict(headers)  # the last of a name counts: a browser sends one
    origin = told.get(b"origin")
    if origin is None or b"authorization" in told or origin in allowed:
        return
    # The scheme is not compared: a proxy that ends TLS passes on the host alone.
    host = origin.partition(b"://")[2]
    if not host or host != told.get(b"host", b"").lower():
        raise Unauthenticated(FOREIGN)
