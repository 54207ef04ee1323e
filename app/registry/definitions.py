"""What is registered: models, their components and relationships, and who offers them.

The terms are those of Meshery's schemas (github.com/meshery/schemas). A model has two versions: its
own (`model.version`, of the technology it describes) and that of its definition (`version`); so
does a component, whose own is the `apiVersion` of its kind.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

Json = dict[str, Any]
EntityType = Literal["model", "component", "relationship", "connection", "policy", "unknown"]

ENABLED, IGNORED = "enabled", "ignored"
UNCATEGORIZED = "Uncategorized"

#: Ids are UUIDs of version 5 in this namespace: what is the same has the same id everywhere.
NAMESPACE = uuid5(NAMESPACE_URL, "https://schemas.meshery.io/registry")

#: Members that tell when and where a definition was kept, but not what it defines.
_OF_THE_STORE = frozenset({"id", "connectionId", "connection_id"}) | {
    f"{event}{at}" for event in ("created", "updated", "deleted") for at in ("At", "_at")
}
#: The model that a component or relationship carries along; its package says which it belongs to.
_OF_THE_MODEL = frozenset({"model", "modelId", "model_id", "modelReference", "model_reference"})


@dataclass(frozen=True)
class Registrant:
    """Who offers models: a registry such as Artifact Hub, of a kind such as `artifacthub`."""

    name: str
    kind: str


@dataclass(frozen=True)
class Category:
    name: str = UNCATEGORIZED


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What every definition has. `definition` is the whole of it as it was given."""

    schema_version: str
    definition_version: str = ""
    status: str = ENABLED
    description: str = ""
    metadata: Json = field(default_factory=dict)
    definition: Json = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of what is defined: equal for definitions that only differ in
        ids, timestamps, the order of members and the model they carry along.
        """
        left_out = _OF_THE_STORE if isinstance(self, Model) else _OF_THE_STORE | _OF_THE_MODEL
        content = {key: value for key, value in self.definition.items() if key not in left_out}
        return hashlib.sha256(canonical(content).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Model(Entity):
    """`version` is that of what is described, e.g. `v1.35.0` of Kubernetes."""

    name: str
    display_name: str = ""
    version: str = ""
    sub_category: str = ""
    registrant: Registrant
    category: Category = Category()
    components_count: int = 0
    relationships_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Component(Entity):
    """`version` is the `apiVersion` of the kind (`apps/v1`); `schema` is JSON Schema as text."""

    kind: str
    version: str = ""
    display_name: str = ""
    format: str = "JSON"
    schema: str | None = None
    capabilities: list[Any] | None = None
    styles: Json | None = None
    configuration: Json | None = None

    @property
    def is_annotation(self) -> bool:
        """Whether it only decorates a design, and is never deployed."""
        return self.metadata.get("isAnnotation") is True

    @property
    def is_namespaced(self) -> bool:
        return self.metadata.get("isNamespaced") is True


@dataclass(frozen=True, kw_only=True)
class Relationship(Entity):
    """`kind`, `type` and `sub_type` classify it, e.g. edge, binding, network."""

    kind: str
    type: str = ""
    sub_type: str = ""
    evaluation_query: str = ""
    selectors: list[Any] | None = None
    capabilities: list[Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Policy(Entity):
    kind: str
    sub_type: str = ""
    expression: Json | None = None


@dataclass(frozen=True, kw_only=True)
class ConnectionDefinition(Entity):
    """What connections of a kind are like; not a connection that somebody has."""

    kind: str
    type: str = ""
    sub_type: str = ""
    name: str = ""


@dataclass(frozen=True)
class Package:
    """A model and what belongs to it, whatever model each definition names."""

    model: Model
    components: tuple[Component, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    policies: tuple[Policy, ...] = ()
    connections: tuple[ConnectionDefinition, ...] = ()


@dataclass(frozen=True)
class Problem:
    """Why an entity is not registered. `name` is its file, or its own name where it has no file."""

    name: str
    entity: EntityType
    text: str


def registrable(package: Package) -> Package:
    """The package without what is `ignored`; of an ignored model nothing but itself is left."""
    if package.model.status == IGNORED:
        return Package(package.model)
    return replace(
        package,
        components=tuple(each for each in package.components if each.status != IGNORED),
        relationships=tuple(each for each in package.relationships if each.status != IGNORED),
    )


def registrant_id(registrant: Registrant) -> UUID:
    return _id("registrant", registrant.kind, registrant.name)


def category_id(category: Category) -> UUID:
    return _id("category", category.name)


def model_id(model: Model) -> UUID:
    """The id of a model: of its registrant, schema, name and both versions, as in Meshery."""
    return _id(
        "model",
        model.registrant.kind,
        model.registrant.name,
        model.schema_version,
        model.name,
        model.version,
        model.definition_version,
    )


def component_id(model: UUID, component: Component) -> UUID:
    """The id of a component of the model of that id: registered again, it is the same."""
    return _id("component", str(model), component.digest)


def relationship_id(model: UUID, relationship: Relationship) -> UUID:
    """The id of a relationship of the model of that id: registered again, it is the same."""
    return _id("relationship", str(model), relationship.digest)


def policy_id(model: UUID, policy: Policy) -> UUID:
    return _id("policy", str(model), policy.digest)


def canonical(value: object) -> str:
    """JSON in ASCII, with members in order and no white space: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _id(*members: str) -> UUID:
    return uuid5(NAMESPACE, canonical(members))
