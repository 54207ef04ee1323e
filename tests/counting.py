"""A small graph whose subscription counts, and the ways to it: for tests of the transports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import Scope

from app import stopping
from app.auth import credential
from app.connection_init import credential_of
from app.errors import Forbidden, Lagging, Problem, SnapshotLost, Unauthenticated, Unavailable
from app.graphql_over_http import GraphQLOverHTTP
from app.graphql_over_websocket import GraphQLOverWebSocket
from app.limits import Limits
from app.middleware import Envelope
from app.operations import Operations
from app.places import Places
from app.service import Service, at

ALLOWED = {b"https://ui.example.org"}

#: What a token may be, and what comes of any other.
CALLERS = {"ann", "bob"}
PROBLEMS: Mapping[str, Problem] = {
    "expired": Unauthenticated("The token has expired."),
    "left": Forbidden("You have left the organization."),
    "lagging": Lagging("Events were sent faster than they were taken.", lastEventId="1"),
    "away": Unavailable("The database cannot be reached."),
}


@dataclass
class Context:
    """Remembers what was opened and given back."""

    caller: str | None
    last_event_id: str | None = None
    given_back: int = 0

    async def give_back(self) -> None:
        self.given_back += 1


@dataclass
class Seen:
    """What the sources and the contexts of a test have been through."""

    open_sources: int = 0
    open_contexts: int = 0
    contexts: list[Context] = field(default_factory=list)


SEEN = Seen()


@strawberry.type
class Query:
    @strawberry.field
    def name(self, to: str = "") -> str:
        return to

    @strawberry.field
    def hidden(self) -> str | None:
        raise PROBLEMS["left"]

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(30)
        return None


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self) -> str:
        return "renamed"


@strawberry.type
class Number:
    value: int

    @strawberry.field
    def half(self) -> int | None:
        if self.value % 2:
            raise KeyError(self.value)
        return self.value // 2

    @strawberry.field
    def expired(self) -> int | None:
        raise PROBLEMS["expired"]

    @strawberry.field
    def fresh(self, info: strawberry.Info) -> int:
        """Found in the second snapshot only: the first is given back when there is a source."""
        if info.context.given_back < 2:
            raise SnapshotLost("The snapshot was lost.")
        return self.value

    @strawberry.field
    async def slow(self) -> int | None:
        await asyncio.sleep(30)
        return None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(
        self,
        info: strawberry.Info,
        to: int = 3,
        after: str | None = None,
        ends: str | None = None,
        padding: int = 0,
    ) -> AsyncIterator[Number]:
        """Numbers up to `to`, and then what `ends` says: a problem, `bug`, `never`, or the end."""
        context = info.context
        SEEN.open_sources += 1
        try:
            for value in range(int(after or context.last_event_id or 0) + 1, to + 1):
                context.last_event_id = str(value)
                yield Number(value=value)
                await asyncio.sleep(0)
            if ends == "bug":
                raise KeyError(padding)
            if ends == "never":
                await asyncio.Event().wait()
            if ends is not None:
                raise PROBLEMS[ends]
        finally:
            SEEN.open_sources -= 1

    @strawberry.subscription
    async def texts(self, length: int, count: int) -> AsyncIterator[str]:
        for _ in range(count):
            yield "x" * length
            await asyncio.sleep(0)

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[int]:
        raise PROBLEMS["left"]
        yield 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)._schema


@asynccontextmanager
async def open_context(token: str | None) -> AsyncIterator[Context]:
    if token is not None and token in PROBLEMS:
        raise PROBLEMS[token]
    context = Context(token)
    SEEN.contexts.append(context)
    SEEN.open_contexts += 1
    try:
        yield context
    finally:
        SEEN.open_contexts -= 1


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


def open_for_request(request: Request) -> Any:
    return open_context(credential(request.scope["headers"]))


async def admit(scope: Scope, payload: Mapping[str, Any] | None) -> str:
    token = credential_of(scope["headers"], payload, ALLOWED)
    if token not in CALLERS:
        raise PROBLEMS.get(token, Unauthenticated("The token is not valid."))
    return token


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    stopping.watch()
    yield


def service(limits: Limits | None = None) -> Service:
    """The graph at `/graphql`, over HTTP, server-sent events and WebSocket."""
    operations = Operations(SCHEMA, limits or Limits())
    places = Places(operations.limits)
    return Service(
        [(at("/graphql"), GraphQLOverHTTP(operations, open_for_request, places=places))],
        layers=[Middleware(Envelope)],
        lifespan=lifespan,
        sockets={"/graphql": GraphQLOverWebSocket(operations, admit, open_context, places)},
    )
