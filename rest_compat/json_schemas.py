"""The JSON Schemas of what endpoints take and answer, as OpenAPI 3.0.3 has them.

Parameters and bodies come from the variables of an operation, answers from its selections;
`shapes.json` holds what GraphQL does not know: the insides of free JSON values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    Undefined,
    get_nullable_type,
)

from rest_compat.describing import ANSWERS, Parameter
from rest_compat.documents import BODY, Selected
from rest_compat.reading import MAX_ROWS
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
    "order": {"type": "string"},
    "filter": {"type": "string"},
}


@dataclass(frozen=True)
class Components:
    """The named schemas met so far: each fragment is one."""

    schema: GraphQLSchema
    schemas: Json = field(default_factory=lambda: dict(_SHAPES["schemas"]))

    def of(self, chosen: Selected) -> Json:
        """The schema of a selected field's value, described where it has no name of its own."""
        if (known := _SHAPES["fields"].get(f"{chosen.parent}.{chosen.field}")) is not None:
            schema: Json = known
        else:
            schema = self._typed(chosen, chosen.type)
        if NULLS.get((chosen.parent, chosen.name), Undefined) is None:
            schema = {**schema, "nullable": True}
        return schema if "$ref" in schema else {**schema, **dict(self._told(chosen))}

    def description(self, chosen: Selected) -> str:
        parent = self.schema.get_type(chosen.parent)
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        return parent.fields[chosen.field].description or ""

    def _told(self, chosen: Selected) -> Iterator[tuple[str, object]]:
        yield "description", self.description(chosen)
        names = (f"{chosen.parent}.{chosen.name}", chosen.name)
        if (known := next((each for each in names if each in ANSWERS), None)) is not None:
            yield "example", ANSWERS[known]

    def _typed(self, chosen: Selected, type_: GraphQLType) -> Json:
        if isinstance(type_, GraphQLNonNull):
            return self._typed(chosen, type_.of_type)
        if isinstance(type_, GraphQLList):
            return {"type": "array", "items": self._typed(chosen, type_.of_type)}
        if not chosen.children:
            return leaf(type_)
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


def in_address(parameter: Parameter) -> Json:
    """The schema of a parameter of a path or a query."""
    name, variable = parameter.name, parameter.variable
    schema = _PARAMETERS.get(name) or _input(name, variable.type)
    return schema if variable.default is Undefined else {**schema, "default": variable.default}


def ignored(name: str) -> Json:
    """The schema of a parameter that has no effect."""
    return _PARAMETERS.get(name) or leaf("String")


def in_body(parameter: Parameter) -> Json:
    """The schema of a member of a body."""
    schema = _input(parameter.name, parameter.variable.type)
    return schema if "$ref" in schema else {**schema, "description": parameter.description}


def leaf(type_: object) -> Json:
    """The schema of a scalar; of one that is not known, that of a text."""
    return dict(_LEAVES.get(str(type_), _LEAVES["String"]))


def _input(name: str, given: GraphQLInputType) -> Json:
    type_ = get_nullable_type(given)
    if isinstance(type_, GraphQLList):
        return {"type": "array", "items": _input(name, type_.of_type)}
    if isinstance(type_, GraphQLEnumType):
        return {"type": "string", "enum": wire_names(type_)}
    if name in _SHAPES["variables"]:
        return {**_SHAPES["variables"][name]}
    if isinstance(type_, GraphQLInputObjectType):
        members = {
            key: {**_input(key, field.type), "description": field.description or ""}
            for key, field in type_.fields.items()
        }
        return {"type": "object", "properties": members}
    return leaf(type_)
