"""Environments, and the connections assigned to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, Versioned, live


class Environment(Versioned, Table):
    """A group of connections inside one organization, which never changes."""

    __tablename__ = "environments"

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    owner: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("length(description) <= 1000", name="description"),
    )


class EnvironmentConnection(Table):
    """The assignment of a connection to an environment."""

    __tablename__ = "environment_connection_mappings"

    environment_id: Mapped[UUID] = mapped_column(ForeignKey("environments.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(ForeignKey("connections.id"), index=True)


Index("ix_environments_lower_name", func.lower(Environment.name), Environment.id)
Index("ix_environments_updated_at", Environment.updated_at, Environment.id)
Index("ix_environments_created_at", Environment.created_at, Environment.id)
Index(
    "uq_environment_connection_mappings_live",
    EnvironmentConnection.environment_id,
    EnvironmentConnection.connection_id,
    unique=True,
    sqlite_where=live(EnvironmentConnection),
    postgresql_where=live(EnvironmentConnection),
)
