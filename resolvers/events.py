"""Events: what a command writes about itself, and what their owner does with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from strawberry import UNSET

from app.db.arrays import any_of
from app.db.base import UtcDateTime, live, new_id, now
from app.db.events import SYSTEM_ID, Event
from app.errors import NotFound, Problem
from app.metrics import timed
from resolvers import texts
from resolvers.access import own_event
from resolvers.context import Context
from resolvers.listing import Filter, Listing, Order
from resolvers.viewer import Viewer
from resolvers.work import Work

LONGEST_ERROR = 2_000

#: What work that takes its time is counted as, by the category of its events.
WORK = {"pattern": "import", "model": "registration", "relationship": "evaluation"}

EVENTS = Listing(
    Event,
    search=(Event.description,),
    order={
        "CATEGORY": Order.text(Event.category),
        "ACTION": Order.text(Event.action),
        "SEVERITY": Order.text(Event.severity),
        "CREATED_AT": Order.time(Event.created_at),
        "UPDATED_AT": Order.time(Event.updated_at),
    },
    filters={
        "severity": Filter.among(Event.severity),
        "status": Filter.among(Event.status),
        "category": Filter.among(Event.category),
        "action": Filter.among(Event.action),
        "acted_upon": Filter.equals(Event.acted_upon),
        "operation_id": Filter.equals(Event.operation_id),
        "since": Filter(
            lambda moment, _: Event.created_at >= moment,
            UtcDateTime(),
            holds=lambda row, moment: row.created_at >= moment,
        ),
        "until": Filter(
            lambda moment, _: Event.created_at < moment,
            UtcDateTime(),
            holds=lambda row, moment: row.created_at < moment,
        ),
    },
    mine=own_event,
)
#: The trail of what was done in an organization, deleted by its owner or not.
EVENTS_OF_ORGANIZATION = replace(EVENTS, mine=None, lasting=True).under(Event.organization_id)


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
        id=new_id(),
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


async def tell(work: Work, row: Event) -> None:
    """Add the one event of a command, unless an earlier attempt of the command has."""
    row.id = work.row_id
    if await work.by_id(Event, row.id) is None:
        await work.add(row)


@asynccontextmanager
async def failures_told(
    context: Context, category: str, action: str, description: str, operation_id: UUID
) -> AsyncIterator[None]:
    """An event of severity `error` for a problem that ends the block; the problem passes on."""
    try:
        with timed(WORK[category]):
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


async def create(work: Work, given: Any) -> Event:
    """`POST /events`: an event of the caller's own; its id and its times are made here."""
    if (made := await work.first(Event, Event.id == work.row_id)) is not None:
        return made
    return await work.add(
        Event(
            id=work.row_id,
            user_id=work.viewer.identified(),
            system_id=given.system_id or SYSTEM_ID,
            category=texts.prose(given.category or None, "category", 255),
            action=texts.prose(given.action or None, "action", 255),
            severity=given.severity.value,
            status=given.status.value,
            acted_upon=given.acted_upon or None,
            operation_id=given.operation_id or None,
            description=texts.prose(given.description or None, "description"),
            metadata_=texts.json_object(_or_none(given.metadata), "metadata"),
        )
    )


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value


async def _found(work: Work, ids: Any) -> list[Event]:
    """The caller's live events of those ids, each once, in the order of the ids."""
    wanted = list(dict.fromkeys(ids))
    statement = (
        select(Event)
        .where(any_of(Event.id, wanted), live(Event), own_event(work.viewer))
        .order_by(Event.id)
        .with_for_update()
    )
    rows = {row.id: row for row in await work.session.scalars(statement)}
    return [rows[each] for each in wanted if each in rows]


async def _own(work: Work, event_id: UUID) -> Event:
    found = await _found(work, [event_id])
    if not found:
        raise NotFound(f"eventId: there is no event with the id {event_id}.", field="eventId")
    return found[0]


async def remove_several(work: Work, given: Any) -> list[UUID]:
    """`POST /events/delete`: the ids that were deleted; those of nobody's are passed over."""
    events = await _found(work, given.ids)
    for each in events:
        each.deleted_at = now()
    return [each.id for each in events]


async def mark_several(work: Work, given: Any) -> list[UUID]:
    """`PUT /events/status`: the ids of the events, which have that status now."""
    events = await _found(work, given.ids)
    for each in events:
        each.status = given.status.value
    return [each.id for each in events]


async def remove(work: Work, given: Any) -> Event:
    """`DELETE /events/{id}`; raises `NotFound`."""
    row = await _own(work, given.event_id)
    row.deleted_at = now()
    return row


async def mark(work: Work, given: Any) -> Event:
    """`PUT /events/{id}/status`; raises `NotFound`."""
    row = await _own(work, given.event_id)
    row.status = given.status.value
    return row
