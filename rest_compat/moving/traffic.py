"""A call → the endpoint it was for; calls → bursts of one client."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp

from app.errors import BadInput
from rest_compat.documents import Operation
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.facade import by_path
from rest_compat.moving.calls import Call
from rest_compat.reading import Read, reader, texts_of
from rest_compat.routing import Node, parameters_of

#: Calls of one burst, clients whose bursts are open, and calls in all of these.
MOST_CALLS: Final = 2_000
MOST_CLIENTS: Final = 1_000
MOST_OPEN: Final = 50_000
#: The first status that is no success.
_REDIRECTS: Final = 300


@dataclass(frozen=True, slots=True)
class Known:
    """A call of a documented endpoint. `needed` are the bytes of the fields that are wanted.

    `variables` are those that the facade would make of the call; `listed` are the ids in the
    answer, None where the answer is not known.
    """

    endpoint: Endpoint
    client: str
    variables: Mapping[str, Any]
    status: int
    size: int
    needed: float
    exact: bool
    at: float
    listed: frozenset[str] | None

    @property
    def read(self) -> bool:
        """Whether it was a GET that succeeded."""
        return self.endpoint.method == "GET" and self.status < _REDIRECTS


class Addresses:
    """Finds the endpoint of a call. `prefix` comes before every documented path."""

    def __init__(self, operations: Mapping[str, Operation], prefix: str = "") -> None:
        self._prefix = prefix.rstrip("/")
        self._root = Node()
        self._reads: dict[tuple[str, int], Read] = {}
        paths = by_path(ENDPOINTS)
        for path, rows in paths.items():
            # A tree of paths does not look at what they lead to.
            self._root.add(path, cast("ASGIApp", rows), rows.keys())
            for each in rows.values():
                key = each.operation, path.count("/")
                self._reads[key] = reader(
                    operations[each.operation], each.method, parameters_of(path)
                )

    def find(self, call: Call) -> tuple[Endpoint, dict[str, Any]] | None:
        """The endpoint, and the variables that the call gives; none that cannot be read."""
        try:
            parts = urlsplit(call.target)
        except ValueError:
            return None
        path = parts.path.removeprefix(self._prefix)
        segments = path.split("/")
        leaf = self._root.find(segments, call.method)
        if leaf is None:
            return None
        endpoint = cast("Mapping[str, Endpoint]", leaf.app)[call.method]
        given = {name: unquote(segments[place]) for name, place in leaf.parameters}
        return endpoint, self._variables(endpoint, path, given, parts.query)

    def _variables(
        self, endpoint: Endpoint, path: str, given: Mapping[str, str], query: str
    ) -> dict[str, Any]:
        if endpoint.method != "GET":
            return {}
        try:
            texts = texts_of(query.encode("utf-8", "replace"))
            return self._reads[endpoint.operation, path.count("/")](given, texts, {})
        except (BadInput, ValueError):
            return {}


@dataclass
class Bursts:
    """Calls of one client with no pause longer than `window` seconds between two of them."""

    window: float
    _open: OrderedDict[str, list[Known]] = field(default_factory=OrderedDict)
    _held: int = 0

    def add(self, call: Known) -> Iterator[list[Known]]:
        """The bursts that are over now that this call is there."""
        held = self._open.get(call.client, [])
        if held and (call.at - held[-1].at > self.window or len(held) >= MOST_CALLS):
            yield self._close(call.client)
        self._open.setdefault(call.client, []).append(call)
        self._open.move_to_end(call.client)
        self._held += 1
        while len(self._open) > MOST_CLIENTS or self._held > MOST_OPEN:
            yield self._close(next(iter(self._open)))

    def rest(self) -> Iterator[list[Known]]:
        """The bursts that have not been given out."""
        while self._open:
            yield self._close(next(iter(self._open)))

    def _close(self, client: str) -> list[Known]:
        burst = self._open.pop(client)
        self._held -= len(burst)
        return burst


def bursts(calls: Iterable[Known], window: float) -> Iterator[list[Known]]:
    """The GETs that succeeded, in bursts."""
    found = Bursts(window)
    for call in calls:
        if call.read:
            yield from found.add(call)
    yield from found.rest()
