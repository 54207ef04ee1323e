"""One handler for every documented endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from app.errors import BadInput, Problem
from rest_compat.bodies import read_body, read_long_body
from rest_compat.deprecations import Deprecation, switched_off
from rest_compat.documents import Operation, load
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.forms import is_form, read_form
from rest_compat.reading import (
    HEADERS,
    LONGEST_ADDRESS,
    Read,
    read_address,
    reader,
    takes_body,
    texts_of,
)
from rest_compat.replying import Encode, encode_json, refuse, reply
from rest_compat.rest_map import Headers, naming
from rest_compat.routing import PathTable, covering, parameters_of
from rest_compat.shaping import Reshape, reshaper
from rest_compat.values import Decode, strict_json

#: Runs a validated document: request, document, operation name, variables.
Execute = Callable[[Request, DocumentNode, str, dict[str, object]], Awaitable[ExecutionResult]]
#: Makes ready for an operation before anybody asks: document, its name, some variables.
Prepare = Callable[[DocumentNode, str, dict[str, object]], None]
#: The headers that the service has to say of a result.
Tell = Callable[[ExecutionResult], Headers]
#: Raises `Unauthenticated` for a request that does not prove who is calling.
Admit = Callable[[Request], Awaitable[None]]
#: Is told of every call of an endpoint, with the status of its answer.
Observe = Callable[[Request, Endpoint, int], None]


#: Bytes in a form, where the service does not say.
LARGEST_UPLOAD = 33_554_432


def _unprepared(_document: DocumentNode, _name: str, _variables: dict[str, object]) -> None:
    return None


def _nothing(_result: ExecutionResult) -> Headers:
    return ()


async def _anybody(_request: Request) -> None:
    return None


def unobserved(_request: Request, _endpoint: Endpoint, _status: int) -> None:
    """Nobody is told."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Edges:
    """What the facade needs of the service around it."""

    execute: Execute
    decode: Decode
    encode: Encode
    admit: Admit
    tell: Tell
    largest_upload: int = LARGEST_UPLOAD
    named: bool = True
    observe: Observe = unobserved
    deprecations: Mapping[str, Deprecation] = field(default_factory=dict)
    clock: Callable[[], datetime] = _now


@dataclass(frozen=True)
class Answer:
    """An endpoint at one of its paths, with all that its operation alone determines.

    `headers` are on every response, whatever has become of the request.
    """

    endpoint: Endpoint
    operation: Operation
    read: Read
    reads_body: bool
    conditional: bool
    reshape: Reshape
    headers: Headers
    edges: Edges
    deprecation: Deprecation | None = None

    async def __call__(self, request: Request) -> Response:
        """The documented response, with the headers that the endpoint always has."""
        edges, endpoint = self.edges, self.endpoint
        request.scope["operation"] = self.operation.name
        try:
            response = await self._settled(request)
        except ClientDisconnect:
            raise
        except Exception as error:  # of a status of its own, or a bug
            edges.observe(request, endpoint, getattr(error, "status_code", 500))
            raise
        edges.observe(request, endpoint, response.status_code)
        response.raw_headers += self.headers
        return response

    async def _settled(self, request: Request) -> Response:
        """Who calls is settled before what is wrong with the call."""
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
        if self.deprecation is not None and self.deprecation.brownouts:
            moment = self.edges.clock()
            if (brownout := self.deprecation.resting(moment)) is not None:
                if not self.endpoint.public:
                    await self.edges.admit(request)
                return switched_off(self.endpoint, brownout, moment)
        variables = await self._variables(request)
        document, name = self.operation.document, self.operation.name
        result = await self.edges.execute(request, document, name, variables)
        response = reply(self.endpoint, self.operation, self.reshape, result, self.edges.encode)
        response.raw_headers += self.edges.tell(result)
        return response

    async def _variables(self, request: Request) -> dict[str, object]:
        """What is asked; raises `BadInput` naming the first variable that is wrong."""
        path, query = request.path_params, request.scope["query_string"]
        if self.reads_body or self.conditional:
            body = await self._body(request) if self.reads_body else {}
            return self.read(path, texts_of(query), body, request.headers)
        if len(request.scope["path"]) + len(query) > LONGEST_ADDRESS:
            return self.read(path, texts_of(query), {})
        return read_address(self.read, tuple(path.items()), query)

    async def _body(self, request: Request) -> Mapping[str, Any]:
        """What is long is read for nobody who is not known."""
        edges, endpoint = self.edges, self.endpoint
        if not endpoint.is_long:
            return read_body(await request.body(), edges.decode)
        await edges.admit(request)
        if endpoint.uploads and is_form(request):
            return await read_form(request, self.operation, edges.largest_upload, edges.decode)
        raw = await request.body()
        return read_long_body(raw, self.operation, edges.decode, endpoint.document)


def answer(endpoint: Endpoint, path: str, operation: Operation, edges: Edges) -> Answer:
    """The endpoint at that path, answered by that operation."""
    method, in_path = endpoint.method, parameters_of(path)
    deprecation = edges.deprecations.get(endpoint.operation)
    return Answer(
        endpoint,
        operation,
        read=reader(operation, method, in_path, edges.decode),
        reads_body=takes_body(operation, method, in_path),
        conditional=any(each.name in HEADERS for each in operation.variables),
        reshape=reshaper(operation),
        headers=(
            *(naming(operation.name) if edges.named else ()),
            *(deprecation.headers if deprecation else ()),
        ),
        edges=edges,
        deprecation=deprecation,
    )


@dataclass(frozen=True)
class Address:
    """The endpoints of one path, as an ASGI application; answers 405 to other methods.

    `allowed` are the methods of the path, and of those that stand for it with a parameter.
    """

    answers: Mapping[str, Answer]
    allowed: frozenset[str]

    @property
    def methods(self) -> Collection[str]:
        return self.answers.keys()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        found = self.answers.get(request.method)
        if found is None:
            allow = {"Allow": ", ".join(sorted(self.allowed))}
            response: Response = PlainTextResponse("Method Not Allowed", 405, allow)
        else:
            try:
                response = await found(request)
            except ClientDisconnect:
                return
        await response(scope, receive, send)


def headers_of(scope: Scope) -> Headers:
    """The headers of an answer that is not made by the endpoint which the request was for."""
    address = scope.get("endpoint")
    found = address.answers.get(scope["method"]) if isinstance(address, Address) else None
    return () if found is None else found.headers


def by_path(endpoints: Iterable[Endpoint]) -> dict[str, dict[str, Endpoint]]:
    """Path → method → endpoint, in the order of the table."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        for path in (endpoint.path, *endpoint.aliases):
            paths.setdefault(path, {})[endpoint.method] = endpoint
    return paths


def table(
    schema: GraphQLSchema,
    execute: Execute,
    decode: Decode = strict_json,
    encode: Encode = encode_json,
    admit: Admit = _anybody,
    *,
    tell: Tell = _nothing,
    prepare: Prepare = _unprepared,
    largest_upload: int = LARGEST_UPLOAD,
    named: bool = True,
    operations: Mapping[str, Operation] | None = None,
    observe: Observe = unobserved,
    deprecations: Mapping[str, Deprecation] | None = None,
    clock: Callable[[], datetime] = _now,
) -> PathTable:
    """What leads to every path, as a route or as an application of its own.

    With `named`, every answer names its operation, and where the document of that is.
    `operations` are what `load` makes of the schema, for who has them already; it raises
    ValueError if the schema does not allow an operation.
    """
    operations = load(schema) if operations is None else operations
    told = deprecations or {}
    edges = Edges(execute, decode, encode, admit, tell, largest_upload, named, observe, told, clock)
    for each in operations.values():
        prepare(each.document, each.name, each.least())

    paths = by_path(ENDPOINTS)

    def address(path: str) -> Address:
        answers = {
            method: answer(row, path, operations[row.operation], edges)
            for method, row in paths[path].items()
        }
        allowed = {method for other in covering(path, paths) for method in paths[other]}
        return Address(answers, frozenset(allowed))

    return PathTable({path: address(path) for path in paths})
