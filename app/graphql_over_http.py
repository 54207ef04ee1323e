"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import ExecutionResult
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from app.disconnects import while_connected
from app.errors import TOKENLESS, BadInput, Problem, Unauthenticated
from app.explorer.serving import PAGE_HEADERS, Explorer
from app.graphql_errors import problem_result
from app.graphql_over_sse import GraphQLOverSSE
from app.http_answers import Answer, Cost, refuse, respond, send_answer
from app.http_requests import Refusal, Requests, check_method
from app.media_types import EVENT_STREAM, GRAPHQL, HTML, JSON, preferred
from app.operations import Operations
from app.parameters import Parameters
from app.places import Places
from app.trust import Trust, is_known

OpenContext = Callable[[Request], AbstractAsyncContextManager[Any]]

#: Parameters of a URL that ask something.
ASKING = frozenset({"query", "documentId", "extensions"})

#: Asks for `extensions.cost` in the answer, whatever its value.
ASKS_COST = b"x-meshgraph-cost"


@dataclass(frozen=True)
class GraphQLOverHTTP:
    """The endpoint, an ASGI application.

    `open_context` makes the value resolvers find in `info.context`, once for each request, and
    may raise a `Problem` such as `Unauthenticated` in place of it; for what is answered by a stream
    of events it is a `Subscriber`. With `explorer`, a browser is shown GraphiQL.
    """

    operations: Operations
    open_context: OpenContext
    explorer: Explorer | None = None
    places: Places | None = None
    trust: Trust = field(default_factory=Trust)
    _events: GraphQLOverSSE = field(init=False)
    _requests: Requests = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_requests", Requests(self.operations.limits))
        places = self.places or Places(self.operations.limits)
        events = GraphQLOverSSE(self.operations, self.open_context, places, self.trust)
        object.__setattr__(self, "_events", events)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # the first of a name counts
        media = _preferred(headers.get(b"accept"), self._offered(scope))
        if media == EVENT_STREAM:
            await self._stream(scope, headers, receive, send)
            return
        try:
            answer = await self._answer(scope, headers, receive, media)
        except Refusal as refusal:
            answer = refuse(refusal, media)
        except ClientDisconnect:
            return
        await send_answer(answer, send)

    def _offered(self, scope: Scope) -> tuple[str, ...]:
        page = self.explorer is not None and scope["method"] == "GET"
        if page and ASKING.isdisjoint(QueryParams(scope["query_string"])):
            return (HTML, GRAPHQL, JSON, EVENT_STREAM)
        return (GRAPHQL, JSON, EVENT_STREAM)

    async def _answer(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, media: str | None
    ) -> Answer:
        check_method(scope["method"])
        if media is None:
            raise Refusal(406, f"The answer is {GRAPHQL} or {JSON}; neither is accepted.")
        if media == HTML and self.explorer is not None:
            return await self._page(Request(scope, receive), self.explorer)
        parameters = await self._requests.read(scope, headers, receive)
        cost: Cost = {} if ASKS_COST in headers else None
        result = await self._execute(Request(scope, receive), parameters, cost)
        return respond(result, media, cost)

    async def _page(self, request: Request, explorer: Explorer) -> Answer:
        """The explorer; where the graph is not shown to all, with a token in the cookie."""
        if not self.trust.shown:
            try:
                async with self.open_context(request) as context:
                    if not is_known(context):
                        raise Unauthenticated(TOKENLESS)
            except Problem as problem:
                return respond(problem, JSON)
        return Answer(200, explorer.page(), HTML, PAGE_HEADERS)

    async def _stream(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Answer by a stream of events, or as ever where there can be none."""
        try:
            check_method(scope["method"])
            parameters = await self._requests.read(scope, headers, receive)
            await self._events.answer(Request(scope, receive), parameters, send)
        except Refusal as refusal:
            await send_answer(refuse(refusal, JSON), send)
        except Problem as problem:
            await send_answer(respond(problem, JSON), send)
        except ClientDisconnect:
            return

    async def _execute(
        self, request: Request, parameters: Parameters, cost: Cost
    ) -> ExecutionResult | Problem:
        entrance = self.operations.entrance
        try:
            async with self.open_context(request) as context:
                try:
                    source = self.trust.source(parameters, known=is_known(context))
                except BadInput as problem:
                    return problem_result(problem)
                work = self.operations.execute(
                    source,
                    context=context,
                    variables=parameters.variables,
                    operation_name=parameters.operation_name,
                    queries_only=request.method == "GET",
                    memo=parameters.memo,
                )
                result = await while_connected(request.receive, work)
                entrance.tell(request.scope, context)
                if cost is not None:
                    cost |= entrance.report(context) or {}
                return result
        except Problem as problem:
            return problem


@lru_cache(maxsize=64)
def _preferred(accept: bytes | None, offered: tuple[str, ...]) -> str | None:
    return preferred(None if accept is None else accept.decode("latin-1"), offered)
