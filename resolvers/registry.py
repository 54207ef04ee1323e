"""The registry: the lists of models, and of what they define."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.base import live
from app.db.registry import Category, Component, Model, Policy, Registrant, Relationship
from resolvers.listing import Filter, Listing, Order


def _named(model_key: InstrumentedAttribute[Any], table: type[Category | Model]) -> Filter:
    """The row that a foreign key points at has one of the names."""
    among = Filter.among(table.name)
    return Filter(
        lambda names, viewer: model_key.in_(
            select(table.id).where(live(table), among.criterion(names, viewer)).correlate(None)
        ),
        among.type,
    )


def _times(table: type[Any]) -> dict[str, Order]:
    return {
        "CREATED_AT": Order.time(table.created_at),
        "UPDATED_AT": Order.time(table.updated_at),
    }


MODELS = Listing(
    Model,
    search=(Model.name, Model.display_name, Model.description),
    order={
        "NAME": Order.text(Model.name),
        "DISPLAY_NAME": Order.text(Model.display_name),
        "VERSION": Order.text(Model.version),
        **_times(Model),
    },
    filters={
        "name": Filter.among(Model.name),
        "version": Filter.among(Model.version),
        "status": Filter.among(Model.status),
        "category": _named(Model.category_id, Category),
        "category_id": Filter.equals(Model.category_id),
        "registrant_id": Filter.equals(Model.registrant_id),
    },
)
MODELS_OF_CATEGORY = MODELS.under(Model.category_id)
MODELS_OF_REGISTRANT = MODELS.under(Model.registrant_id)

COMPONENTS = Listing(
    Component,
    search=(Component.kind, Component.display_name, Component.description),
    order={
        "KIND": Order.text(Component.kind),
        "DISPLAY_NAME": Order.text(Component.display_name),
        "VERSION": Order.text(Component.version),
        **_times(Component),
    },
    filters={
        "kind": Filter.among(Component.kind),
        "version": Filter.among(Component.version),
        "status": Filter.among(Component.status),
        "model": _named(Component.model_id, Model),
        "model_id": Filter.equals(Component.model_id),
    },
)
COMPONENTS_OF_MODEL = COMPONENTS.under(Component.model_id)

RELATIONSHIPS = Listing(
    Relationship,
    search=(
        Relationship.kind,
        Relationship.type,
        Relationship.sub_type,
        Relationship.description,
    ),
    order={
        "KIND": Order.text(Relationship.kind),
        "TYPE": Order.text(Relationship.type),
        "SUB_TYPE": Order.text(Relationship.sub_type),
        **_times(Relationship),
    },
    filters={
        "kind": Filter.among(Relationship.kind),
        "type": Filter.among(Relationship.type),
        "sub_type": Filter.among(Relationship.sub_type),
        "status": Filter.among(Relationship.status),
        "model": _named(Relationship.model_id, Model),
        "model_id": Filter.equals(Relationship.model_id),
    },
)
RELATIONSHIPS_OF_MODEL = RELATIONSHIPS.under(Relationship.model_id)

POLICIES = Listing(
    Policy,
    search=(Policy.kind, Policy.sub_type),
    order={"KIND": Order.text(Policy.kind), **_times(Policy)},
    filters={
        "kind": Filter.among(Policy.kind),
        "status": Filter.among(Policy.status),
        "model_id": Filter.equals(Policy.model_id),
    },
)
POLICIES_OF_MODEL = POLICIES.under(Policy.model_id)

CATEGORIES = Listing(
    Category,
    search=(Category.name,),
    order={"NAME": Order.text(Category.name), **_times(Category)},
)
REGISTRANTS = Listing(
    Registrant,
    search=(Registrant.name, Registrant.kind),
    order={
        "NAME": Order.text(Registrant.name),
        "KIND": Order.text(Registrant.kind),
        **_times(Registrant),
    },
    filters={"kind": Filter.among(Registrant.kind)},
)
