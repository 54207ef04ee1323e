"""One handler for every documented endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.errors import BadInput, Problem
from rest_compat.documents import Operation, load
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.reading import Decode, read, read_body, strict_json, takes_body
from rest_compat.replying import Encode, encode_json, refuse, reply
from rest_compat.shaping import Shape, shape_of

#: Runs a validated document: request, document, operation name, variables.
Execute = Callable[[Request, DocumentNode, str, dict[str, object]], Awaitable[ExecutionResult]]
#: Raises `Unauthenticated` for a request that does not prove who is calling.
Admit = Callable[[Request], Awaitable[None]]


async def _anybody(_request: Request) -> None:
    return None


@dataclass(frozen=True)
class Edges:
    """What the facade needs of the service around it."""

    execute: Execute
    decode: Decode
    encode: Encode
    admit: Admit


@dataclass(frozen=True)
class Answer:
    """An endpoint with its operation and the shape of its body."""

    endpoint: Endpoint
    operation: Operation
    shape: Shape | None
    edges: Edges

    async def __call__(self, request: Request) -> Response:
        """The documented response. Who calls is settled before what is wrong with the call."""
        try:
            try:
                return await self._answer(request)
            except BadInput:
                if not self.endpoint.public:
                    await self.edges.admit(request)
                raise
        except Problem as problem:
            return refuse(self.endpoint, problem, request.path_params)

    async def _answer(self, request: Request) -> Response:
        method, path = self.endpoint.method, request.path_params
        wanted = takes_body(self.operation, method, path)
        raw = await request.body() if wanted else b""
        body = read_body(raw, self.edges.decode)
        variables = read(self.operation, method, path, request.query_params, body)
        document, name = self.operation.document, self.operation.name
        result = await self.edges.execute(request, document, name, variables)
        return reply(self.endpoint, self.operation, self.shape, result, self.edges.encode)


@dataclass(frozen=True)
class Address:
    """The endpoints of one path, as an ASGI application.

    Starlette would add HEAD to a route with GET, and answer 405 with the methods of the first
    matching route only.
    """

    answers: Mapping[str, Answer]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = self.answers.get(request.method)
        if answer is None:
            allow = {"Allow": ", ".join(sorted(self.answers))}
            response: Response = PlainTextResponse("Method Not Allowed", 405, allow)
        else:
            response = await answer(request)
        await response(scope, receive, send)


def by_path(endpoints: Iterable[Endpoint]) -> dict[str, dict[str, Endpoint]]:
    """Path → method → endpoint, in the order of the table."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        for path in (endpoint.path, *endpoint.aliases):
            paths.setdefault(path, {})[endpoint.method] = endpoint
    return paths


def routes(
    schema: GraphQLSchema,
    execute: Execute,
    decode: Decode = strict_json,
    encode: Encode = encode_json,
    admit: Admit = _anybody,
) -> list[Route]:
    """A route for each path; raises ValueError if the schema does not allow an operation."""
    edges = Edges(execute, decode, encode, admit)
    operations = load(schema)
    answers = {
        endpoint: Answer(endpoint, operation, shape_of(operation), edges)
        for endpoint in ENDPOINTS
        for operation in (operations[endpoint.operation],)
    }
    return [
        Route(path, Address({method: answers[row] for method, row in rows.items()}))
        for path, rows in by_path(ENDPOINTS).items()
    ]
