"""Events as they happen: first those that are stored after a given one, then each new one, once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.broker import Place, Subscriber, beyond
from app.db.events import Event
from app.errors import NotFound
from app.permissions import Permission
from resolvers.access import visible
from resolvers.context import Context
from resolvers.events import EVENTS, EVENTS_OF_ORGANIZATION
from resolvers.identifiers import parse
from resolvers.listing import Ask
from resolvers.pages import ask
from resolvers.windows import matching

#: Stored events that are read at once.
BATCH = 200


async def follow(
    context: Context,
    *,
    filter: Any = None,  # noqa: A002 - the argument's own name
    after: UUID | None = None,
    organization_id: UUID | None = None,
) -> AsyncGenerator[Event, None]:
    """One's own events, or all those of an organization, in the order of their commits.

    Without `after` those after the last event that the subscriber has seen, if it says so.

    Raises `NotFound` for an `after` that is no event one may see; and, then or later,
    `Unauthenticated`, `Forbidden`, or `Lagging`.
    """
    viewer = await context.settled()
    user_id = viewer.identified()
    _admit(context, organization_id)
    own = organization_id is None
    question = ask(EVENTS if own else EVENTS_OF_ORGANIZATION, {"filter": filter})
    if after is None and context.last_event_id is not None:
        after = parse(context.last_event_id, "Last-Event-ID")
    place = None if after is None else await _place(context, after)
    broker, topic = context.broker, organization_id or user_id
    async with broker.subscribed(user_id, topic, _wants(question, live=own)) as subscriber:
        if place is not None:
            async with aclosing(_stored(context, question, topic, place, subscriber)) as stored:
                async for row in stored:
                    yield row
        await context.give_back()
        while True:
            if (new := await subscriber.next()) is None:
                await _still(context, organization_id)
            elif new.id != after:  # known from a query, before its place was settled
                yield new


def _admit(context: Context, organization_id: UUID | None) -> None:
    """Who follows an organization sees all that is done there, so that it takes the key."""
    if organization_id is not None:
        context.viewer.require(Permission.VIEW_EVENTS, organization_id)


async def _still(context: Context, organization_id: UUID | None) -> None:
    """Raise `Unauthenticated` or `Forbidden` unless the caller may still follow."""
    await context.prove()
    if organization_id is not None:
        await context.settled()
        await context.give_back()
        _admit(context, organization_id)


async def _place(context: Context, event_id: UUID) -> Place:
    """Where that event is, deleted or not."""
    viewer = await context.settled()
    statement = select(Event.position, Event.id).where(Event.id == event_id)
    row = (await context.read(statement.where(visible(Event, viewer)))).one_or_none()
    if row is None:
        message = (
            f"after: there is no event with the id {event_id}; leave it out to begin with what "
            "happens from now on."
        )
        raise NotFound(message, field="after")
    return Place(*row)


async def _stored(
    context: Context, question: Ask, topic: UUID, place: Place, subscriber: Subscriber
) -> AsyncGenerator[Event, None]:
    """The events after a place that the subscriber will not be handed."""
    await context.give_back()  # what is read from here on has all that was settled by now
    while True:
        viewer = await context.settled()
        statement = matching(question, viewer, select(Event))
        if question.listing.via is not None:
            statement = statement.where(question.listing.via.parent == topic)
        statement = statement.where(beyond(place), ~beyond(subscriber.since))
        order = Event.position, Event.id
        rows = list((await context.read(statement.order_by(*order).limit(BATCH))).scalars())
        await context.give_back()
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        place = Place(rows[-1].position, rows[-1].id)


def _wants(question: Ask, *, live: bool) -> Callable[[Event], bool]:
    """Whether an event that is at hand is in the list."""
    conditions = [(question.listing.filters[name], value) for name, value in question.filters]

    def wants(row: Event) -> bool:
        if live and row.deleted_at is not None:
            return False
        return all(each.holds is None or each.holds(row, value) for each, value in conditions)

    return wants
