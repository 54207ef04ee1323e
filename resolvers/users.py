"""Users: their lists, the public directory, and how a caller may name one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, select

from app.db.base import live
from app.db.keys import Role
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User, UserRole
from app.errors import NotFound
from resolvers.access import Sight, users_at_home, users_open, visible
from resolvers.context import Context
from resolvers.grants import DEFAULT_ROLE
from resolvers.listing import Ask, Filter, Listing, Order, Via, Window
from resolvers.work import Work

_SEARCH = (User.username, User.email, User.first_name, User.last_name)
_TEXTS = {
    "USER_ID": User.user_id,
    "USERNAME": User.username,
    "EMAIL": User.email,
    "FIRST_NAME": User.first_name,
    "LAST_NAME": User.last_name,
    "STATUS": User.status,
}
_TIMES = {
    "LAST_LOGIN_TIME": User.last_login_time,
    "CREATED_AT": User.created_at,
    "UPDATED_AT": User.updated_at,
    "DELETED_AT": User.deleted_at,
}
_ORDER = {
    **{name: Order.text(column) for name, column in _TEXTS.items()},
    **{name: Order.time(column) for name, column in _TIMES.items()},
}


def _in_team(team_id: Any, viewer: Sight) -> ColumnElement[bool]:
    """The user is a member of the team, which the viewer may see."""
    members = (
        select(TeamUser.user_id)
        .join(Team, Team.id == TeamUser.team_id)
        .where(TeamUser.team_id == team_id, live(TeamUser), live(Team), visible(Team, viewer))
    )
    return User.id.in_(members.correlate(None))


USERS = Listing(
    User,
    search=_SEARCH,
    order=_ORDER,
    filters={"status": Filter.among(User.status), "team_id": Filter(_in_team, Uuid())},
)
#: The directory that needs no token: searched and ordered by what it shows to everybody.
PUBLIC_USERS = Listing(
    User,
    search=(User.username,),
    order={
        "USERNAME": Order.text(User.username),
        "CREATED_AT": Order.time(User.created_at),
        "UPDATED_AT": Order.time(User.updated_at),
    },
    filters={"status": Filter.among(User.status)},
    everyone=True,
)
USERS_OF_ORGANIZATION = USERS.under(
    OrganizationUser.organization_id,
    (OrganizationUser, OrganizationUser.user_id == User.id),
    opens=users_open,
)
USERS_OF_TEAM = USERS.under(
    TeamUser.team_id, (TeamUser, TeamUser.user_id == User.id), together=users_at_home
)
USERS_NOT_IN_TEAM = Listing(
    User,
    search=_SEARCH,
    order=_ORDER,
    filters={
        **USERS.filters,
        "organization_id": Filter.equals(OrganizationUser.organization_id),
    },
    via=Via(
        Team.id,
        joins=(
            (OrganizationUser, OrganizationUser.user_id == User.id),
            (TeamOrganization, TeamOrganization.org_id == OrganizationUser.organization_id),
            (Team, Team.id == TeamOrganization.team_id),
        ),
        where=(
            ~select(TeamUser.id)
            .where(TeamUser.team_id == Team.id, TeamUser.user_id == User.id, live(TeamUser))
            .correlate(Team, User)
            .exists(),
        ),
    ),
)

#: The memberships of a user, in the order they began.
ORGANIZATION_PLACES = Listing(
    OrganizationUser,
    search=(),
    order={"UPDATED_AT": Order.time(OrganizationUser.updated_at)},
    via=Via(OrganizationUser.user_id),
)
TEAM_PLACES = Listing(
    TeamUser,
    search=(),
    order={"UPDATED_AT": Order.time(TeamUser.updated_at)},
    via=Via(TeamUser.user_id),
)


async def current(context: Context) -> User:
    """The row of the caller; raises `Unauthenticated` for an anonymous one."""
    row = await context.loaders.one(User, context.viewer.identified())
    assert isinstance(row, User)
    return row


async def find_user(work: Work, name: str) -> User:
    """The user of that id, user_id, email or username, in this order; raises `NotFound`.

    Adding a colleague by an address needs to reach people outside the caller's organizations.
    So a caller who may add users learns whether a user of that name exists and, by adding them to
    an organization, sees the whole profile from then on.
    """
    if (user := await _named(work, name)) is not None:
        return user
    raise NotFound(f"user: there is no user {name!r}.", field="user")


async def find_member(work: Work, name: str, members: Select[UUID], whole: str) -> User:
    """The same among members, whose ids are selected, of that `whole`; raises `NotFound`.

    Somebody who is no member is answered as nobody is: nothing is told of users elsewhere.
    """
    if (user := await _named(work, name, User.id.in_(members))) is not None:
        return user
    raise no_member(name, whole)


def no_member(name: str, whole: str) -> NotFound:
    return NotFound(f"user: there is no user {name!r} in this {whole}.", field="user")


def members_of(organization: UUID) -> Select[UUID]:
    """The ids of the users who belong to it."""
    return select(OrganizationUser.user_id).where(
        OrganizationUser.organization_id == organization, live(OrganizationUser)
    )


async def _named(work: Work, name: str, *criteria: ColumnElement[bool]) -> User | None:
    names = [User.user_id == name, User.email == name.lower(), User.username == name]
    with suppress(ValueError):
        names.insert(0, User.id == UUID(name))
    for each in names:
        if (user := await work.first(User, each, *criteria)) is not None:
            return user
    return None


async def shared(context: Context, row: User) -> User | None:
    """The row, where the viewer may see all of it; else None."""
    if context.viewer.user_id is None:
        return None
    found = await context.loaders.one(User, row.id)
    return found if isinstance(found, User) else None


async def role_names(context: Context, row: User) -> list[str]:
    """The roles held everywhere, in alphabetical order."""
    ids = await context.loaders.values(UserRole, UserRole.user_id, UserRole.role_id, row.id)
    roles = await asyncio.gather(*(context.loaders.one(Role, each) for each in ids))
    return sorted(role.role_name for role in roles if isinstance(role, Role))


async def _with_role(context: Context, membership: Any, row: Any) -> dict[str, Any]:
    role = await context.loaders.one(Role, membership.role_id) if membership.role_id else None
    name = role.role_name if isinstance(role, Role) else DEFAULT_ROLE
    return {"id": str(row.id), "name": row.name, "role_names": [name]}


async def _memberships(context: Context, row: User, listing: Listing, key: str, table: Any) -> Any:
    """Every membership of the user in a table's rows that the viewer may see, as plain JSON."""
    question = Ask(listing, window=Window(listing.all_rows, every=True))
    found = await context.loaders.window(question, row.id)
    rows = found.rows
    targets = await asyncio.gather(
        *(context.loaders.one(table, getattr(each, key)) for each in rows)
    )
    pairs = [pair for pair in zip(rows, targets, strict=True) if pair[1] is not None]
    return await asyncio.gather(*(_with_role(context, *pair) for pair in pairs))


async def organizations_with_roles(context: Context, row: User) -> dict[str, Any]:
    """`organizations` of the documented User: entries `{id, name, role_names}` and their count."""
    entries = await _memberships(context, row, ORGANIZATION_PLACES, "organization_id", Organization)
    return {"organizations_with_roles": entries, "total_count": len(entries)}


async def teams_with_roles(context: Context, row: User) -> dict[str, Any]:
    """`teams` of the documented User: entries `{id, name, role_names}` and their count."""
    entries = await _memberships(context, row, TEAM_PLACES, "team_id", Team)
    return {"teams_with_roles": entries, "total_count": len(entries)}
