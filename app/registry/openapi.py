"""Components out of the OpenAPI documents of Kubernetes, of version 2 or 3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.registry.definitions import Component, Json
from app.registry.kinds import IDENTITY, as_form, component_of_kind, readable, trimmed

Identity = tuple[str, str, str]  # group, version, kind

_REFERENCE = re.compile(r"#/(?:components/schemas|definitions)/(.+)")


def components_of_openapi(document: Json) -> Iterator[Component]:
    """A component of each schema that has an `x-kubernetes-group-version-kind`.

    A kind is in namespaces if one of its paths is, or if the document has no paths to tell.
    """
    schemas = _schemas(document)
    namespaced = _namespaced(document.get("paths"))
    for schema in schemas.values():
        identity = _identity(schema)
        if identity is None:
            continue
        group, version, kind = identity
        yield component_of_kind(
            kind,
            f"{group}/{version}" if group else version,
            is_namespaced=namespaced is None or identity in namespaced,
            schema=_self_contained(trimmed(schema, readable(kind)), schemas),
        )


def _schemas(document: Json) -> Json:
    components = document.get("components")
    found = components.get("schemas") if isinstance(components, dict) else None
    found = found or document.get("definitions")
    return found if isinstance(found, dict) else {}


def _identity(node: object) -> Identity | None:
    """What a schema or an operation is marked with, the first of several."""
    marks = node.get(IDENTITY) if isinstance(node, dict) else None
    mark = marks[0] if isinstance(marks, list) and marks else marks
    if not isinstance(mark, dict):
        return None
    group, version, kind = (mark.get(key, "") for key in ("group", "version", "kind"))
    if isinstance(group, str) and isinstance(version, str) and isinstance(kind, str) and kind:
        return group, version, kind
    return None


def _namespaced(paths: object) -> set[Identity] | None:
    """The kinds that a path puts into a namespace; None if no paths are told."""
    if not isinstance(paths, dict) or not paths:
        return None
    operations = [
        operation
        for path, item in paths.items()
        if "/namespaces/{namespace}/" in path and isinstance(item, dict)
        for operation in item.values()
    ]
    return {identity for each in operations if (identity := _identity(each)) is not None}


def _self_contained(schema: Json, schemas: Mapping[str, Any]) -> Json:
    """The schema with those it refers to, each once under `definitions`."""
    names: dict[str, Any] = {}
    waiting: list[str] = []
    result = _with_local_references(schema, waiting)
    while waiting:
        name = waiting.pop()
        if name not in names and name in schemas:
            names[name] = _with_local_references(as_form(schemas[name]), waiting)
    return {**result, "definitions": dict(sorted(names.items()))} if names else result


def _with_local_references(node: Any, found: list[str]) -> Any:
    if isinstance(node, list):
        return [_with_local_references(each, found) for each in node]
    if not isinstance(node, dict):
        return node
    target = node.get("$ref")
    reference = _REFERENCE.fullmatch(target) if isinstance(target, str) else None
    if reference is not None:
        found.append(reference[1])
        return {**node, "$ref": f"#/definitions/{reference[1]}"}
    return {key: _with_local_references(value, found) for key, value in node.items()}
