"""What a token says, and whether to believe it once its signature has been verified.

RFC 7519 §4.1 (claims), RFC 8725 §3 (best practice).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.errors import Unauthenticated

#: Seconds that the clocks of issuer and service may differ where a token begins, and where it ends:
#: to begin early harms nobody, and whoever is let in after the end may be somebody who was put out.
LEEWAY, GRACE = 60, 3
LONGEST_NAME = 255  # OpenID Connect Core §2 for `sub`; as good a bound for email and name

EXPIRED = "The token has expired."
INVALID = "The token is not valid."
NOT_YET = "The token is not valid yet."
ENDLESS = "The token must have an expiry time."
TOO_LONG_LIVED = "The token is valid for longer than this service accepts."


@dataclass(frozen=True)
class Claims:
    """Who is calling. Rights are never claims: they are read from the database."""

    subject: str
    email: str | None
    name: str | None
    expires_at: int | None


@dataclass(frozen=True)
class Rules:
    """What the tokens of one issuer must satisfy; None means not checked."""

    issuer: str | None = None
    audience: str | None = None
    allow_no_exp: bool = False
    max_lifetime: int = 86_400


#: Whole seconds, no later than the year 9999, where calendars of most libraries end.
NumericDate = Annotated[int, Meta(ge=0, le=253_402_300_799)]


class Payload(msgspec.Struct, frozen=True):
    """The claims that are read. Types are exact: `"exp": 1e9` or `"exp": null` is no integer."""

    sub: str
    iss: str | UnsetType = UNSET
    aud: str | list[str] | UnsetType = UNSET
    exp: NumericDate | UnsetType = UNSET
    nbf: NumericDate | UnsetType = UNSET
    iat: NumericDate | UnsetType = UNSET
    email: object = None
    name: object = None


def believe(payload: bytes, rules: Rules, now: int) -> Claims:
    """The claims in a verified payload; raises Unauthenticated when a rule is broken."""
    try:
        claims = msgspec.json.decode(payload, type=Payload)
    except (ValueError, RecursionError):
        raise Unauthenticated(INVALID) from None
    _check_identity(claims, rules)
    _check_times(claims, rules, now)
    return Claims(
        subject=claims.sub,
        email=_shown(claims.email),
        name=_shown(claims.name),
        expires_at=None if claims.exp is UNSET else claims.exp,
    )


def expired(expires_at: int | None, now: int) -> bool:
    """Whether a token is past its expiry time, and past the seconds of grace."""
    return expires_at is not None and expires_at + GRACE <= now


def _check_identity(claims: Payload, rules: Rules) -> None:
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud or []
    if (
        not _shown(claims.sub)
        or (rules.issuer is not None and claims.iss != rules.issuer)
        or (rules.audience is not None and rules.audience not in audiences)
    ):
        raise Unauthenticated(INVALID)


def _check_times(claims: Payload, rules: Rules, now: int) -> None:
    if any(begin is not UNSET and begin > now + LEEWAY for begin in (claims.nbf, claims.iat)):
        raise Unauthenticated(NOT_YET)
    if claims.exp is UNSET:
        if not rules.allow_no_exp:
            raise Unauthenticated(ENDLESS)
        return
    if expired(claims.exp, now):
        raise Unauthenticated(EXPIRED)
    begun = now + LEEWAY if claims.iat is UNSET else claims.iat
    if claims.exp - begun > rules.max_lifetime:
        raise Unauthenticated(TOO_LONG_LIVED)


def _shown(value: object) -> str | None:
    """A name fit to store: text, printable (no NUL or control characters), not blank."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_NAME:
        return None
    return value.strip() or None
