"""Teams: their lists and commands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from strawberry import UNSET

from app.db.base import live, now
from app.db.keys import Role
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User
from app.errors import NotFound
from app.permissions import Permission
from resolvers import texts
from resolvers.access import teams_open
from resolvers.listing import Filter, Listing, Order
from resolvers.telling import Tells, Told
from resolvers.users import find_member, members_of, no_member
from resolvers.versions import expect
from resolvers.work import Work

TEAMS = Listing(
    Team,
    search=(Team.name,),
    order={
        "NAME": Order.text(Team.name),
        "CREATED_AT": Order.time(Team.created_at),
        "UPDATED_AT": Order.time(Team.updated_at),
    },
    filters={"ids": Filter.among(Team.id)},
)
TEAM_MEMBERSHIPS = Listing(
    TeamUser,
    search=(User.username, User.email, User.first_name, User.last_name),
    order={
        "CREATED_AT": Order.time(TeamUser.created_at),
        "UPDATED_AT": Order.time(TeamUser.updated_at),
    },
)
_MEMBER = (User, User.id == TeamUser.user_id)
TEAM_MEMBERSHIPS_OF_TEAM = TEAM_MEMBERSHIPS.under(TeamUser.team_id, _MEMBER)
TEAM_MEMBERSHIPS_OF_USER = TEAM_MEMBERSHIPS.under(TeamUser.user_id, _MEMBER)
TEAMS_OF_ORGANIZATION = TEAMS.under(
    TeamOrganization.org_id,
    (TeamOrganization, TeamOrganization.team_id == Team.id),
    opens=teams_open,
)
TEAMS_OF_USER = TEAMS.under(TeamUser.user_id, (TeamUser, TeamUser.team_id == Team.id))


async def _linked(work: Work, given: Any) -> tuple[Team, TeamOrganization]:
    """The team and its link to the organization of the input; raises `NotFound`."""
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    team = await work.find(Team, given.team_id, "teamId")
    link = await _link(work, organization.id, team.id)
    if link is None:
        raise NotFound("teamId: the team does not belong to this organization.", field="teamId")
    return team, link


async def _link(work: Work, organization: UUID, team: UUID) -> TeamOrganization | None:
    return await work.first(
        TeamOrganization, TeamOrganization.org_id == organization, TeamOrganization.team_id == team
    )


async def create(work: Work, given: Any) -> Team:
    """`POST …/orgs/{orgId}/teams`: the caller becomes its owner and team admin."""
    if (made := await work.first(Team, Team.id == work.row_id)) is not None:
        return made
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    owner = work.viewer.identified()
    team = Team(
        id=work.row_id,
        name=texts.name(given.name, "name"),
        description=texts.prose(given.description or None, "description"),
        owner=owner,
        metadata_={},
    )
    await work.add(team)
    await work.add(TeamOrganization(org_id=organization.id, team_id=team.id))
    role = await work.first(Role, Role.role_name == "team admin")
    await work.add(TeamUser(team_id=team.id, user_id=owner, role_id=role.id if role else None))
    return team


async def update(work: Work, given: Any) -> Team:
    """`PUT …/orgs/{orgId}/teams/{teamId}`: what is absent stays as it is."""
    team, _ = await _linked(work, given)
    expect(team, given)
    if given.name is not UNSET:
        team.name = texts.name(given.name, "name")
    if given.description is not UNSET:
        team.description = texts.prose(given.description, "description")
    team.updated_at = now()
    return team


async def remove(work: Work, given: Any) -> Team:
    """`DELETE …/orgs/{orgId}/teams/{teamId}`: a soft delete which keeps the link."""
    team, _ = await _linked(work, given)
    expect(team, given)
    team.deleted_at = now()
    return team


async def add_to_organization(work: Work, given: Any) -> Team | TeamOrganization:
    """`POST …/orgs/{orgId}/teams/{teamId}`: link the team, or with the action `delete` end it.

    Whoever edits teams in one of its organizations edits the team, so that only those may link
    it to another, and its owner.
    """
    if given.action:
        work.viewer.require(Permission.DELETE_TEAM, given.organization_id)
        return await remove(work, given)
    organization = await work.find(Organization, given.organization_id, "organizationId")
    work.require(organization.id)
    team = await work.find(Team, given.team_id, "teamId")
    expect(team, given)
    link = await _link(work, organization.id, team.id)
    if link is not None:
        return link
    if team.owner != work.viewer.user_id:
        links = select(TeamOrganization.org_id).where(TeamOrganization.team_id == team.id)
        await work.require_in(links.where(live(TeamOrganization)))
    return await work.add(TeamOrganization(id=work.row_id, org_id=organization.id, team_id=team.id))


async def remove_from_organization(work: Work, given: Any) -> TeamOrganization:
    """`POST …/orgs/{orgId}/teams/{teamId}/remove`: end the link; the team lives on."""
    team, link = await _linked(work, given)
    expect(team, given)
    link.deleted_at = now()
    return link


async def add_user(work: Work, given: Any) -> TeamUser:
    """`POST …/teams/{teamId}/users/{userId}` for a member of the organization; idempotent."""
    team, _ = await _linked(work, given)
    user = await find_member(work, given.user, members_of(given.organization_id), "organization")
    member = await work.first(
        OrganizationUser,
        OrganizationUser.organization_id == given.organization_id,
        OrganizationUser.user_id == user.id,
    )
    if member is None:
        raise no_member(given.user, "organization")
    known = await work.first(TeamUser, TeamUser.team_id == team.id, TeamUser.user_id == user.id)
    if known is not None:
        return known
    return await work.add(TeamUser(id=work.row_id, team_id=team.id, user_id=user.id))


async def remove_user(work: Work, given: Any) -> TeamUser:
    """`DELETE …/teams/{teamId}/users/{userId}`; raises `NotFound` for somebody not in the team."""
    team, _ = await _linked(work, given)
    seats = select(TeamUser.user_id).where(TeamUser.team_id == team.id, live(TeamUser))
    user = await find_member(work, given.user, seats, "team")
    member = await work.first(TeamUser, TeamUser.team_id == team.id, TeamUser.user_id == user.id)
    if member is None:
        raise no_member(given.user, "team")
    member.deleted_at = now()
    return member


def told(action: str, words: str) -> Tells:
    """What is told of a command on a team in the organization that its input names."""

    def tells(given: Any, row: Team | TeamOrganization | TeamUser) -> Told:
        team = row.id if isinstance(row, Team) else row.team_id
        metadata = {"user_id": str(row.user_id)} if isinstance(row, TeamUser) else {}
        description = words.format(row=row, given=given)
        return Told("team", action, description, team, given.organization_id, metadata)

    return tells


def told_of_link(given: Any, row: Team | TeamOrganization) -> Told:
    """What is told of `add_to_organization`, which may delete as well."""
    if given.action:
        return told("delete", "Deleted the team '{row.name}'")(given, row)
    return told("update", "Linked a team to the organization")(given, row)
