"""Who may see what: one criterion of visibility per table, by the keys of the viewer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    false,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from app.db.arrays import any_of
from app.db.base import Table, live
from app.db.connections import Connection
from app.db.designs import Design
from app.db.environments import Environment, EnvironmentConnection
from app.db.events import Event
from app.db.keys import Key, Keychain, Role
from app.db.organizations import Organization, OrganizationUser
from app.db.registry import Category, Component, Model, Policy, Registrant, Relationship
from app.db.rest_calls import RestCall
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User
from app.permissions import Permission

#: Members of an organization that are read to spare looking up as many users one by one, which
#: takes four times as long for each.
TOGETHER = 500


class Sight(Protocol):
    """As much of a viewer as decides which rows are visible: values, or parameters for them.

    `home` is the id of the organization that the operation asks about, where it is known.
    """

    @property
    def home(self) -> Any: ...

    @property
    def user_id(self) -> Any: ...
    @property
    def organizations(self) -> Any: ...
    def organizations_with(self, permission: Permission, /) -> Any: ...
    def everywhere(self, permission: Permission, /) -> ColumnElement[bool]: ...


#: An alias takes SQLAlchemy longer to make than all the rest of a criterion.
_LINK = aliased(TeamOrganization)
_LINKED = select(_LINK.id).where(_LINK.team_id == Team.id, live(_LINK)).correlate(Team).exists()

# Correlated, and with an equality on the outer row alone, so that PostgreSQL may choose between
# asking for each row and hashing the whole: the one is right for a page, the other for a total.


def _team(viewer: Sight) -> ColumnElement[bool]:
    mine = viewer.organizations_with(Permission.VIEW_TEAM)
    shared = (
        select(TeamOrganization.id)
        .where(TeamOrganization.team_id == Team.id, live(TeamOrganization))
        .where(any_of(TeamOrganization.org_id, mine))
    )
    return or_(
        shared.correlate(Team).exists(),
        and_(Team.owner == viewer.user_id, ~_LINKED),
    )


def _user(viewer: Sight) -> ColumnElement[bool]:
    shared = (
        select(OrganizationUser.id)
        .where(OrganizationUser.user_id == User.id, live(OrganizationUser))
        .where(any_of(OrganizationUser.organization_id, viewer.organizations))
    )
    return or_(User.id == viewer.user_id, shared.correlate(User).exists())


def _connection(viewer: Sight) -> ColumnElement[bool]:
    mine = viewer.organizations_with(Permission.VIEW_CONNECTIONS)
    home = (
        select(Environment.organization_id)
        .where(Environment.id == EnvironmentConnection.environment_id, live(Environment))
        .correlate(EnvironmentConnection)
        .scalar_subquery()
    )
    shared = (
        select(EnvironmentConnection.id)
        .where(EnvironmentConnection.connection_id == Connection.id)
        .where(live(EnvironmentConnection), any_of(home, mine))
    )
    return or_(Connection.user_id == viewer.user_id, shared.correlate(Connection).exists())


def connections_open(environment: Any, viewer: Sight) -> ColumnElement[bool]:
    """The environment shows the viewer all its connections: see `_connection`."""
    home = select(Environment.id).where(
        Environment.id == environment,
        live(Environment),
        any_of(Environment.organization_id, viewer.organizations_with(Permission.VIEW_CONNECTIONS)),
    )
    return home.correlate_except(Environment).exists()


def teams_open(organization: Any, viewer: Sight) -> ColumnElement[bool]:
    """The organization shows the viewer all its teams: see `_team`."""
    return any_of(organization, viewer.organizations_with(Permission.VIEW_TEAM))


def users_open(organization: Any, viewer: Sight) -> ColumnElement[bool]:
    """The organization shows the viewer all its users: see `_user`."""
    return any_of(organization, viewer.organizations)


def users_at_home(home: Any, viewer: Sight) -> ColumnElement[bool]:
    """The user is one of `TOGETHER` members of that organization, which is one of the viewer's.

    It is enough for a user to be visible: see `_user`. They are read once for all the users that a
    statement looks at, where `_user` looks up the organizations of each.
    """
    members = (
        select(OrganizationUser.user_id)
        .where(OrganizationUser.organization_id == home, live(OrganizationUser))
        .where(any_of(OrganizationUser.organization_id, viewer.organizations))
        .limit(literal_column(str(TOGETHER)))
    )
    return User.id.in_(members.correlate(None))


def _environment(viewer: Sight) -> ColumnElement[bool]:
    return any_of(
        Environment.organization_id, viewer.organizations_with(Permission.VIEW_ENVIRONMENT)
    )


def _among(
    column: SQLColumnExpression[UUID], table: type[Table], viewer: Sight
) -> ColumnElement[bool]:
    """The column points at a live row of the table that the viewer may see."""
    rows = select(table.id).where(live(table), visible(table, viewer))
    return column.in_(rows.correlate(None))


def _team_user(viewer: Sight) -> ColumnElement[bool]:
    return and_(_among(TeamUser.team_id, Team, viewer), _among(TeamUser.user_id, User, viewer))


def _organization_user(viewer: Sight) -> ColumnElement[bool]:
    return and_(
        any_of(OrganizationUser.organization_id, viewer.organizations),
        OrganizationUser.user_id.in_(select(User.id).where(live(User)).correlate(None)),
    )


def _team_organization(viewer: Sight) -> ColumnElement[bool]:
    return and_(
        any_of(TeamOrganization.org_id, viewer.organizations),
        _among(TeamOrganization.team_id, Team, viewer),
    )


def _environment_connection(viewer: Sight) -> ColumnElement[bool]:
    return and_(
        _among(EnvironmentConnection.environment_id, Environment, viewer),
        _among(EnvironmentConnection.connection_id, Connection, viewer),
    )


def own_event(viewer: Sight) -> ColumnElement[bool]:
    """The viewer is the owner of the event."""
    own: ColumnElement[bool] = Event.user_id == viewer.user_id
    return own


def _catalogue(viewer: Sight) -> ColumnElement[bool]:
    return true() if viewer.user_id is not None else false()


#: The rows of each table that a viewer may see, whichever path reaches them. A table that is
#: missing here cannot be read by a caller at all.
VISIBLE: Mapping[type[Table], Callable[[Sight], ColumnElement[bool]]] = {
    Organization: lambda viewer: any_of(
        Organization.id, viewer.organizations_with(Permission.VIEW_ORGANIZATION)
    ),
    OrganizationUser: _organization_user,
    Team: _team,
    TeamOrganization: _team_organization,
    TeamUser: _team_user,
    User: _user,
    Environment: _environment,
    EnvironmentConnection: _environment_connection,
    Connection: _connection,
    Role: _catalogue,
    Key: _catalogue,
    Keychain: _catalogue,
    Registrant: _catalogue,
    Category: _catalogue,
    Model: _catalogue,
    Component: _catalogue,
    Relationship: _catalogue,
    Policy: _catalogue,
    Design: lambda viewer: Design.user_id == viewer.user_id,
    Event: lambda viewer: or_(
        own_event(viewer),
        any_of(Event.organization_id, viewer.organizations_with(Permission.VIEW_EVENTS)),
    ),
    RestCall: lambda viewer: viewer.everywhere(Permission.VIEW_EVENTS),
}


#: What a list shows of a mapping that it is joined through: what is of the viewer's organizations.
#: Both ends of the other mappings are rows that are narrowed themselves.
_PASSABLE: Mapping[type[Table], Callable[[Sight], ColumnElement[bool]]] = {
    OrganizationUser: lambda viewer: any_of(OrganizationUser.organization_id, viewer.organizations),
    TeamOrganization: lambda viewer: any_of(TeamOrganization.org_id, viewer.organizations),
}


def passable(table: type[Table], viewer: Sight) -> ColumnElement[bool]:
    """The criterion for a row of a joined table to lead from one visible row to another."""
    return _PASSABLE[table](viewer) if table in _PASSABLE else true()


def visible(table: type[Table], viewer: Sight) -> ColumnElement[bool]:
    """The criterion that narrows a statement over the table to what the viewer may see."""
    return VISIBLE[table](viewer)
