"""Gets what an address that a user names holds, from the public Internet and nowhere else."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpcore2
import httpx2

from app.errors import BadInput
from app.fetching.file_names import file_name
from app.fetching.public_network import PublicNetwork, Resolve, resolve_by_system

MAX_URL = 2_048  # characters
PORTS = {"http": 80, "https": 443}
CONNECT_SECONDS = 3.0  # for one address of a host, so that the next has its turn
REDIRECTS = frozenset({301, 302, 303, 307, 308})
COMPRESSED = (".gz", ".tgz")  # some servers declare the compression of the file itself
UNKNOWN_TYPE = "application/octet-stream"

HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),  # compressed, a small answer may be a large one
    ("User-Agent", "meshgraph"),
)

#: One text for every reason why nothing was had: which names and which ports there are in the
#: network of the server is not told.
NOTHING_HAD = "nothing could be fetched: it did not answer as it should, or is a non-public address"
FAILURES = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    OSError,
    TimeoutError,
)


@dataclass(frozen=True)
class Fetched:
    """A file: the address that held it (after redirects), its name, and what came, undecoded."""

    url: str
    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Bounds:
    """How much one fetch may take; `seconds` is for all of it, names and redirects included."""

    content_bytes: int = 20 * 1024 * 1024
    seconds: float = 10.0
    redirects: int = 3
    ports: tuple[int, ...] = (80, 443)


class Fetcher:
    """Keeps nothing between fetches: no cookies, no connections. No proxy of the environment."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve_by_system,
        network: httpcore2.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._network = PublicNetwork(resolve, network or httpcore2.AnyIOBackend())
        self._bounds = bounds or Bounds()
        self._tls = tls or httpx2.create_ssl_context(trust_env=False)

    async def get(self, url: str) -> Fetched:
        """What the http or https address holds. Raises BadInput of the field `url`."""
        asked = self._judged(url)
        try:
            async with asyncio.timeout(self._bounds.seconds):
                return await self._follow(asked)
        except FAILURES as error:
            raise _refusal(NOTHING_HAD) from error

    async def _follow(self, asked: httpx2.URL) -> Fetched:
        current = asked
        async with httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, network_backend=self._network, max_keepalive_connections=0
        ) as pool:
            for _ in range(self._bounds.redirects + 1):
                async with _answer(pool, current) as response:
                    if response.status not in REDIRECTS:
                        return await self._read(asked, current, response)
                    current = self._next(current, response)
        raise _refusal(f"it redirects more than {self._bounds.redirects} times")

    def _next(self, current: httpx2.URL, response: httpcore2.Response) -> httpx2.URL:
        location = httpx2.Headers(response.headers).get("Location", "")
        try:
            address = self._judged(str(current.join(location)))
        except (BadInput, httpx2.InvalidURL):
            raise _refusal("it redirects to an address that is not allowed") from None
        if current.scheme == "https" != address.scheme:
            raise _refusal("it redirects from https to http")
        return address

    def _judged(self, address: str) -> httpx2.URL:
        """The address, if its form is one that may be fetched; where it leads is judged later."""
        try:
            url = httpx2.URL(address if len(address) <= MAX_URL else "")
        except httpx2.InvalidURL:
            raise _refusal("it is not a valid address") from None
        if url.scheme not in PORTS or not url.host:
            raise _refusal(f"an http or https address of at most {MAX_URL} characters is needed")
        if url.userinfo:
            raise _refusal("an address with a user name or password is not allowed")
        if (PORTS[url.scheme] if url.port is None else url.port) not in self._bounds.ports:
            allowed = " and ".join(map(str, self._bounds.ports))
            raise _refusal(f"only the ports {allowed} are allowed")
        return url

    async def _read(
        self, asked: httpx2.URL, current: httpx2.URL, response: httpcore2.Response
    ) -> Fetched:
        if not httpx2.codes.is_success(response.status):
            raise _refusal(f"it answered {response.status}")
        headers = httpx2.Headers(response.headers)
        name = file_name(headers.get("Content-Disposition"), asked.path)
        coding = headers.get("Content-Encoding", "identity").lower()
        if coding != "identity" and not name.lower().endswith(COMPRESSED):
            raise _refusal("it answered in a compressed form that was not asked for")
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        content = await self._content(response)
        return Fetched(str(current), name, content, media_type or UNKNOWN_TYPE)

    async def _content(self, response: httpcore2.Response) -> bytes:
        content = bytearray()
        async for part in response.aiter_stream():
            content += part
            if len(content) > self._bounds.content_bytes:
                raise _refusal(f"it holds more than {self._bounds.content_bytes} bytes")
        return bytes(content)


def _answer(
    pool: httpcore2.AsyncConnectionPool, url: httpx2.URL
) -> AbstractAsyncContextManager[httpcore2.Response]:
    """The answer to a GET of that address, its body unread."""
    target = httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
    headers = [("Host", url.netloc.decode("ascii")), *HEADERS]
    extensions = {"timeout": {"connect": CONNECT_SECONDS}}
    return pool.stream("GET", target, headers=headers, extensions=extensions)


def _refusal(reason: str) -> BadInput:
    return BadInput(f"url: {reason}.", field="url")
