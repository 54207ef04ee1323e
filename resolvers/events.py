"""Events: what a command writes about itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.db.events import Event
from resolvers.access import Viewer

#: What every event of this service says it comes from.
SYSTEM_ID = UUID("9d0f6d7c-3f0b-5a55-8a0e-6d6573686772")


def event(
    viewer: Viewer,
    category: str,
    action: str,
    severity: str,
    description: str,
    *,
    acted_upon: UUID | None = None,
    operation_id: UUID | None = None,
    **metadata: Any,
) -> Event:
    """An unread event of the viewer's; `acted_upon` is the viewer where it is nothing else."""
    return Event(
        user_id=viewer.user_id,
        system_id=SYSTEM_ID,
        category=category,
        action=action,
        severity=severity,
        status="unread",
        acted_upon=acted_upon or viewer.user_id,
        operation_id=operation_id,
        description=description,
        metadata_=metadata,
    )
