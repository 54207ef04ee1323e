"""The registry in the graph: models, and what they define."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from app.db import registry as tables
from app.permissions import Permission
from resolvers import registry as resolve
from resolvers.answers import Public
from resolvers.fields import column, inside, listing, one, related
from schema.listing import (
    CategoryOrder,
    ComponentFilter,
    ComponentOrder,
    ModelFilter,
    ModelOrder,
    PolicyFilter,
    PolicyOrder,
    RegistrantFilter,
    RegistrantOrder,
    RelationshipFilter,
    RelationshipOrder,
)
from schema.nodes import Stored, row_of
from schema.paging import Page

_Model = tables.Model
_Component = tables.Component
_Relationship = tables.Relationship
_Policy = tables.Policy

_STATUS = "`enabled`, or why it is not offered: `ignored`, `duplicate`, `resolved`, `open`."
_SCHEMA_VERSION = "The Meshery schema it conforms to, such as "
_DEFINITION = "The whole definition, as it was registered"


@strawberry.type(description="Where models come from, such as Artifact Hub.")
class Registrant(Stored):
    is_type_of = row_of(tables.Registrant)

    name: str = column(tables.Registrant.name, "Its name, such as `Artifact Hub`.")
    kind: str = column(tables.Registrant.kind, "Its kind, such as `artifacthub`.")
    models: Page[Model] = listing(
        resolve.MODELS_OF_REGISTRANT,
        "The models that come from it.",
        order=ModelOrder,
        filter=ModelFilter,
    )


@strawberry.type(description="What models are sorted by, such as `Database`.")
class Category(Stored):
    is_type_of = row_of(tables.Category)

    name: str = column(tables.Category.name, "Its name.")
    models: Page[Model] = listing(
        resolve.MODELS_OF_CATEGORY, "The models of it.", order=ModelOrder, filter=ModelFilter
    )


@strawberry.type(
    description="An integration, such as Kubernetes, in one version: what it brings to designs."
)
class Model(Stored):
    is_type_of = row_of(_Model)

    name: str = column(_Model.name, "Its name, such as `kubernetes`.")
    display_name: str = column(_Model.display_name, "Its name for people.")
    version: str = column(_Model.version, "The version of what it describes, such as `v1.35.0`.")
    description: str = column(_Model.description, "What it is.")
    sub_category: str = column(_Model.sub_category, "The part of its category.")
    schema_version: str = column(
        _Model.schema_version, f"{_SCHEMA_VERSION}`models.meshery.io/v1beta1`."
    )
    status: str = column(_Model.status, _STATUS)
    metadata: JSON | None = inside(_Model.definition, "metadata", "Colours, icons and the like.")
    definition: JSON = column(
        _Model.definition, f"{_DEFINITION}, without its components and relationships."
    )
    registrant: Registrant | None = related(
        _Model.registrant_id, tables.Registrant, "Where it comes from."
    )
    category: Category | None = related(_Model.category_id, tables.Category, "Its category.")
    components: Page[Component] = listing(
        resolve.COMPONENTS_OF_MODEL,
        "The components it defines.",
        order=ComponentOrder,
        filter=ComponentFilter,
    )
    relationships: Page[Relationship] = listing(
        resolve.RELATIONSHIPS_OF_MODEL,
        "The relationships it defines.",
        order=RelationshipOrder,
        filter=RelationshipFilter,
    )
    policies: Page[Policy] = listing(
        resolve.POLICIES_OF_MODEL,
        "The policies it defines.",
        order=PolicyOrder,
        filter=PolicyFilter,
    )


@strawberry.type(description="A kind of resource that a model defines, and designs are made of.")
class Component(Stored):
    is_type_of = row_of(_Component)

    kind: str = column(_Component.kind, "Its kind, such as `Deployment`.")
    version: str = column(_Component.version, "Its API version, such as `apps/v1`.")
    display_name: str = column(_Component.display_name, "Its name for people.")
    description: str = column(_Component.description, "What it is.")
    schema_version: str = column(
        _Component.schema_version, f"{_SCHEMA_VERSION}`components.meshery.io/v1beta1`."
    )
    status: str = column(_Component.status, _STATUS)
    schema: str | None = column(
        _Component.schema, "The JSON Schema of its configuration, as text; null where it has none."
    )
    metadata: JSON | None = inside(
        _Component.definition, "metadata", "Whether it is namespaced, an annotation, and the like."
    )
    capabilities: JSON | None = inside(
        _Component.definition, "capabilities", "What can be done with it in a design."
    )
    styles: JSON | None = inside(_Component.definition, "styles", "How it is drawn.")
    definition: JSON = column(_Component.definition, f"{_DEFINITION}, without its JSON Schema.")
    model_id: strawberry.ID = column(_Component.model_id, "The id of its model.")
    model: Model | None = related(_Component.model_id, _Model, "The model that defines it.")


@strawberry.type(description="A rule by which components of a design are related.")
class Relationship(Stored):
    is_type_of = row_of(_Relationship)

    kind: str = column(_Relationship.kind, "`edge`, `hierarchical` or `sibling`.")
    type: str = column(_Relationship.type, "Its type, such as `binding` or `parent`.")
    sub_type: str = column(_Relationship.sub_type, "Its subtype, such as `network`.")
    description: str = column(_Relationship.description, "What it says.")
    schema_version: str = column(
        _Relationship.schema_version, f"{_SCHEMA_VERSION}`relationships.meshery.io/v1alpha3`."
    )
    status: str = column(_Relationship.status, _STATUS)
    evaluation_query: str | None = inside(
        _Relationship.definition, "evaluationQuery", "The policy that evaluates it."
    )
    selectors: JSON | None = inside(
        _Relationship.definition, "selectors", "Which components it relates, and which never."
    )
    metadata: JSON | None = inside(_Relationship.definition, "metadata", "How it is drawn.")
    definition: JSON = column(_Relationship.definition, f"{_DEFINITION}.")
    model_id: strawberry.ID = column(_Relationship.model_id, "The id of its model.")
    model: Model | None = related(_Relationship.model_id, _Model, "The model that defines it.")


@strawberry.type(description="A rule that designs are judged by.")
class Policy(Stored):
    is_type_of = row_of(_Policy)

    kind: str = column(_Policy.kind, "Its kind.")
    sub_type: str = column(_Policy.sub_type, "Its subtype.")
    schema_version: str = column(
        _Policy.schema_version, f"{_SCHEMA_VERSION}`policies.meshery.io/v1beta1`."
    )
    status: str = column(_Policy.status, _STATUS)
    expression: JSON | None = inside(_Policy.definition, "expression", "What it says.")
    definition: JSON = column(_Policy.definition, f"{_DEFINITION}.")
    model_id: strawberry.ID = column(_Policy.model_id, "The id of its model.")
    model: Model | None = related(_Policy.model_id, _Model, "The model that defines it.")


@strawberry.type
class RegistryQuery:
    model: Model | None = one(_Model, "A registered model.", access=Permission.VIEW_REGISTRY)
    models: Page[Model] = listing(
        resolve.MODELS,
        "The registered models.",
        order=ModelOrder,
        filter=ModelFilter,
        access=Permission.VIEW_REGISTRY,
    )
    component: Component | None = one(
        _Component, "A registered component.", access=Permission.VIEW_REGISTRY
    )
    components: Page[Component] = listing(
        resolve.COMPONENTS,
        "The components of all models.",
        order=ComponentOrder,
        filter=ComponentFilter,
        access=Permission.VIEW_REGISTRY,
    )
    relationships: Page[Relationship] = listing(
        resolve.RELATIONSHIPS,
        "The relationship definitions of all models.",
        order=RelationshipOrder,
        filter=RelationshipFilter,
        access=Permission.VIEW_REGISTRY,
    )
    policies: Page[Policy] = listing(
        resolve.POLICIES,
        "The policies of all models.",
        order=PolicyOrder,
        filter=PolicyFilter,
        access=Permission.VIEW_REGISTRY,
    )
    categories: Page[Category] = listing(
        resolve.CATEGORIES,
        "The categories of models.",
        order=CategoryOrder,
        access=Public.SIGNED_IN,
    )
    registrants: Page[Registrant] = listing(
        resolve.REGISTRANTS,
        "Where models come from.",
        order=RegistrantOrder,
        filter=RegistrantFilter,
        access=Public.SIGNED_IN,
    )
