"""How many connections there may be: of one address, and as many as the process has files for."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

from app.enforcement import Mode, Watch
from app.setting_kinds import Network

#: Files that are not for connections: of the database, of workers, of what is fetched and read.
KEPT_FILES = 112
FEWEST = 16
#: Who has one address of a network of this size has all of it (RFC 6177).
SITE = 64


class Peer(Protocol):
    """A connection."""

    @property
    def client(self) -> tuple[str, int] | None:
        """The address and port of who is at its other end."""
        ...


class Crowd:
    """Tells whether one connection more is too many, by limits that may only be tried out.

    What `uncounted` networks hold is not limited: proxies, through which many callers come. The
    files of the process are a limit that nobody can try out.
    """

    def __init__(self, mode: Mode, most: int, uncounted: Sequence[Network]) -> None:
        self._mode = mode
        self._most = most
        self._uncounted = tuple(uncounted)
        self._all = max(FEWEST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - KEPT_FILES)
        self._watch = Watch("connections")
        self._everybody = Watch("files")
        self._home = lru_cache(4096)(self._home_of)
        self._homes: dict[Peer, str] = {}
        self._held: Counter[str] = Counter()

    def join(self, newest: Peer) -> None:
        """Count a connection among those of its address, until it leaves."""
        if self._mode is Mode.OFF or newest.client is None:
            return
        home = self._home(newest.client[0])
        if home is not None:
            self._homes[newest] = home
            self._held[home] += 1

    def is_too_large(self, newest: Peer, connections: int) -> bool:
        """Whether the newest of so many connections, which has joined, is to be refused."""
        if connections > self._all:
            self._everybody.told(Mode.ENFORCE, "all")
            return True
        home = self._homes.get(newest)
        if home is None or self._held[home] <= self._most:
            return False
        self._watch.told(self._mode, home)
        return self._mode is Mode.ENFORCE

    def leave(self, peer: Peer) -> None:
        """Forget a connection, and its address where that has no other; one that left is none."""
        home = self._homes.pop(peer, None)
        if home is None:
            return
        self._held[home] -= 1
        if not self._held[home]:
            del self._held[home]

    def _home_of(self, address: str) -> str | None:
        """The address or network that is counted as one; None for those that are not counted."""
        found = ip_address(address.partition("%")[0])
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        if any(found in network for network in self._uncounted):
            return None
        return str(ip_network((found, SITE), strict=False) if found.version == 6 else found)  # noqa: PLR2004 - IP
