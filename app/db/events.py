"""Events: what happened, to what, by whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table

SEVERITIES = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "informational",
    "debug",
    "success",
)
STATUSES = ("read", "unread")

#: What every event of this service says it comes from.
SYSTEM_ID = UUID("9d0f6d7c-3f0b-5a55-8a0e-6d6573686772")


class Event(Table):
    """`acted_upon` is the id of anything; `operation_id` is shared by the events of one command."""

    __tablename__ = "events"

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    system_id: Mapped[UUID]
    category: Mapped[str]
    action: Mapped[str]
    severity: Mapped[str]
    status: Mapped[str] = mapped_column(default="unread")
    acted_upon: Mapped[UUID | None]
    operation_id: Mapped[UUID | None] = mapped_column(index=True)
    description: Mapped[str]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)

    __table_args__ = (
        CheckConstraint(f"severity IN {SEVERITIES}", name="severity"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
    )


Index("ix_events_user_id_created_at", Event.user_id, Event.created_at, Event.id)
