"""The table of endpoints for those who move on: which operation each is, and its document.

GET  /rest-map        every endpoint, with what it takes
GET  /rest-map/NAME   the document of an operation with its fragments, as `application/graphql`
POST /rest-map/NAME   the variables that a request to the endpoint becomes; nothing is executed
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from graphql import GraphQLSchema, OperationDefinitionNode, Undefined, print_ast
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.errors import BadInput, Problem
from rest_compat.bodies import read_body
from rest_compat.describing import SUMMARIES, Parameter, parameters
from rest_compat.documents import Operation
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.forms import MULTIPART
from rest_compat.reading import WITH_BODY, reader, texts_of
from rest_compat.replying import Encode, encode_json, told
from rest_compat.routing import parameters_of
from rest_compat.values import Decode, strict_json

PATH: Final = "/rest-map"
JSON: Final = "application/json"
MEDIA: Final = "application/graphql"
ROWS: Final[Mapping[str, Endpoint]] = {each.operation: each for each in ENDPOINTS}
UNKNOWN: Final = f"There is no operation of this name: {PATH} has them all."

Headers = tuple[tuple[bytes, bytes], ...]
Json = dict[str, Any]
#: Raises the `Problem` of a caller whom nothing is shown.
Admit = Callable[[Request], Awaitable[None]]


def naming(operation: str) -> Headers:
    """The headers by which an answer names its operation (RFC 8288 has `Link`)."""
    link = f'<{PATH}/{operation}>; rel="alternate"; type="{MEDIA}"'
    return ((b"x-graphql-operation", operation.encode()), (b"link", link.encode()))


@dataclass(frozen=True)
class RestMap:
    """The table, made when it is first asked for."""

    schema: GraphQLSchema
    operations: Mapping[str, Operation]
    decode: Decode
    encode: Encode

    @cached_property
    def table(self) -> bytes:
        rows = [_row(self.schema, each, self.operations[each.operation]) for each in ENDPOINTS]
        return self.encode({"endpoints": rows})

    def document(self, name: str) -> str:
        """The operation, and then the fragments it uses."""
        nodes = self.operations[name].document.definitions
        ordered = sorted(nodes, key=lambda each: not isinstance(each, OperationDefinitionNode))
        return "\n\n".join(map(print_ast, ordered)) + "\n"

    def variables(self, name: str, given: Mapping[str, Any]) -> object:
        """What a request becomes: `query` is as in an address, all else of it objects.

        Raises `BadInput` in the words of the endpoint.
        """
        row, operation = ROWS[name], self.operations[name]
        path, query, body, headers = (_member(given, *each) for each in _MEMBERS)
        sent = {key.lower(): str(headers[key]) for key in headers}
        if missing := sorted(parameters_of(row.path) - path.keys()):
            raise BadInput(f"path.{missing[0]}: this is required.", field=missing[0])
        read = reader(operation, row.method, parameters_of(row.path), self.decode)
        named = {key: str(path[key]) for key in path}
        return _shown(read(named, texts_of(query.encode()), body, sent))


#: The members of a request to be translated, and what each is.
_MEMBERS: Final[tuple[tuple[str, type, str], ...]] = (
    ("path", dict, "a JSON object"),
    ("query", str, "a text"),
    ("body", dict, "a JSON object"),
    ("headers", dict, "a JSON object"),
)


async def _anybody(_: Request) -> None:
    return None


def routes(
    schema: GraphQLSchema,
    operations: Mapping[str, Operation],
    decode: Decode = strict_json,
    encode: Encode = encode_json,
    admit: Admit = _anybody,
) -> list[Route]:
    """The table, and each of its operations, for those who are admitted."""
    made = RestMap(schema, operations, decode, encode)

    async def table(_: Request) -> Response:
        return Response(made.table, media_type=JSON)

    async def operation(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ROWS:
            return PlainTextResponse(UNKNOWN, 404)
        if request.method != "POST":
            return Response(made.document(name), media_type=f"{MEDIA}; charset=utf-8")
        try:
            variables = made.variables(name, read_body(await request.body(), decode))
        except BadInput as problem:
            return PlainTextResponse(problem.message, 400)
        return Response(encode({"operation": name, "variables": variables}), media_type=JSON)

    def admitted(endpoint: Callable[[Request], Awaitable[Response]]) -> Any:
        async def answer(request: Request) -> Response:
            try:
                await admit(request)
            except Problem as problem:
                return PlainTextResponse(problem.message, *told(problem))
            return await endpoint(request)

        return answer

    return [
        Route(PATH, admitted(table)),
        Route(PATH + "/{name}", admitted(operation), methods=["GET", "POST"]),
    ]


def _row(schema: GraphQLSchema, endpoint: Endpoint, operation: Operation) -> Json:
    """An endpoint as the table has it; `accepts` and `media` are null for no body."""
    given = parameters(schema, endpoint, operation)
    return {
        "name": endpoint.operation,
        "summary": SUMMARIES[endpoint.operation],
        "tag": endpoint.tag,
        "method": endpoint.method,
        "path": endpoint.path,
        "aliases": list(endpoint.aliases),
        "public": endpoint.public,
        "accepts": _accepted(endpoint, given),
        "status": endpoint.status,
        "media": JSON if operation.path is not None else None,
        "document": f"{PATH}/{endpoint.operation}",
        "variables": [_variable(each) for each in given],
    }


def _accepted(endpoint: Endpoint, given: tuple[Parameter, ...]) -> str | None:
    """The documented media type of what is sent."""
    if endpoint.method not in WITH_BODY or all(each.place == "path" for each in given):
        return None
    return MULTIPART if endpoint.uploads else JSON


def _variable(parameter: Parameter) -> Json:
    """A parameter; `default` and `values` are there only where there are such."""
    default = parameter.variable.default
    return {
        "name": parameter.name,
        "type": str(parameter.variable.type),
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "example": parameter.example,
        **({} if default is Undefined else {"default": default}),
        **({"values": list(parameter.values)} if parameter.values else {}),
    }


def _member(given: Mapping[str, Any], name: str, kind: type, what: str) -> Any:
    value = given.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise BadInput(f"{name}: expected {what}.", field=name)
    return value


def _shown(value: object) -> object:
    """The value as JSON has it: bytes are base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list) else value
