"""The orders and filters that lists take, one of each per noun."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from resolvers import (
    connections,
    designs,
    environments,
    events,
    keys,
    organizations,
    registry,
    rest_calls,
    teams,
    users,
)
from schema.paging import order_input

CategoryOrder = order_input("CategoryOrder", registry.CATEGORIES)
ComponentOrder = order_input("ComponentOrder", registry.COMPONENTS)
ConnectionOrder = order_input("ConnectionOrder", connections.CONNECTIONS)
DesignOrder = order_input("DesignOrder", designs.DESIGNS)
EnvironmentOrder = order_input("EnvironmentOrder", environments.ENVIRONMENTS)
EventOrder = order_input("EventOrder", events.EVENTS)
KeyOrder = order_input("KeyOrder", keys.KEYS)
ModelOrder = order_input("ModelOrder", registry.MODELS)
OrganizationMembershipOrder = order_input(
    "OrganizationMembershipOrder", organizations.ORGANIZATION_MEMBERSHIPS
)
OrganizationOrder = order_input("OrganizationOrder", organizations.ORGANIZATIONS)
PolicyOrder = order_input("PolicyOrder", registry.POLICIES)
PublicUserOrder = order_input("PublicUserOrder", users.PUBLIC_USERS)
RegistrantOrder = order_input("RegistrantOrder", registry.REGISTRANTS)
RelationshipOrder = order_input("RelationshipOrder", registry.RELATIONSHIPS)
RestCallOrder = order_input("RestCallOrder", rest_calls.REST_CALLS)
RoleOrder = order_input("RoleOrder", keys.ROLES)
TeamMembershipOrder = order_input("TeamMembershipOrder", teams.TEAM_MEMBERSHIPS)
TeamOrder = order_input("TeamOrder", teams.TEAMS)
UserOrder = order_input("UserOrder", users.USERS)


@strawberry.enum(description="The state of a user's account.")
class UserStatus(Enum):
    ACTIVE = strawberry.enum_value("active", description="The user can sign in.")
    INACTIVE = strawberry.enum_value("inactive", description="The account is switched off.")
    PENDING = strawberry.enum_value("pending", description="Invited, not yet accepted.")
    ANONYMOUS = strawberry.enum_value("anonymous", description="A user without an account.")


@strawberry.enum(description="The state of a connection.")
class ConnectionStatus(Enum):
    DISCOVERED = strawberry.enum_value("discovered", description="Found, not yet registered.")
    REGISTERED = strawberry.enum_value("registered", description="Known and ready to connect.")
    CONNECTED = strawberry.enum_value("connected", description="In use.")
    IGNORED = strawberry.enum_value("ignored", description="Left alone by the user's wish.")
    MAINTENANCE = strawberry.enum_value("maintenance", description="Taken out for maintenance.")
    DISCONNECTED = strawberry.enum_value("disconnected", description="Known but not in use.")
    DELETED = strawberry.enum_value("deleted", description="No longer managed.")
    NOT_FOUND = strawberry.enum_value("not found", description="Its resource cannot be found.")


@strawberry.enum(description="How much an event matters.")
class EventSeverity(Enum):
    EMERGENCY = strawberry.enum_value("emergency", description="Nothing works any more.")
    ALERT = strawberry.enum_value("alert", description="Somebody must act at once.")
    CRITICAL = strawberry.enum_value("critical", description="Something important has failed.")
    ERROR = strawberry.enum_value("error", description="Something has failed.")
    WARNING = strawberry.enum_value("warning", description="Something may not be as wished.")
    INFORMATIONAL = strawberry.enum_value("informational", description="Something happened.")
    DEBUG = strawberry.enum_value("debug", description="For those who look for a fault.")
    SUCCESS = strawberry.enum_value("success", description="Something was done as wished.")


@strawberry.enum(description="Whether an event has been seen by its owner.")
class EventStatus(Enum):
    READ = strawberry.enum_value("read", description="Seen.")
    UNREAD = strawberry.enum_value("unread", description="Not yet seen.")


def _deleted() -> Any:
    return strawberry.field(
        default=None, description="True for deleted items only; live items only when absent."
    )


def _condition(text: str) -> Any:
    return strawberry.field(default=None, description=text)


_AND = "Further conditions that must hold as well."


@strawberry.input(description="Which organizations a list holds.")
class OrganizationFilter:
    deleted: bool | None = _deleted()
    and_: OrganizationFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which teams a list holds.")
class TeamFilter:
    deleted: bool | None = _deleted()
    and_: TeamFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which users a list holds.")
class UserFilter:
    deleted: bool | None = _deleted()
    status: list[UserStatus] | None = _condition("Has one of these states.")
    team_id: strawberry.ID | None = _condition("Is a member of this team.")
    and_: UserFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which users of the public directory a list holds.")
class PublicUserFilter:
    status: list[UserStatus] | None = _condition("Has one of these states.")


@strawberry.input(description="Which environments a list holds.")
class EnvironmentFilter:
    deleted: bool | None = _deleted()
    organization_id: strawberry.ID | None = _condition("Belongs to this organization.")
    owner_id: strawberry.ID | None = _condition("Is owned by this user.")
    and_: EnvironmentFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which connections a list holds.")
class ConnectionFilter:
    deleted: bool | None = _deleted()
    kind: list[str] | None = _condition("Is of one of these kinds, such as `kubernetes`.")
    status: list[ConnectionStatus] | None = _condition("Has one of these states.")
    type: list[str] | None = _condition("Is of one of these types, such as `platform`.")
    sub_type: list[str] | None = _condition("Is of one of these subtypes, such as `metrics`.")
    name: str | None = _condition("Its name contains this text, without regard to case.")
    owner_id: strawberry.ID | None = _condition("Is owned by this user.")
    and_: ConnectionFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which connections the list of an environment holds.")
class EnvironmentConnectionFilter(ConnectionFilter):
    assigned: bool | None = _condition(
        "False for the connections that are not assigned to the environment."
    )


_STATUSES = "Has one of these states: `enabled`, `ignored`, `duplicate`."


@strawberry.input(description="Which models a list holds.")
class ModelFilter:
    deleted: bool | None = _deleted()
    name: list[str] | None = _condition("Has one of these names, such as `kubernetes`.")
    version: list[str] | None = _condition("Has one of these versions, such as `v1.35.0`.")
    status: list[str] | None = _condition(_STATUSES)
    category: list[str] | None = _condition("Is of one of these categories, by name.")
    category_id: strawberry.ID | None = _condition("Is of this category.")
    registrant_id: strawberry.ID | None = _condition("Comes from this registrant.")
    and_: ModelFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which components a list holds.")
class ComponentFilter:
    deleted: bool | None = _deleted()
    kind: list[str] | None = _condition("Is of one of these kinds, such as `Deployment`.")
    version: list[str] | None = _condition("Has one of these API versions, such as `apps/v1`.")
    status: list[str] | None = _condition(_STATUSES)
    model: list[str] | None = _condition("Is of a model of one of these names.")
    model_id: strawberry.ID | None = _condition("Is of this model.")
    and_: ComponentFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which relationship definitions a list holds.")
class RelationshipFilter:
    deleted: bool | None = _deleted()
    kind: list[str] | None = _condition("Is of one of these kinds: `edge`, `hierarchical`, …")
    type: list[str] | None = _condition("Is of one of these types: `binding`, `parent`, …")
    sub_type: list[str] | None = _condition("Is of one of these subtypes, such as `network`.")
    status: list[str] | None = _condition(_STATUSES)
    model: list[str] | None = _condition("Is of a model of one of these names.")
    model_id: strawberry.ID | None = _condition("Is of this model.")
    and_: RelationshipFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which policies a list holds.")
class PolicyFilter:
    deleted: bool | None = _deleted()
    kind: list[str] | None = _condition("Is of one of these kinds.")
    status: list[str] | None = _condition(_STATUSES)
    model_id: strawberry.ID | None = _condition("Is of this model.")


@strawberry.input(description="Which registrants a list holds.")
class RegistrantFilter:
    kind: list[str] | None = _condition("Is of one of these kinds, such as `artifacthub`.")


@strawberry.input(description="Which designs a list holds.")
class DesignFilter:
    deleted: bool | None = _deleted()
    name: str | None = _condition("Its name contains this text, without regard to case.")
    type: list[str] | None = _condition("Was imported as one of these: `helm-chart`, …")
    and_: DesignFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which events a list holds.")
class EventFilter:
    deleted: bool | None = _deleted()
    severity: list[EventSeverity] | None = _condition("Has one of these severities.")
    status: list[EventStatus] | None = _condition("Has one of these states.")
    category: list[str] | None = _condition("Is of one of these categories, such as `pattern`.")
    action: list[str] | None = _condition("Is of one of these actions, such as `create`.")
    acted_upon: strawberry.ID | None = _condition("Is about what has this id.")
    operation_id: strawberry.ID | None = _condition("Belongs to this operation.")
    since: datetime | None = _condition("Happened at this moment, or later.")
    until: datetime | None = _condition("Happened before this moment.")
    and_: EventFilter | None = strawberry.field(name="and", default=None, description=_AND)


@strawberry.input(description="Which rows of the ledger of REST calls a list holds.")
class RestCallFilter:
    endpoint: list[str] | None = _condition("Is of one of these endpoints, such as `getOrgs`.")
    client: list[str] | None = _condition("Is of one of these clients, such as `curl`.")
    user_id: strawberry.ID | None = _condition("Is of calls of this user.")
    anonymous: bool | None = _condition("True for calls without a valid token, false for others.")
    since: datetime | None = _condition("Was last used at this moment or later.")
    until: datetime | None = _condition("Was last used before this moment.")
    and_: RestCallFilter | None = strawberry.field(name="and", default=None, description=_AND)
