"""Events: what a command writes about itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from app.db.events import SYSTEM_ID, Event
from app.errors import Problem
from resolvers.access import Viewer
from resolvers.context import Context

LONGEST_ERROR = 2_000


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


@asynccontextmanager
async def failures_told(
    context: Context, category: str, action: str, description: str, operation_id: UUID
) -> AsyncIterator[None]:
    """An event of severity `error` for a problem that ends the block; the problem passes on."""
    try:
        yield
    except Problem as problem:
        error = problem.message[:LONGEST_ERROR]
        row = event(
            context.viewer,
            category,
            action,
            "error",
            description,
            operation_id=operation_id,
            error=error,
        )
        await context.note(row)
        raise
