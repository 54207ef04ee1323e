"""The same table as an OpenAPI 3.0.3 document.

Parameters and bodies come from the variables of an operation, responses from its selections;
`shapes.json` holds what GraphQL does not know: the insides of free JSON values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLType,
    Undefined,
    get_nullable_type,
)

from rest_compat.documents import BODY, Operation, Selected, Variable, load
from rest_compat.endpoints import ENDPOINTS, Endpoint
from rest_compat.forms import MULTIPART
from rest_compat.reading import MAX_ROWS, WITH_BODY
from rest_compat.shaping import NULLS, always
from rest_compat.values import wire_names

Json = dict[str, Any]

_SHAPES: Final[Json] = json.loads(Path(__file__).with_name("shapes.json").read_text("utf-8"))
_REF: Final = "#/components/schemas/"

_LEAVES: Final[Mapping[str, Json]] = {
    "ID": {"type": "string", "format": "uuid"},
    "String": {"type": "string"},
    "Int": {"type": "integer"},
    "Boolean": {"type": "boolean"},
    "DateTime": {"type": "string", "format": "date-time"},
    "JSON": {"type": "object"},
    "Bytes": {"type": "string", "format": "file"},
}

#: Parameters that are not simply what their type says.
_PARAMETERS: Final[Mapping[str, Json]] = {
    "page": {"type": "integer", "minimum": 0, "default": 0},
    "pagesize": {
        "oneOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_ROWS},
            {"type": "string", "enum": ["all"]},
        ]
    },
    "order": {"type": "string", "example": "name asc"},
    "filter": {"type": "string", "example": "deleted_at Deleted"},
}

_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("BadRequest", "A parameter or the body is wrong; the text names what."),
    401: ("Unauthorized", "No valid token, or one without the privilege."),
    404: ("NotFound", "Nothing of this id, or nothing that the caller may see."),
    500: ("InternalServerError", "The service could not answer; with Retry-After, try again."),
}


@dataclass(frozen=True)
class Components:
    """The named schemas met so far: each fragment is one."""

    schemas: Json = field(default_factory=dict)

    def of(self, chosen: Selected) -> Json:
        """The schema of a selected field's value."""
        if (known := _SHAPES["fields"].get(f"{chosen.parent}.{chosen.field}")) is not None:
            schema: Json = known
        else:
            schema = self._typed(chosen, chosen.type)
        if NULLS.get((chosen.parent, chosen.name), Undefined) is None:
            return {**schema, "nullable": True}
        return schema

    def _typed(self, chosen: Selected, type_: GraphQLType) -> Json:
        if isinstance(type_, GraphQLNonNull):
            return self._typed(chosen, type_.of_type)
        if isinstance(type_, GraphQLList):
            return {"type": "array", "items": self._typed(chosen, type_.of_type)}
        if not chosen.children:
            return _leaf(type_)
        if chosen.fragment is None:
            return self._object(chosen.children)
        if chosen.fragment not in self.schemas:
            self.schemas[chosen.fragment] = self._object(chosen.children)
        return {"$ref": _REF + chosen.fragment}

    def _object(self, fields: tuple[Selected, ...]) -> Json:
        if [each.name for each in fields] == [BODY]:
            return self.of(fields[0])
        schema: Json = {
            "type": "object",
            "properties": {each.name: self.of(each) for each in fields},
        }
        if required := [each.name for each in fields if always(each)]:
            schema["required"] = required
        return schema


def openapi(schema: GraphQLSchema) -> Json:
    """The OpenAPI document of the endpoints as this schema answers them."""
    operations, components, paths = load(schema), Components(), dict[str, Json]()
    for endpoint in ENDPOINTS:
        operation = operations[endpoint.operation]
        described = _operation(endpoint, operation, components)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = described
    return {
        "openapi": "3.0.3",
        "info": {"title": "Meshgraph: the documented REST API", "version": "2026-04"},
        "tags": [{"name": tag} for tag in sorted({each.tag for each in ENDPOINTS})],
        "paths": paths,
        "components": {
            "schemas": {**_SHAPES["schemas"], **components.schemas},
            "responses": {
                name: {"description": text, "content": {"text/plain": {"schema": _leaf("String")}}}
                for name, text in _REFUSALS.values()
            },
            "securitySchemes": {"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(endpoint: Endpoint, operation: Operation, components: Components) -> Json:
    path = re.findall(r"{(\w+)}", endpoint.path)
    rest = [each for each in operation.variables if each.name not in path]
    described: Json = {
        "tags": [endpoint.tag],
        "operationId": endpoint.operation,
        "security": [] if endpoint.public else [{"jwt": []}],
        "parameters": [
            _parameter(each, "path") for each in operation.variables if each not in rest
        ],
        "responses": _responses(endpoint, operation, components),
    }
    if endpoint.method not in WITH_BODY:
        spoken = [each for each in rest if not each.name.startswith("_")]
        described["parameters"] += [_parameter(each, "query") for each in spoken]
        described["parameters"] += [_ignored(name) for name in endpoint.ignored]
    elif rest:
        described["requestBody"] = _body(endpoint, rest)
    return described


def _parameter(variable: Variable, place: str) -> Json:
    required = place == "path" or variable.required
    schema = _PARAMETERS.get(variable.name) or _input(variable.name, variable.type)
    if variable.default is not Undefined:
        schema = {**schema, "default": variable.default}
    return {"name": variable.name, "in": place, "required": required, "schema": schema}


def _ignored(name: str) -> Json:
    schema = _PARAMETERS.get(name) or _leaf("String")
    text = "Accepted without effect: the answer is always complete."
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def _body(endpoint: Endpoint, variables: Iterable[Variable]) -> Json:
    chosen = list(variables)
    ignored = {name: {"description": "Accepted without effect."} for name in endpoint.ignored}
    schema: Json = {
        "type": "object",
        "properties": {each.name: _input(each.name, each.type) for each in chosen} | ignored,
    }
    if required := [each.name for each in chosen if each.required]:
        schema["required"] = required
    media = MULTIPART if endpoint.uploads else "application/json"
    return {"required": bool(required) or endpoint.uploads, "content": {media: {"schema": schema}}}


def _input(name: str, given: GraphQLInputType) -> Json:
    type_ = get_nullable_type(given)
    if isinstance(type_, GraphQLList):
        return {"type": "array", "items": _input(name, type_.of_type)}
    if isinstance(type_, GraphQLEnumType):
        return {"type": "string", "enum": wire_names(type_)}
    if name in _SHAPES["variables"]:
        return {**_SHAPES["variables"][name]}
    if isinstance(type_, GraphQLInputObjectType):
        members = {key: _input(key, field.type) for key, field in type_.fields.items()}
        return {"type": "object", "properties": members}
    return _leaf(type_)


def _leaf(type_: object) -> Json:
    return dict(_LEAVES.get(str(type_), _LEAVES["String"]))


def _responses(endpoint: Endpoint, operation: Operation, components: Components) -> Json:
    responses: Json = {}
    for status in sorted(endpoint.statuses):
        if status in _REFUSALS and not endpoint.is_silent(status):
            responses[str(status)] = {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"}
        else:
            responses[str(status)] = {"description": HTTPStatus(status).phrase}
    if operation.body:
        bodies = [components.of(each) for each in operation.body]
        schema = bodies[0] if len(bodies) == 1 else {"oneOf": bodies}
        responses[str(endpoint.status)]["content"] = {"application/json": {"schema": schema}}
    return responses
