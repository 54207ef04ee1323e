"""Connections to managed resources, and the credentials they use."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, Versioned

STATUSES = (
    "discovered",
    "registered",
    "connected",
    "ignored",
    "maintenance",
    "disconnected",
    "deleted",
    "not found",
)


class Credential(Table):
    """A secret at rest: `secret` is sealed by `app.vault`, bound to this row's id."""

    __tablename__ = "credentials"

    name: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    type: Mapped[str]
    secret: Mapped[bytes]


class Connection(Versioned, Table):
    """`server_id` repeats the Meshery server id of the metadata, where an index can find it."""

    __tablename__ = "connections"

    name: Mapped[str]
    credential_id: Mapped[UUID | None] = mapped_column(ForeignKey("credentials.id"), index=True)
    type: Mapped[str] = mapped_column(index=True)
    sub_type: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    status: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    server_id: Mapped[UUID | None] = mapped_column(index=True)

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 255", name="name"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
    )


Index("ix_connections_lower_name", func.lower(Connection.name), Connection.id)
Index("ix_connections_updated_at", Connection.updated_at, Connection.id)
Index("ix_connections_created_at", Connection.created_at, Connection.id)
