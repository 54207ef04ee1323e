"""Organizations: their lists and commands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from strawberry import UNSET

from app.db.base import live, now
from app.db.keys import Role
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import TeamOrganization, TeamUser
from app.db.users import User
from app.errors import BadInput, Forbidden
from resolvers import texts
from resolvers.context import Context
from resolvers.listing import Listing, Order
from resolvers.telling import Tells, Told
from resolvers.users import find_member, find_user, members_of, no_member
from resolvers.versions import expect
from resolvers.work import Work

ORGANIZATIONS = Listing(
    Organization,
    search=(Organization.name,),
    order={
        "NAME": Order.text(Organization.name),
        "CREATED_AT": Order.time(Organization.created_at),
        "UPDATED_AT": Order.time(Organization.updated_at),
    },
)
ORGANIZATION_MEMBERSHIPS = Listing(
    OrganizationUser,
    search=(User.username, User.email, User.first_name, User.last_name),
    order={
        "CREATED_AT": Order.time(OrganizationUser.created_at),
        "UPDATED_AT": Order.time(OrganizationUser.updated_at),
    },
)
#: The members of preferences that the documents promise, until somebody decides on them.
UNDECIDED = {
    "theme": {
        "id": str(UUID(int=0)),
        "logo": {
            view: {"svg": "", "location": ""}
            for view in ("desktopView", "mobileView", "darkDesktopView", "darkMobileView")
        },
    },
    "dashboard": {},
}
_MEMBER = (User, User.id == OrganizationUser.user_id)
ORGANIZATION_MEMBERSHIPS_OF_ORGANIZATION = ORGANIZATION_MEMBERSHIPS.under(
    OrganizationUser.organization_id, _MEMBER
)
ORGANIZATION_MEMBERSHIPS_OF_USER = ORGANIZATION_MEMBERSHIPS.under(OrganizationUser.user_id, _MEMBER)
ORGANIZATIONS_OF_USER = ORGANIZATIONS.under(
    OrganizationUser.user_id,
    (OrganizationUser, OrganizationUser.organization_id == Organization.id),
)
ORGANIZATIONS_OF_TEAM = ORGANIZATIONS.under(
    TeamOrganization.team_id, (TeamOrganization, TeamOrganization.org_id == Organization.id)
)


async def by_domain(context: Context, domain: str) -> Organization | None:
    """The live organization of a domain. Public: login pages ask before anybody is known."""
    statement = select(Organization).where(
        func.lower(Organization.domain) == domain.strip().lower(), live(Organization)
    )
    found: Organization | None = (await context.read(statement)).scalar_one_or_none()
    return found


async def create(work: Work, given: Any) -> Organization:
    """`POST /api/identity/orgs`: the caller becomes its owner and first administrator."""
    if (made := await work.first(Organization, Organization.id == work.row_id)) is not None:
        return made
    owner = work.viewer.identified()
    organization = Organization(
        id=work.row_id,
        name=texts.name(given.name or None, "name"),
        country=texts.prose(given.country or None, "country", 500),
        region=texts.prose(given.region or None, "region", 500),
        description=texts.prose(given.description or None, "description"),
        owner=owner,
        metadata_={"preferences": _preferences(given)},
    )
    await work.add(organization)
    role = await work.first(Role, Role.role_name == "organization admin")
    member = OrganizationUser(organization_id=organization.id, user_id=owner)
    member.role_id = role.id if role is not None else None
    await work.add(member)
    return organization


async def update(work: Work, given: Any) -> Organization:
    """`PUT /api/identity/orgs/{orgId}`: what is absent stays as it is."""
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    expect(organization, given)
    if given.name is not UNSET:
        organization.name = texts.name(given.name, "name")
    for attribute, limit in (("country", 500), ("region", 500), ("description", 5_000)):
        if (value := getattr(given, attribute)) is not UNSET:
            setattr(organization, attribute, texts.prose(value, attribute, limit))
    if given.preferences is not UNSET:
        organization.metadata_ = {**organization.metadata_, "preferences": _preferences(given)}
    organization.updated_at = now()
    return organization


#: Where the documents have an object in the preferences; all else in them is free.
_OBJECTS = (("theme",), ("theme", "logo"), ("theme", "vars"), ("dashboard",))


def _preferences(given: Any) -> dict[str, Any]:
    """What was given, with the members that every organization has.

    Raises `BadInput` where they are not as documented.
    """
    preferences = texts.json_object(given.preferences, "preferences")
    for path in _OBJECTS:
        value: Any = preferences
        for name in path:
            value = None if value is None else value.get(name)
        if not isinstance(value, dict | None):
            where = ".".join(("preferences", *path))
            raise BadInput(f"{where}: expected a JSON object.", field="preferences")
    return {**UNDECIDED, **preferences}


async def remove(work: Work, given: Any) -> Organization:
    """`DELETE /api/identity/orgs/{orgId}`: a soft delete; nothing of it is listed any more."""
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    expect(organization, given)
    organization.deleted_at = now()
    return organization


async def add_user(work: Work, given: Any) -> OrganizationUser:
    """`POST …/orgs/{orgId}/users/{userId}`; adding a member again changes nothing."""
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    user = await find_user(work, given.user)
    member = await _member(work, organization, user)
    if member is not None:
        return member
    return await work.add(
        OrganizationUser(id=work.row_id, organization_id=organization.id, user_id=user.id)
    )


async def remove_user(work: Work, given: Any) -> OrganizationUser:
    """`DELETE …/orgs/{orgId}/users/{userId}`, and the user's places in the teams of it alone."""
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    user = await find_member(work, given.user, members_of(organization.id), "organization")
    member = await _member(work, organization, user)
    if member is None:
        raise no_member(given.user, "organization")
    if user.id == organization.owner:
        raise Forbidden("user: the owner of an organization cannot be removed.", field="user")
    member.deleted_at = now()
    await work.session.flush()
    await _leave_teams(work, organization, user)
    return member


async def _member(work: Work, organization: Organization, user: User) -> OrganizationUser | None:
    return await work.first(
        OrganizationUser,
        OrganizationUser.organization_id == organization.id,
        OrganizationUser.user_id == user.id,
    )


async def _leave_teams(work: Work, organization: Organization, user: User) -> None:
    """End the memberships in teams that share no other organization with the user."""
    remaining = select(OrganizationUser.organization_id).where(
        OrganizationUser.user_id == user.id, live(OrganizationUser)
    )
    linked = select(TeamOrganization.team_id).where(live(TeamOrganization))
    leaving = select(TeamUser).where(
        TeamUser.user_id == user.id,
        live(TeamUser),
        TeamUser.team_id.in_(linked.where(TeamOrganization.org_id == organization.id)),
        TeamUser.team_id.not_in(linked.where(TeamOrganization.org_id.in_(remaining))),
    )
    for membership in (await work.session.execute(leaving)).scalars():
        membership.deleted_at = now()


def told(action: str, words: str) -> Tells:
    """What is told of a command on an organization, or on a membership of one."""

    def tells(given: Any, row: Organization | OrganizationUser) -> Told:
        if isinstance(row, OrganizationUser):
            known, metadata = row.organization_id, {"user_id": str(row.user_id)}
        else:
            known, metadata = row.id, {}
        description = words.format(row=row, given=given)
        return Told("organization", action, description, known, known, metadata)

    return tells
