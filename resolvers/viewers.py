"""The viewers of the tokens used last, so that a request need not read again who is asking."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from app.claims import Claims
from resolvers.viewer import Viewer

#: How many grants are kept in all; one takes some 300 bytes, a viewer without any as much as two.
ROOM = 100_000
FIXED = 2


@dataclass(frozen=True, slots=True)
class Proven:
    """A viewer, and what proved who that is.

    `since` is when the proof began, in seconds of the monotonic clock; `revision` that of the
    keys which verified the token.
    """

    claims: Claims
    viewer: Viewer
    since: float
    revision: int


def key_of(credential: str) -> bytes:
    """What a credential is known by: its hash, so that no token stays in memory."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()


class Viewers:
    """Proven viewers by the hash of their credential; the longest unused go first."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._held: OrderedDict[bytes, Proven] = OrderedDict()

    def get(self, key: bytes) -> Proven | None:
        proven = self._held.get(key)
        if proven is not None:
            self._held.move_to_end(key)
        return proven

    def put(self, key: bytes, proven: Proven) -> None:
        self.forget(key)
        self._held[key] = proven
        self._room -= _size(proven)
        while self._room < 0:
            self._room += _size(self._held.popitem(last=False)[1])

    def forget(self, key: bytes) -> None:
        proven = self._held.pop(key, None)
        if proven is not None:
            self._room += _size(proven)


def _size(proven: Proven) -> int:
    return FIXED + len(proven.viewer.grants)
