"""The public keys of an identity provider (RFC 7517): fetched, sifted, kept, refreshed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int

from app.errors import Unavailable

PublicKey = RSAKey | ECKey
Fetch = Callable[[], Awaitable[bytes]]

MAX_BYTES = 262_144
MAX_KEYS = 100
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192  # RFC 7518 §3.3 below; above, verifying is a load
MAX_EXPONENT_DIGITS = 6  # of base64: 2**32; real exponents are 65537
FETCH_SECONDS = 5.0
MIN_INTERVAL = 30.0  # between fetches, so that made-up key ids cannot flood the provider
MAX_AGE = 3600.0  # so that a key the provider withdraws stops working

log = logging.getLogger(__name__)


class FetchError(Exception):
    """The key set could not be had, or holds no key that can be used."""


class Jwk(msgspec.Struct, frozen=True):
    """The public members of a key; anything private in a key set is left unread."""

    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    key_ops: list[str] | None = None
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


@dataclass(frozen=True)
class VerifyingKey:
    """A key the provider signs with, and the one algorithm it is used for."""

    kid: str | None
    algorithm: str
    key: PublicKey


class JwksDocument(msgspec.Struct, frozen=True):
    keys: list[msgspec.Raw]


class Jwks:
    """The current key set. A key not in it leads to one fetch, at most every `MIN_INTERVAL`."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: list[VerifyingKey] = []
        self._document: bytes | None = None
        self._revision = 0
        self._fetched = self._tried = float("-inf")
        self._refreshing = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key of that id for that algorithm; None when the provider has no such key.

        Without an id, the only key for the algorithm. Raises Unavailable when there is
        no key set at all.
        """
        key = self._lookup(kid, algorithm)
        if key is None or self._clock() - self._fetched > MAX_AGE:
            await self._refresh()
            key = self._lookup(kid, algorithm)
        if not self._keys:
            raise Unavailable("The keys that verify tokens could not be fetched.")
        return key

    def revision(self) -> int:
        """Grows with each key set that differs from the one before it."""
        return self._revision

    def _lookup(self, kid: str | None, algorithm: str) -> PublicKey | None:
        suited = [key for key in self._keys if key.algorithm == algorithm]
        if kid is None:
            return suited[0].key if len(suited) == 1 else None
        return next((key.key for key in suited if key.kid == kid), None)

    async def _refresh(self) -> None:
        async with self._refreshing:
            if self._clock() - self._tried < MIN_INTERVAL:
                return
            self._tried = self._clock()
            try:
                self._replace(await self._fetch())
                self._fetched = self._clock()
            except FetchError as error:
                log.warning("The key set was not refreshed: %s", error)

    def _replace(self, document: bytes) -> None:
        if document != self._document:
            self._keys = read_key_set(document)
            self._document = document
            self._revision += 1


def read_key_set(document: bytes) -> list[VerifyingKey]:
    """The keys of a set that can verify RS256 or ES256; others are ignored (RFC 7517 §5)."""
    try:
        entries = msgspec.json.decode(document, type=JwksDocument).keys[:MAX_KEYS]
    except (ValueError, RecursionError) as error:
        raise FetchError("not a JSON Web Key Set") from error
    keys = [key for entry in entries if (key := _read_key(bytes(entry)))]
    if not keys:
        raise FetchError("no key in the set can be used")
    return keys


def _read_key(entry: bytes) -> VerifyingKey | None:
    try:
        jwk = msgspec.json.decode(entry, type=Jwk)
        if jwk.use not in {None, "sig"} or "verify" not in (jwk.key_ops or ["verify"]):
            return None
        for algorithm, read in READERS.items():
            if jwk.alg in {None, algorithm} and (key := read(jwk)):
                return VerifyingKey(jwk.kid, algorithm, key)
    except (ValueError, RecursionError, JoseError):
        return None
    return None


def _rsa(jwk: Jwk) -> RSAKey | None:
    if jwk.kty != "RSA" or len(jwk.n) > MAX_RSA_BITS // 6 + 2 or len(jwk.e) > MAX_EXPONENT_DIGITS:
        return None
    if not MIN_RSA_BITS <= base64_to_int(jwk.n).bit_length() <= MAX_RSA_BITS:
        return None
    return RSAKey.import_key({"kty": "RSA", "n": jwk.n, "e": jwk.e})


def _p256(jwk: Jwk) -> ECKey | None:
    if jwk.kty != "EC" or jwk.crv != "P-256":
        return None
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": jwk.x, "y": jwk.y})


READERS: Mapping[str, Callable[[Jwk], PublicKey | None]] = {"RS256": _rsa, "ES256": _p256}


def from_file(path: Path) -> Fetch:
    """Reads the key set from a file each time."""

    async def fetch() -> bytes:
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise FetchError(f"the file could not be read ({error.strerror})") from error

    return fetch


def from_url(url: str, transport: httpx2.AsyncBaseTransport | None = None) -> Fetch:
    """Gets the key set from the configured address: no redirects, no proxies, bounded size."""

    async def fetch() -> bytes:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                return await _get(url, transport)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise FetchError(f"the provider did not answer ({type(error).__name__})") from error

    return fetch


async def _get(url: str, transport: httpx2.AsyncBaseTransport | None) -> bytes:
    body = bytearray()
    client = httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
    plain = {"Accept-Encoding": "identity"}  # compressed, a small answer may be a large one
    async with client, client.stream("GET", url, headers=plain) as response:
        if response.status_code != httpx2.codes.OK:
            raise FetchError(f"the provider answered {response.status_code}")
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise FetchError(f"the key set is larger than {MAX_BYTES} bytes")
    return bytes(body)
