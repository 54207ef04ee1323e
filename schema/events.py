"""Events in the graph: what happened, and what their owner does with them."""

from __future__ import annotations

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from app.db import events as tables
from app.db.users import User as UserRow
from resolvers import events as resolve
from resolvers.access import own_event
from resolvers.answers import Public, Tally
from resolvers.event_stream import follow
from resolvers.fields import column, command, listing, one, related, streamed
from schema.listing import EventFilter, EventOrder, EventSeverity, EventStatus
from schema.nodes import Stored, row_of
from schema.organizations import DeletedPayload
from schema.paging import Page, tally
from schema.users import User

_Event = tables.Event


@strawberry.type(description="Something that happened: a design was imported, a model registered.")
class Event(Stored):
    is_type_of = row_of(_Event)

    category: str = column(_Event.category, "What it is about, such as `pattern` or `model`.")
    action: str = column(_Event.action, "What was done, such as `create` or `register`.")
    severity: EventSeverity = column(_Event.severity, "How much it matters.")
    status: EventStatus = column(_Event.status, "Whether its owner has seen it.")
    status_text: str = column(_Event.status, "The same as the REST API spells it.")
    description: str = column(_Event.description, "What happened, in a sentence.")
    acted_upon: strawberry.ID | None = column(
        _Event.acted_upon, "The id of what it happened to: of a design, a connection, a user."
    )
    operation_id: strawberry.ID | None = column(
        _Event.operation_id, "Shared by the events of one operation that took its time."
    )
    system_id: strawberry.ID = column(_Event.system_id, "The system that tells of it.")
    organization_id: strawberry.ID | None = column(
        _Event.organization_id, "The id of the organization in which it happened, if in one."
    )
    owner_id: strawberry.ID | None = column(_Event.user_id, "The id of its owner.")
    owner: User | None = related(_Event.user_id, UserRow, "Whose event it is.")
    metadata: JSON = column(_Event.metadata_, "What else is known of it.")


@strawberry.type(description="One page of a list.")
class EventPage(Page[Event]):
    counts_by_severity: JSON = tally(
        Tally(_Event, "severity", own_event),
        "How many of all your events have each severity, whatever this page is narrowed to.",
    )
    counts_by_status: JSON = tally(
        Tally(_Event, "status", own_event),
        "How many of all your events are read, and how many not.",
    )


@strawberry.input(description="An event of your own; its id and its times are made by the server.")
class CreateEventInput:
    category: str | None = strawberry.field(default=None, description="What it is about.")
    action: str | None = strawberry.field(default=None, description="What was done.")
    severity: EventSeverity = strawberry.field(
        default=EventSeverity.INFORMATIONAL, description="How much it matters."
    )
    status: EventStatus = strawberry.field(
        default=EventStatus.UNREAD, description="Whether you have seen it."
    )
    description: str | None = strawberry.field(default=None, description="What happened.")
    acted_upon: strawberry.ID | None = strawberry.field(
        default=None, description="The id of what it happened to."
    )
    operation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The operation it belongs to."
    )
    system_id: strawberry.ID | None = strawberry.field(
        default=None, description="The system that tells of it; this one when absent."
    )
    metadata: JSON | None = strawberry.field(default=UNSET, description="A JSON object.")


@strawberry.input(description="Which events to delete.")
class DeleteEventsInput:
    ids: list[strawberry.ID] = strawberry.field(description="Those that are not yours are left.")


@strawberry.input(description="Which events are seen, or not.")
class UpdateEventsStatusInput:
    ids: list[strawberry.ID] = strawberry.field(description="Those that are not yours are left.")
    status: EventStatus = strawberry.field(description="Their new state.")


@strawberry.input(description="Which event to delete.")
class DeleteEventInput:
    event_id: strawberry.ID = strawberry.field(description="Which event.")


@strawberry.input(description="Whether an event is seen.")
class UpdateEventStatusInput:
    event_id: strawberry.ID = strawberry.field(description="Which event.")
    status: EventStatus = strawberry.field(description="Its new state.")


@strawberry.type(description="The created event.")
class CreateEventPayload:
    event: Event = strawberry.field(description="The event.")


@strawberry.type(description="The deleted events.")
class DeleteEventsPayload:
    deleted_ids: list[strawberry.ID] = strawberry.field(description="Exactly those deleted now.")


@strawberry.type(description="The changed events.")
class UpdateEventsStatusPayload:
    updated_ids: list[strawberry.ID] = strawberry.field(
        description="Those that have the state now."
    )


@strawberry.type(description="The changed event.")
class UpdateEventStatusPayload:
    event: Event = strawberry.field(description="The event.")
    event_id: strawberry.ID = strawberry.field(description="Its id.")
    status_text: str = strawberry.field(description="Its state, as the REST API spells it.")
    message: str = strawberry.field(description="What was done, in a sentence.")


@strawberry.type
class EventQuery:
    event: Event | None = one(_Event, "An event of yours.", access=Public.SIGNED_IN)
    events: EventPage = listing(
        resolve.EVENTS,
        "Your events.",
        order=EventOrder,
        filter=EventFilter,
        access=Public.SIGNED_IN,
    )


@strawberry.type
class EventMutation:
    create_event: CreateEventPayload = command(
        resolve.create,
        CreateEventInput,
        lambda row: CreateEventPayload(event=row),
        "Tell of something that happened.",
        needs=Public.SIGNED_IN,
    )
    delete_events: DeleteEventsPayload = command(
        resolve.remove_several,
        DeleteEventsInput,
        lambda ids: DeleteEventsPayload(deleted_ids=ids),
        "Delete several of your events.",
        needs=Public.SIGNED_IN,
    )
    update_events_status: UpdateEventsStatusPayload = command(
        resolve.mark_several,
        UpdateEventsStatusInput,
        lambda ids: UpdateEventsStatusPayload(updated_ids=ids),
        "Say of several of your events that you have seen them, or not.",
        needs=Public.SIGNED_IN,
    )
    delete_event: DeletedPayload = command(
        resolve.remove,
        DeleteEventInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete an event of yours.",
        needs=Public.SIGNED_IN,
    )
    update_event_status: UpdateEventStatusPayload = command(
        resolve.mark,
        UpdateEventStatusInput,
        lambda row: UpdateEventStatusPayload(
            event=row,
            event_id=row.id,
            status_text=row.status,
            message=f"The event is {row.status} now.",
        ),
        "Say of an event of yours that you have seen it, or not.",
        needs=Public.SIGNED_IN,
    )


@strawberry.type
class EventSubscription:
    events: Event = streamed(
        follow,
        "Events as they happen, each once, in the order in which they were committed: yours, or "
        "with `organizationId` all those of an organization, which takes the key *View Events* "
        "there. With `after` first those that are stored after that event, so that nothing is "
        "missed by who subscribes again after the last event they have. It ends with an error "
        "when the token expires (`UNAUTHENTICATED`), when the rights end (`FORBIDDEN`), and when "
        "events come faster than they are taken (`LAGGING`).",
        ("filter", EventFilter | None, "Conditions that all must hold.", UNSET),
        ("after", strawberry.ID | None, "The id of the last event that you have.", UNSET),
        (
            "organization_id",
            strawberry.ID | None,
            "The organization to follow; your own events when absent.",
            UNSET,
        ),
        access=Public.SIGNED_IN,
    )
