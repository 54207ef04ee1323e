"""Components that are generated of kinds and their schemas, as Meshery generates them."""

from __future__ import annotations

import re
from typing import Any

from app.registry.definitions import ENABLED, Component, Json, canonical
from app.registry.reading import read_component

SCHEMA_VERSION = "components.meshery.io/v1beta2"
DEFINITION_VERSION = "v1.0.0"

#: What every object of Kubernetes has, or only the cluster writes: not for a form.
NOT_CONFIGURED = frozenset({"apiVersion", "kind", "metadata", "status"})
#: A node with this takes any fields, so it is written as text.
ANYTHING = "x-kubernetes-preserve-unknown-fields"
#: Group, version and kind of a schema in the OpenAPI documents of Kubernetes.
IDENTITY = "x-kubernetes-group-version-kind"

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def readable(kind: str) -> str:
    """A kind in words: `CouchbaseAutoscaler` is Couchbase Autoscaler, `HTTPRoute` HTTP Route."""
    return _WORDS.sub(" ", kind)


def component_of_kind(
    kind: str, api_version: str, *, is_namespaced: bool, schema: Json | None
) -> Component:
    """A component as Meshery generates it: enabled, without styles, its schema as it is given."""
    definition = {
        "schemaVersion": SCHEMA_VERSION,
        "version": DEFINITION_VERSION,
        "displayName": readable(kind),
        "description": "",
        "format": "JSON",
        "status": ENABLED,
        "metadata": {"isAnnotation": False, "isNamespaced": is_namespaced},
        "component": {
            "kind": kind,
            "version": api_version,
            "schema": "" if schema is None else canonical(schema),
        },
    }
    return read_component(kind, definition)


def trimmed(schema: Json, title: str) -> Json:
    """The schema of what is configured of an object: without `NOT_CONFIGURED`, any fields as text.

    The root stays an object whatever it takes, and is given the title.
    """
    properties = schema.get("properties")
    kept = {
        name: as_form(value)
        for name, value in (properties.items() if isinstance(properties, dict) else ())
        if name not in NOT_CONFIGURED
    }
    rest = {
        key: as_form(value)
        for key, value in schema.items()
        if key not in {"properties", "required", ANYTHING, IDENTITY}
    }
    asked = schema.get("required")
    required = [name for name in asked if name in kept] if isinstance(asked, list) else []
    properties_of_form: Json = {"properties": kept} if isinstance(properties, dict) else {}
    return {
        **rest,
        **properties_of_form,
        **({"required": required} if required else {}),
        "title": title,
    }


def as_form(node: Any) -> Any:
    """A node of a schema, and all below it, with any fields as text in several lines."""
    if isinstance(node, list):
        return [as_form(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get(ANYTHING) is True:
        kept = {key: node[key] for key in ("title", "description") if key in node}
        return {**kept, "type": "string", "format": "textarea"}
    return {key: as_form(value) for key, value in node.items()}
