"""The table of endpoints as an OpenAPI 3.0.3 document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from graphql import GraphQLSchema

from rest_compat.conditions import IF_MATCH
from rest_compat.describing import (
    BODIES,
    ERRORS,
    INFO,
    NAMING,
    NOTES,
    SUMMARIES,
    TAGS,
    Parameter,
    parameters,
)
from rest_compat.documents import Operation, load
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.forms import MULTIPART
from rest_compat.json_schemas import Components, Json, ignored, in_address, in_body, leaf
from rest_compat.reading import HEADERS
from rest_compat.rest_map import PATH as REST_MAP

#: A token in a header, or in the cookie that browsers send.
_SECURITY: Final[Mapping[str, Json]] = {
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token; `meshgraph token EMAIL` prints one.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "token",
        "description": "The same token, as a cookie: of pages of this origin only.",
    },
}

_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "X-GraphQL-Operation": ("The GraphQL operation that answered.", "getOrgs"),
    "Link": (
        "Where the document of the operation is.",
        f'<{REST_MAP}/getOrgs>; rel="alternate"; type="application/graphql"',
    ),
    "WWW-Authenticate": ("How to say who is calling.", "Bearer"),
    "Retry-After": ("Seconds after which the same request may succeed.", "1"),
    "ETag": ("The version of the one row that is answered.", '"3"'),
    "Idempotency-Replayed": ("That this is the answer which an earlier request was given.", "true"),
}
#: The headers of every answer, and those that belong to a status.
_ALWAYS: Final = ("X-GraphQL-Operation", "Link")
_ON: Final[Mapping[int, tuple[str, ...]]] = {401: ("WWW-Authenticate",), 500: ("Retry-After",)}

_IDEMPOTENCY_KEY: Final = "Idempotency-Key"
#: What requests may say beyond the documents, by header: the status that only those get who do, the
#: description, an example, and what a value matches.
_ADDED: Final[Mapping[str, tuple[int, str, str, str]]] = {
    IF_MATCH: (
        412,
        (
            "The `ETag` of what you have read: where it has another version by now, nothing is "
            "changed. `*` is any."
        ),
        '"3"',
        r'^(\*|"[1-9][0-9]{0,8}")$',
    ),
    _IDEMPOTENCY_KEY: (
        422,
        (
            "A text of your own for this request: who sends the request again with it is given the "
            "answer that there was, and nothing is done twice."
        ),
        '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
        r'^([!#-\[\]-~]{1,255}|"[ !#-\[\]-~]{1,255}")$',
    ),
}

_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("BadRequest", "A parameter or the body is wrong; the text names what."),
    401: ("Unauthorized", "No valid token, or one without the privilege."),
    404: ("NotFound", "Nothing of this id, or nothing that the caller may see."),
    412: ("PreconditionFailed", "What is to be changed has another version by now."),
    422: ("UnprocessableContent", "The idempotency key came before, with another request."),
    500: ("InternalServerError", "The service could not answer."),
}


def openapi(
    schema: GraphQLSchema,
    operations: Mapping[str, Operation] | None = None,
    *,
    named: bool = True,
) -> Json:
    """The OpenAPI document of the endpoints as this schema answers them.

    `operations` are what `load` makes of the schema, for who has them already. `named` says
    whether answers name their operations.
    """
    document = _document(schema, load(schema) if operations is None else operations)
    return document if named else _unnamed(document)


def _unnamed(document: Json) -> Json:
    """The document without what tells of the names of operations."""
    described = [each for methods in document["paths"].values() for each in methods.values()]
    components = document["components"]
    answers = [answer for each in described for answer in each["responses"].values()]
    for each in described:
        del each["externalDocs"]
    for answer in (*answers, *components["responses"].values()):
        for name in _ALWAYS:
            answer.get("headers", {}).pop(name, None)
    for name in _ALWAYS:
        del components["headers"][name]
    document["info"]["description"] = INFO
    return document


def _document(schema: GraphQLSchema, loaded: Mapping[str, Operation]) -> Json:
    components, paths = Components(schema), dict[str, Json]()
    for endpoint in ENDPOINTS:
        described = _operation(endpoint, loaded[endpoint.operation], components)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = described
    return {
        "openapi": "3.0.3",
        "info": _info(),
        "servers": [{"url": "/", "description": "This service."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "headers": {name: _header(*each) for name, each in _HEADERS.items()},
            "responses": {
                name: _refusal(status, text) for status, (name, text) in _REFUSALS.items()
            },
            "securitySchemes": _SECURITY,
        },
    }


def _info() -> Json:
    return {
        "title": "Meshgraph: the documented REST API",
        "version": "2026-04",
        "description": f"{NAMING}\n\n{INFO}",
        "license": {
            "name": "Apache 2.0",
            "url": "https://www.apache.org/licenses/LICENSE-2.0.html",
        },
    }


def _header(description: str, example: str) -> Json:
    return {"description": description, "schema": leaf("String"), "example": example}


def _headers(status: int) -> Json:
    names = (*_ALWAYS, *_ON.get(status, ()))
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _headers_of_success(endpoint: Endpoint, operation: Operation) -> Json:
    told = {"ETag": operation.etag is not None, "Idempotency-Replayed": endpoint.method != "GET"}
    return {name: {"$ref": f"#/components/headers/{name}"} for name in told if told[name]}


def _refusal(status: int, text: str) -> Json:
    content = {"schema": leaf("String"), "example": ERRORS[str(status)]}
    return {"description": text, "headers": _headers(status), "content": {"text/plain": content}}


def _operation(endpoint: Endpoint, operation: Operation, components: Components) -> Json:
    given = parameters(components.schema, endpoint, operation)
    in_bodies = [each for each in given if each.place in {"body", "form"}]
    described: Json = {
        "tags": [endpoint.tag],
        "operationId": endpoint.operation,
        "summary": SUMMARIES[endpoint.operation],
        "description": " ".join(_told(endpoint)),
        "externalDocs": {
            "description": "The GraphQL operation",
            "url": f"{REST_MAP}/{endpoint.operation}",
        },
        "security": [] if endpoint.public else [{name: []} for name in _SECURITY],
        "parameters": [
            *(_parameter(each) for each in given if each not in in_bodies),
            *map(_given_header, _added(endpoint, operation)),
        ],
        "responses": _responses(endpoint, operation, components),
    }
    if in_bodies:
        described["requestBody"] = _body(endpoint, in_bodies)
    else:
        described["parameters"] += [_ignored(name) for name in endpoint.ignored]
    return described


def _told(endpoint: Endpoint) -> Iterator[str]:
    yield f"{SUMMARIES[endpoint.operation]}: the GraphQL operation `{endpoint.operation}`."
    if endpoint.operation in NOTES:
        yield NOTES[endpoint.operation]
    if endpoint.aliases:
        yield f"Also at {' and '.join(f'`{path}`' for path in endpoint.aliases)}."


def _parameter(given: Parameter) -> Json:
    return {
        "name": given.name,
        "in": given.place,
        "required": given.required,
        "description": given.description,
        "schema": in_address(given),
        "example": given.example,
    }


def _added(endpoint: Endpoint, operation: Operation) -> Iterator[str]:
    """The headers that the documents do not have."""
    if any(each.name in HEADERS for each in operation.variables):
        yield IF_MATCH
    if endpoint.method != "GET":
        yield _IDEMPOTENCY_KEY


def _given_header(name: str) -> Json:
    _, description, example, pattern = _ADDED[name]
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {**leaf("String"), "pattern": pattern},
        "example": example,
    }


def _ignored(name: str) -> Json:
    text = "Accepted without effect: the answer is always complete."
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": ignored(name),
    }


def _body(endpoint: Endpoint, given: list[Parameter]) -> Json:
    without_effect = {
        name: {"description": "Accepted without effect."} for name in endpoint.ignored
    }
    schema: Json = {
        "type": "object",
        "properties": {each.name: in_body(each) for each in given} | without_effect,
    }
    if required := [each.name for each in given if each.required]:
        schema["required"] = required
    examples = {each.name: each.example for each in given if each.example is not None}
    content = {"schema": schema, "example": BODIES.get(endpoint.operation, examples)}
    media = MULTIPART if endpoint.uploads else "application/json"
    return {"required": bool(required) or endpoint.uploads, "content": {media: content}}


def _responses(endpoint: Endpoint, operation: Operation, components: Components) -> Json:
    responses: Json = {}
    added = {_ADDED[name][0] for name in _added(endpoint, operation)}
    for status in sorted(endpoint.statuses | added):
        if status in _REFUSALS and not endpoint.is_silent(status):
            responses[str(status)] = {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"}
        else:
            phrase = HTTPStatus(status).phrase
            responses[str(status)] = {"description": phrase, "headers": _headers(status)}
    responses[str(endpoint.status)]["headers"] |= _headers_of_success(endpoint, operation)
    if operation.body:
        responses[str(endpoint.status)] |= _answer(operation, components)
    return responses


def _answer(operation: Operation, components: Components) -> dict[str, Any]:
    bodies = [components.of(each) for each in operation.body]
    schema = bodies[0] if len(bodies) == 1 else {"oneOf": bodies}
    return {
        "description": components.description(operation.body[0]),
        "content": {"application/json": {"schema": schema}},
    }
