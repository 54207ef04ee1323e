"""Definitions out of the JSON of Meshery's schemas.

Each reading function takes the name of the file, for what it raises: `Unreadable`
for a member of the wrong kind or one that must be there, `Unsupported` for another schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.importing.refusals import Unreadable, Unsupported
from app.registry.definitions import (
    ENABLED,
    UNCATEGORIZED,
    Category,
    Component,
    ConnectionDefinition,
    Entity,
    EntityType,
    Json,
    Model,
    Policy,
    Registrant,
    Relationship,
    canonical,
)
from app.registry.members import Members
from app.strict_json import printable

#: The entity of each group of schemas, and the versions of it that are read.
SCHEMAS: Mapping[str, tuple[EntityType, tuple[str, ...]]] = {
    "models.meshery.io": ("model", ("v1beta1", "v1beta2")),
    "components.meshery.io": ("component", ("v1beta1", "v1beta2")),
    "relationships.meshery.io": ("relationship", ("v1alpha3", "v1beta2")),
    "connections.meshery.io": ("connection", ("v1beta3",)),
    "policies.meshery.io": ("policy", ("v1beta1",)),
}
#: The names of registrants of the kinds that Meshery knows.
REGISTRANTS = {
    "artifacthub": "Artifact Hub",
    "github": "Github",
    "kubernetes": "Kubernetes",
    "meshery": "meshery",
}


def entity_of(document: object) -> EntityType:
    """What a document defines, by the group of its `schemaVersion`."""
    version = document.get("schemaVersion") if isinstance(document, dict) else None
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    return SCHEMAS.get(group, ("unknown", ()))[0]


def read_entity(name: str, document: object) -> Entity:
    """The definition that a document is, of any entity."""
    if not isinstance(document, dict):
        raise Unreadable(f"{name}: a definition is an object.")
    entity = entity_of(document)
    _check_schema(name, document)
    return _READERS[entity](name, document)


def read_model(name: str, document: Json) -> Model:
    """Raises `Unreadable` also for a model that has no name or whose registrant has no kind."""
    at = Members(name, document)
    return Model(
        **_of_every_entity(at),
        name=at.required("name"),
        display_name=at.name("displayName") or at.required("name"),
        version=at.inner("model").name("version"),
        sub_category=at.name("subCategory"),
        registrant=_registrant(at.inner("registrant")),
        category=Category(at.inner("category").name("name") or UNCATEGORIZED),
        components_count=at.get("componentsCount", int) or 0,
        relationships_count=at.get("relationshipsCount", int) or 0,
    )


def read_component(name: str, document: Json) -> Component:
    """A component whose schema has no properties is marked `hasInvalidSchema`, as Meshery does: it
    can be placed in a design, but there is no form to configure it.
    """
    at = Members(name, document)
    of_kind = at.inner("component")
    members = _of_every_entity(at)
    schema = _schema(of_kind)
    if not _has_properties(schema):
        members["metadata"] = members["metadata"] | {"hasInvalidSchema": True}
    return Component(
        **members,
        kind=of_kind.required("kind"),
        version=of_kind.name("version"),
        display_name=at.name("displayName") or of_kind.required("kind"),
        format=at.name("format") or "JSON",
        schema=schema,
        capabilities=at.get("capabilities", list),
        styles=at.get("styles", dict),
        configuration=at.get("configuration", dict),
    )


def read_relationship(name: str, document: Json) -> Relationship:
    at = Members(name, document)
    return Relationship(
        **_of_every_entity(at),
        kind=at.required("kind"),
        type=at.name("type"),
        sub_type=at.name("subType"),
        evaluation_query=at.text("evaluationQuery"),
        selectors=at.get("selectors", list),
        capabilities=at.get("capabilities", list),
    )


def read_connection(name: str, document: Json) -> ConnectionDefinition:
    at = Members(name, document)
    return ConnectionDefinition(
        **_of_every_entity(at),
        kind=at.required("kind"),
        type=at.name("type"),
        sub_type=at.name("subType"),
        name=at.name("name"),
    )


def read_policy(name: str, document: Json) -> Policy:
    at = Members(name, document)
    return Policy(
        **_of_every_entity(at),
        kind=at.required("kind"),
        sub_type=at.name("subType"),
        expression=at.get("expression", dict),
    )


_READERS: Mapping[EntityType, Callable[[str, Json], Entity]] = {
    "model": read_model,
    "component": read_component,
    "relationship": read_relationship,
    "connection": read_connection,
    "policy": read_policy,
}


def _of_every_entity(at: Members) -> dict[str, Any]:
    return {
        "schema_version": at.required("schemaVersion"),
        "definition_version": at.name("version"),
        "status": at.name("status") or ENABLED,
        "description": at.text("description") or at.inner("metadata").text("description"),
        "metadata": at.get("metadata", dict) or {},
        "definition": at.object,
    }


def _registrant(at: Members) -> Registrant:
    """Files of old have a `hostname`, such as `artifacthub` or `https://github.com`, alone."""
    name = at.name("name") or at.name("hostname")
    kind = at.name("kind") or _kind_named(name)
    if not kind:
        raise Unreadable(f"{at.file}: {at.path}kind must be given and not empty.")
    return Registrant(name or REGISTRANTS.get(kind, kind), kind)


def _kind_named(name: str) -> str:
    squeezed = re.sub(r"[^a-z0-9]", "", name.lower())
    return next((kind for kind in REGISTRANTS if kind in squeezed), squeezed)


def _schema(at: Members) -> str | None:
    """JSON Schema is kept as text; a file may also have it as an object."""
    given = at.object.get("schema")
    return canonical(given) if isinstance(given, dict) else at.text("schema") or None


def _has_properties(schema: str | None) -> bool:
    try:
        value = json.loads(schema or "null")
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("properties"), dict)


def _check_schema(name: str, document: Json) -> None:
    given = document.get("schemaVersion")
    group, _, version = given.rpartition("/") if isinstance(given, str) else ("", "", "")
    _, versions = SCHEMAS.get(group, ("unknown", ()))
    if version not in versions:
        allowed = [f"{group}/{each}" for each in versions] or [f"{each}/…" for each in SCHEMAS]
        got = f'"{printable(given)}"' if isinstance(given, str) else "missing"
        raise Unsupported(f"{name}: schemaVersion is {got}; allowed: {', '.join(allowed)}.")
