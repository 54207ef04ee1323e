"""The registry: models, and the components, relationships and policies each defines.

The ids of these rows are made of their content, so that what is registered twice is one row.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table


class Registrant(Table):
    """Where definitions come from, such as Artifact Hub."""

    __tablename__ = "registrants"

    name: Mapped[str]
    kind: Mapped[str]


class Category(Table):
    """What models are sorted by, such as `Database`."""

    __tablename__ = "categories"

    name: Mapped[str]


class Model(Table):
    """A registered integration, in one version.

    `definition` is the definition as it came, without what it defines.
    """

    __tablename__ = "models"

    registrant_id: Mapped[UUID] = mapped_column(ForeignKey("registrants.id"), index=True)
    category_id: Mapped[UUID] = mapped_column(ForeignKey("categories.id"), index=True)
    name: Mapped[str]
    display_name: Mapped[str]
    version: Mapped[str]
    description: Mapped[str]
    sub_category: Mapped[str]
    schema_version: Mapped[str]
    status: Mapped[str]
    definition: Mapped[dict[str, Any]]


class Component(Table):
    """A kind of resource that a model defines; `version` is its API version, as `apps/v1`.

    `definition` is the whole of it but the JSON Schema, which is large and seldom asked for:
    `schema` is its text.
    """

    __tablename__ = "components"

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)
    kind: Mapped[str]
    version: Mapped[str]
    display_name: Mapped[str]
    description: Mapped[str]
    schema_version: Mapped[str]
    status: Mapped[str]
    definition: Mapped[dict[str, Any]]
    schema: Mapped[str | None]

    __table_args__ = (Index(None, "kind", "version"),)


class Relationship(Table):
    """A rule by which components of a design are related."""

    __tablename__ = "relationships"

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)
    kind: Mapped[str]
    type: Mapped[str]
    sub_type: Mapped[str]
    description: Mapped[str]
    schema_version: Mapped[str]
    status: Mapped[str]
    definition: Mapped[dict[str, Any]]


class Policy(Table):
    """A rule that designs are judged by; its definition holds the expression."""

    __tablename__ = "policies"

    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)
    kind: Mapped[str]
    sub_type: Mapped[str]
    schema_version: Mapped[str]
    status: Mapped[str]
    definition: Mapped[dict[str, Any]]


for _table, _column in (
    (Registrant, Registrant.name),
    (Category, Category.name),
    (Model, Model.name),
    (Component, Component.display_name),
    (Relationship, Relationship.kind),
    (Policy, Policy.kind),
):
    _name = _table.__tablename__
    Index(f"ix_{_name}_lower_{_column.key}", func.lower(_column), _table.id)
    Index(f"ix_{_name}_updated_at", _table.updated_at, _table.id)
