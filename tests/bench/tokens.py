"""The baselines' authentication: the same tokens as the service's, remembered until they expire."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

MOST = 1000


class Refused(Exception):
    """There is no token, or it is not to be believed, or nobody knows its user."""


class Tokens:
    """Who sent a request, by its `Authorization`. `find` gives the user's id for a subject."""

    def __init__(self, secret_file: Path, find: Callable[[str], Awaitable[str | None]]) -> None:
        self._key = OctKey.import_key(secret_file.read_bytes())
        self._find = find
        self._known: dict[str, tuple[float, str]] = {}

    async def user(self, authorization: str) -> str:
        """The id of the user; raises `Refused`."""
        known = self._known.get(authorization)
        if known is not None and known[0] > time.time():
            return known[1]
        subject, expires = verify(self._key, authorization)
        user = await self._find(subject)
        if user is None:
            raise Refused
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[authorization] = (expires, user)
        return user


def verify(key: OctKey, authorization: str) -> tuple[str, float]:
    """Subject and expiry of a bearer token with a right signature; raises `Refused`."""
    scheme, _, token = authorization.partition(" ")
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
    except (JoseError, ValueError) as error:
        raise Refused from error
    if scheme.lower() != "bearer" or claims.get("exp", 0) <= time.time():
        raise Refused
    return str(claims["sub"]), float(claims["exp"])
