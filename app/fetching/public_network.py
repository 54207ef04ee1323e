"""Connections to public addresses only, whatever a name resolves to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpcore2

from app.fetching.addresses import is_public

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

MOST_TRIED = 3  # addresses of one host

#: Apart from the threads of other work, which names that resolve slowly would hold up.
_resolving = ThreadPoolExecutor(4, thread_name_prefix="resolving")


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, in the order of preference. Raises OSError or UnicodeError."""
    return await asyncio.get_running_loop().run_in_executor(_resolving, _look_up, host, port)


def _look_up(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicNetwork(httpcore2.AsyncNetworkBackend):
    """Resolves a host once, judges every answer, and connects to the judged addresses themselves.

    A second look at the name could have another answer. Names that stand for numbers
    (`2130706433`, `0x7f.1`) need no rule: they are judged by what they resolve to. The protocol
    above keeps the name: for the Host header, and for the certificate of a TLS server.
    """

    def __init__(self, resolve: Resolve, network: httpcore2.AsyncNetworkBackend) -> None:
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """`timeout` is for each address. Raises ConnectError also for one that is not public."""
        failure: Exception = httpcore2.ConnectError("no address")
        for address in (await self._addresses(host, port))[:MOST_TRIED]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("the name does not resolve") from error
        if not all(map(is_public, addresses)):
            raise httpcore2.ConnectError("not a public address")
        return addresses
