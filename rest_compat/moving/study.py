"""All traffic → what was called how often, and the loops in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from graphql import DocumentNode, GraphQLSchema

from rest_compat.documents import Operation, load
from rest_compat.endpoints import ENDPOINTS
from rest_compat.moving.calls import Call
from rest_compat.moving.loops import Branch, trees
from rest_compat.moving.measuring import listed, share, size_of, trimmed
from rest_compat.moving.outlines import Outline, outlines
from rest_compat.moving.selecting import Selecting, wanted_among
from rest_compat.moving.traffic import Addresses, Known, bursts

#: Loops of different shapes, and clients of each, that are told apart.
MOST_SHAPES: Final = 200
MOST_CLIENTS: Final = 100
#: The first status that is an error.
ERROR: Final = 400


class UnknownFields(ValueError):
    """Names that no endpoint answers with."""


@dataclass
class Use:
    """The calls of one operation. `needed` are the bytes of the fields that are wanted."""

    calls: int = 0
    errors: int = 0
    size: int = 0
    needed: float = 0.0
    exact: int = 0
    example: Mapping[str, Any] | None = None

    def add(self, call: Known) -> None:
        self.calls += 1
        self.errors += call.status >= ERROR
        self.size += call.size
        self.needed += call.needed
        self.exact += call.exact
        if self.example is None and call.read:
            self.example = call.variables


@dataclass
class Loop:
    """Trees of one shape: how often they were met, and the first of them."""

    tree: Branch
    times: int = 0
    calls: int = 0
    size: int = 0
    needed: float = 0.0
    exact: int = 0
    clients: set[str] = field(default_factory=set)

    def add(self, tree: Branch) -> None:
        self.times += 1
        for call in (call for branch in tree.all() for call in branch.calls):
            self.calls += 1
            self.size += call.size
            self.needed += call.needed
            self.exact += call.exact
            if len(self.clients) < MOST_CLIENTS:
                self.clients.add(call.client)


@dataclass
class Study:
    """Counts traffic. `fields` are the names of those that the caller wants; None: all of them.

    Raises `UnknownFields` for names that there are not.
    """

    schema: GraphQLSchema
    window: float
    fields: tuple[str, ...] | None = None
    prefix: str = ""
    uses: dict[str, Use] = field(default_factory=dict)
    loops: dict[Any, Loop] = field(default_factory=dict)
    others: int = 0
    begin: float = 0.0
    end: float = 0.0
    overlooked: int = 0

    def __post_init__(self) -> None:
        self.wanted = wanted_among(self.fields)
        unknown = [each for each in self.fields or () if each not in self._names]
        if unknown:
            raise UnknownFields(f"No endpoint answers with a field {', '.join(unknown)}.")

    @cached_property
    def operations(self) -> dict[str, Operation]:
        return load(self.schema)

    @cached_property
    def outlines(self) -> dict[str, Outline]:
        def selecting(document: DocumentNode) -> Selecting:
            return Selecting.of(document, self.wanted)

        return outlines(self.schema, self.operations, selecting)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(_names(each for op in self.operations.values() for each in op.body))

    def follow(self, calls: Iterable[Call]) -> None:
        """Count the calls, in their order, and look for loops among them."""
        for burst in bursts(self._known(calls), self.window):
            for tree in trees(self.schema, self.outlines, burst):
                self._note(tree)

    def _note(self, tree: Branch) -> None:
        shape = tree.shape
        if shape not in self.loops and len(self.loops) >= MOST_SHAPES:
            self.overlooked += 1
            return
        self.loops.setdefault(shape, Loop(tree)).add(tree)

    def _known(self, calls: Iterable[Call]) -> Iterator[Known]:
        addresses = Addresses(self.operations, self.prefix)
        shares = {each.operation: self._share(each.operation) for each in ENDPOINTS}
        for call in calls:
            found = addresses.find(call)
            if found is None:
                self.others += 1
                continue
            endpoint, variables = found
            size, needed, exact = self._measured(
                call, self.operations[endpoint.operation], shares[endpoint.operation]
            )
            known = Known(
                endpoint,
                call.client,
                variables,
                call.status,
                size,
                needed,
                exact,
                call.at,
                None if call.body is None else listed(call.body),
            )
            self._count(known)
            yield known

    def _share(self, name: str) -> float:
        return 1.0 if self.fields is None else share(self.operations[name], self.wanted)

    def _measured(self, call: Call, operation: Operation, part: float) -> tuple[int, float, bool]:
        """Bytes of the answer, of what is wanted of it, and whether these were counted."""
        if call.status >= ERROR:
            return call.size, 0.0, True
        with suppress(RecursionError):  # such a body is none of ours
            if call.body is not None:
                wanted = size_of(trimmed(call.body, operation.body, self.wanted))
                return call.size or size_of(call.body), wanted, True
        return call.size, call.size * part, False

    def _count(self, call: Known) -> None:
        self.uses.setdefault(call.endpoint.operation, Use()).add(call)
        if call.at:
            self.begin = min(self.begin or call.at, call.at)
            self.end = max(self.end, call.at)


def _names(fields: Iterable[Any]) -> Iterator[str]:
    for each in fields:
        yield each.name
        yield each.field
        yield from _names(each.children)
