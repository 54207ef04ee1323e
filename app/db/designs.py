"""Designs: what components a system has, and how they are configured."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, Versioned

VISIBILITIES = ("private", "public", "published")


class Design(Versioned, Table):
    """A design of one user. `pattern_file` is the Meshery design as JSON text, two spaces deep.

    `source` is what it was imported from, byte for byte.
    """

    __tablename__ = "designs"

    name: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    type: Mapped[str]
    visibility: Mapped[str] = mapped_column(default="private")
    pattern_file: Mapped[str]
    components_count: Mapped[int]
    source: Mapped[bytes] = mapped_column(deferred=True)
    source_name: Mapped[str]
    source_url: Mapped[str | None]
    unmatched: Mapped[list[Any]]

    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 255", name="name"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
    )


Index("ix_designs_lower_name", func.lower(Design.name), Design.id)
Index("ix_designs_updated_at", Design.updated_at, Design.id)
Index("ix_designs_created_at", Design.created_at, Design.id)
