"""The event that every command leaves in its own transaction: who did what, to what, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import now
from app.db.events import SYSTEM_ID, Event
from app.db.inserting import Draft
from resolvers.viewer import Viewer

INSERT: Mapping[str, Callable[..., Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


@dataclass(frozen=True)
class Told:
    """What is told of a command: its event, but for what all have.

    `organization_id` may be an expression that finds it.
    """

    category: str
    action: str
    description: str
    acted_upon: UUID
    organization_id: UUID | ColumnElement[Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


#: From a command's input and its result to what is told of it.
Tells = Callable[[Any, Any], Told]


def values(told: Told, viewer: Viewer, event_id: UUID) -> dict[str, Any]:
    """The attributes of the event, but for its position, which the database gives."""
    moment = now()
    return {
        "id": event_id,
        "user_id": viewer.user_id,
        "system_id": SYSTEM_ID,
        "category": told.category,
        "action": told.action,
        "severity": "success",
        "status": "unread",
        "acted_upon": told.acted_upon,
        "operation_id": None,
        "description": told.description,
        "metadata_": dict(told.metadata),
        "organization_id": told.organization_id,
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": None,
    }


def draft(told: Told, viewer: Viewer, event_id: UUID) -> Draft:
    """The event as a row to be inserted beside another one."""
    return Draft(Event, **values(told, viewer, event_id))


async def tell(session: AsyncSession, told: Told, viewer: Viewer, event_id: UUID) -> None:
    """Add the event to the transaction, unless an earlier attempt of the same command has."""
    insert = INSERT[session.get_bind().dialect.name]
    statement = insert(Event).values(values(told, viewer, event_id))
    await session.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
