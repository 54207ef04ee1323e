"""Who is calling: the token of a request, its signature, its claims.

A token comes as `Authorization: Bearer <token>` or as cookie `token`, raw or as base64
of the JSON of an OAuth2 token (RFC 6749 §5.1), which is what Meshery's clients keep.
Which key verifies it follows from `alg` and `kid` among the keys configured here; a key,
or the address of one, inside the token is a reason to refuse it (RFC 8725 §3).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.requests import cookie_parser

from app.claims import INVALID, Claims, Rules, believe, expired
from app.errors import Unproven
from app.jwks import Fetch, Jwks, from_file, from_url
from app.local_tokens import ALGORITHM, ISSUER, issue, local_secret
from app.settings import Settings

__all__ = ["Authenticator", "Claims", "Trust", "credential", "issue", "local_secret"]

COOKIE = "token"
MALFORMED = "The Authorization header must be “Bearer <token>”."
MAX_TOKEN = 4096
MAX_WRAPPED = 16_384  # an access token, a refresh token and what base64 adds
TYPES = {"jwt", "at+jwt", "application/at+jwt"}  # RFC 7519 §5.1, RFC 9068 §2.1

Key = OctKey | RSAKey | ECKey
FindKey = Callable[[str | None, str], Awaitable[Key | None]]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The only parameters a token's header may have: `jwk`, `jku`, `x5u`, `crit` are not here."""

    alg: str
    kid: str | None = None
    typ: str = "JWT"
    x5t: str | None = None
    x5t_s256: str | None = msgspec.field(default=None, name="x5t#S256")


class OAuth2Token(msgspec.Struct, frozen=True):
    access_token: str


@dataclass(frozen=True)
class Trust:
    """How tokens of one algorithm are judged: where the key is found, and by which rules."""

    find: FindKey
    rules: Rules


class Authenticator:
    """Tells who sent a request. `trusts` is the complete list of accepted algorithms.

    `revision` says how often their keys have changed.
    """

    def __init__(
        self,
        trusts: Mapping[str, Trust],
        *,
        revision: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.revision = revision
        self._trusts = trusts
        self._registry = jws.JWSRegistry(algorithms=list(trusts))
        self._clock = clock

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Authenticator:
        """As configured; `fetch` stands in for getting the key set."""
        trusts, revision = _local_trust(settings), None
        if found := fetch or _fetcher(settings):
            jwks = Jwks(found)
            trusts |= _provider_trusts(settings, jwks)
            revision = jwks.revision
        accepted = {name: trusts[name] for name in settings.jwt_algorithms if name in trusts}
        return cls(accepted, revision=revision or (lambda: 0), clock=clock)

    async def verify(self, given: str) -> Claims:
        """The claims of a credential.

        Raises Unproven for one that proves nothing, Unauthenticated for one that proves what does
        not suffice, and Unavailable when the provider's keys cannot be had.
        """
        token = unwrap(given)
        header = _header(token)
        trust = self._trusts.get(header.alg)
        key = await trust.find(header.kid, header.alg) if trust else None
        if trust is None or key is None:
            raise Unproven(INVALID)
        try:
            signed = jws.deserialize_compact(token, key, registry=self._registry)
        except (JoseError, ValueError):
            raise Unproven(INVALID) from None
        return believe(signed.payload, trust.rules, int(self._clock()))

    def lasts(self, claims: Claims) -> bool:
        """Whether claims that were verified have not expired since."""
        return not expired(claims.expires_at, int(self._clock()))


def credential(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of a request as it was sent, from its raw ASGI headers; None when it has none.

    A header goes before a cookie. Raises Unproven for an `Authorization` that holds no
    token.
    """
    authorization: list[bytes] = []
    cookies: list[bytes] = []
    for name, value in headers:
        if name == b"authorization":
            authorization.append(value)
        elif name == b"cookie":
            cookies.append(value)
    if authorization:
        return _bearer(authorization)
    return _cookie(cookies) if cookies else None


def read_bearer(value: str) -> str:
    """The token in the value of an `Authorization`; raises Unproven where there is none."""
    scheme, _, token = value.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unproven(MALFORMED)
    return token


def _bearer(values: list[bytes]) -> str:
    if len(values) > 1:
        raise Unproven(MALFORMED)
    return read_bearer(values[0].decode("latin-1"))


def _cookie(values: list[bytes]) -> str | None:
    cookies: dict[str, str] = {}
    for value in values:
        cookies.update(cookie_parser(value.decode("latin-1")))
    return cookies.get(COOKIE) or None


def unwrap(given: str) -> str:
    """The JWT in what was given: itself, or the `access_token` of base64 JSON in any dialect.

    A JWT has dots and base64 has none, so that neither can be taken for the other.
    """
    if "." in given:
        return given
    try:
        if len(given) > MAX_WRAPPED:
            raise Unproven(INVALID)
        text = _base64(given.replace("+", "-").replace("/", "_").rstrip("="))
        return msgspec.json.decode(text, type=OAuth2Token).access_token
    except (ValueError, RecursionError):
        raise Unproven(INVALID) from None


def _header(token: str) -> Header:
    try:
        if len(token) > MAX_TOKEN:
            raise Unproven(INVALID)
        header = msgspec.json.decode(_base64(token.partition(".")[0]), type=Header)
    except (ValueError, RecursionError):
        raise Unproven(INVALID) from None
    if header.typ.lower() not in TYPES:
        raise Unproven(INVALID)
    return header


def _base64(text: str) -> bytes:
    """Decodes unpadded URL-safe base64; raises ValueError for any other character."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _local_trust(settings: Settings) -> dict[str, Trust]:
    if ALGORITHM not in settings.jwt_algorithms:
        return {}
    key = OctKey.import_key(local_secret(settings.jwt_secret_file))

    async def find(kid: str | None, _: str) -> Key | None:
        return key if kid is None else None  # the local secret has no id

    # The audience is the provider's affair: nobody else accepts what the local secret signs.
    return {ALGORITHM: Trust(find, _rules(settings, issuer=ISSUER, audience=None))}


def _provider_trusts(settings: Settings, jwks: Jwks) -> dict[str, Trust]:
    rules = _rules(settings, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    trust = Trust(jwks.find, rules)
    return {"RS256": trust, "ES256": trust}


def _rules(settings: Settings, *, issuer: str | None, audience: str | None) -> Rules:
    return Rules(issuer, audience, settings.jwt_allow_no_exp, settings.jwt_max_lifetime)


def _fetcher(settings: Settings) -> Fetch | None:
    if settings.jwks_url is not None:
        return from_url(settings.jwks_url)
    return from_file(settings.jwks_file) if settings.jwks_file is not None else None
