"""Teams in the graph: the type, its lists, and the changes that can be made."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from app.db import teams as tables
from app.db.keys import Role as RoleRow
from app.db.organizations import Organization as OrganizationRow
from app.db.users import User as UserRow
from app.permissions import Permission
from resolvers import teams as resolve
from resolvers.answers import Public
from resolvers.fields import column, command, listing, one, related
from resolvers.organizations import ORGANIZATIONS_OF_TEAM
from resolvers.users import USERS_NOT_IN_TEAM, USERS_OF_TEAM
from schema.keys import Role
from schema.listing import (
    OrganizationFilter,
    OrganizationOrder,
    TeamFilter,
    TeamMembershipOrder,
    TeamOrder,
    UserFilter,
    UserOrder,
)
from schema.nodes import Stored, expected_version, row_of, version
from schema.organizations import DeletedPayload, Organization, RemovedPayload
from schema.paging import Page, page_of_one
from schema.users import User


@strawberry.type(description="A group of users, linked to any number of organizations.")
class Team(Stored):
    is_type_of = row_of(tables.Team)

    version: int = version()
    name: str = column(tables.Team.name, "Its name, 1 to 255 characters.")
    description: str = column(tables.Team.description, "What it is for.")
    owner_id: strawberry.ID = column(tables.Team.owner, "The id of its owner.")
    owner: User | None = related(tables.Team.owner, UserRow, "Its owner.")
    metadata: JSON = column(tables.Team.metadata_, "Anything else kept with it.")
    as_page: Page[Team] = page_of_one("This team as a page of one.", resolve.TEAMS)
    organizations: Page[Organization] = listing(
        ORGANIZATIONS_OF_TEAM,
        "The organizations it is linked to.",
        order=OrganizationOrder,
        filter=OrganizationFilter,
    )
    users: Page[User] = listing(USERS_OF_TEAM, "Its members.", order=UserOrder, filter=UserFilter)
    memberships: Page[TeamMembership] = listing(
        resolve.TEAM_MEMBERSHIPS_OF_TEAM,
        "Its members, with their role and since when.",
        order=TeamMembershipOrder,
    )
    users_not_in_team: Page[User] = listing(
        USERS_NOT_IN_TEAM,
        "The members of an organization who are not in this team.",
        order=UserOrder,
        filter=UserFilter,
        organization=True,
    )


@strawberry.type(description="A user's membership of a team.")
class TeamMembership(Stored):
    is_type_of = row_of(tables.TeamUser)

    team_id: strawberry.ID = column(tables.TeamUser.team_id, "The id of the team.")
    user_id: strawberry.ID = column(tables.TeamUser.user_id, "The id of the user.")
    team: Team | None = related(tables.TeamUser.team_id, tables.Team, "The team.")
    user: User | None = related(tables.TeamUser.user_id, UserRow, "The user.")
    role: Role | None = related(
        tables.TeamUser.role_id, RoleRow, "The role held here; null for a plain user."
    )
    joined_at: datetime = column(tables.TeamUser.created_at, "Member since.")


@strawberry.type(description="The link between a team and an organization.")
class OrganizationTeam(Stored):
    is_type_of = row_of(tables.TeamOrganization)

    organization_id: strawberry.ID = column(
        tables.TeamOrganization.org_id, "The id of the organization."
    )
    team_id: strawberry.ID = column(tables.TeamOrganization.team_id, "The id of the team.")
    organization: Organization | None = related(
        tables.TeamOrganization.org_id, OrganizationRow, "The organization."
    )
    team: Team | None = related(tables.TeamOrganization.team_id, tables.Team, "The team.")
    as_page: Page[OrganizationTeam] = page_of_one("This link as a page of one.", resolve.TEAMS)


@strawberry.enum(description="What to do with a team instead of linking it.")
class OrganizationTeamAction(Enum):
    DELETE = strawberry.enum_value("delete", description="Delete the team, keeping its link.")


@strawberry.input(description="A new team of an organization; you become its owner and admin.")
class CreateTeamInput:
    organization_id: strawberry.ID = strawberry.field(description="Which organization.")
    name: str = strawberry.field(description="1 to 255 characters.")
    description: str | None = strawberry.field(default=None, description="What it is for.")


@strawberry.input(description="What to change of a team; what is absent stays.")
class UpdateTeamInput:
    organization_id: strawberry.ID = strawberry.field(description="An organization of the team.")
    team_id: strawberry.ID = strawberry.field(description="Which team.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 255 characters.")
    description: str | None = strawberry.field(default=UNSET, description="What it is for.")
    expected_version: int | None = expected_version()


@strawberry.input(description="A team of an organization.")
class OrganizationTeamInput:
    organization_id: strawberry.ID = strawberry.field(description="An organization of the team.")
    team_id: strawberry.ID = strawberry.field(description="Which team.")
    expected_version: int | None = expected_version()


@strawberry.input(description="A team to link to an organization.")
class AddTeamToOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description="Which organization.")
    team_id: strawberry.ID = strawberry.field(description="Which team.")
    action: OrganizationTeamAction | None = strawberry.field(
        default=None, description="Absent to link the team; `DELETE` to delete it."
    )
    expected_version: int | None = expected_version()


@strawberry.input(description="A user to add to, or to remove from, a team.")
class TeamUserInput:
    organization_id: strawberry.ID = strawberry.field(description="An organization of the team.")
    team_id: strawberry.ID = strawberry.field(description="Which team.")
    user: str = strawberry.field(description="The user's id, user_id, email or username.")


AddTeamToOrganizationResult = Annotated[
    OrganizationTeam | Team,
    strawberry.union(
        "AddTeamToOrganizationResult", description="The link made, or the team deleted."
    ),
]


@strawberry.type(description="The created team.")
class CreateTeamPayload:
    team: Team = strawberry.field(description="The team.")


@strawberry.type(description="The changed team.")
class UpdateTeamPayload:
    team: Team = strawberry.field(description="The team.")


@strawberry.type(description="The link made, or the team deleted.")
class AddTeamToOrganizationPayload:
    result: AddTeamToOrganizationResult = strawberry.field(description="What became of the team.")


@strawberry.type(description="The link that was ended.")
class RemoveTeamFromOrganizationPayload:
    organization_team: OrganizationTeam = strawberry.field(description="The link.")


@strawberry.type(description="The added member.")
class AddUserToTeamPayload:
    membership: TeamMembership = strawberry.field(description="The membership.")


@strawberry.type
class TeamQuery:
    team: Team | None = one(
        tables.Team, "A team of an organization of yours.", access=Permission.VIEW_TEAM
    )
    teams: Page[Team] = listing(
        resolve.TEAMS,
        "The teams of your organizations.",
        order=TeamOrder,
        filter=TeamFilter,
        access=Public.SIGNED_IN,
    )


def _payload(type_: Any, field: str) -> Any:
    return lambda row: type_(**{field: row})


@strawberry.type
class TeamMutation:
    create_team: CreateTeamPayload = command(
        resolve.create,
        CreateTeamInput,
        _payload(CreateTeamPayload, "team"),
        "Create a team in an organization.",
        needs=Permission.CREATE_TEAM,
        tells=resolve.told("create", "Created the team '{row.name}'"),
    )
    update_team: UpdateTeamPayload = command(
        resolve.update,
        UpdateTeamInput,
        _payload(UpdateTeamPayload, "team"),
        "Change a team.",
        needs=Permission.EDIT_TEAM,
        tells=resolve.told("update", "Changed the team '{row.name}'"),
    )
    delete_team: DeletedPayload = command(
        resolve.remove,
        OrganizationTeamInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete a team everywhere; its links are kept.",
        needs=Permission.DELETE_TEAM,
        tells=resolve.told("delete", "Deleted the team '{row.name}'"),
    )
    add_team_to_organization: AddTeamToOrganizationPayload = command(
        resolve.add_to_organization,
        AddTeamToOrganizationInput,
        _payload(AddTeamToOrganizationPayload, "result"),
        "Link an existing team to an organization, or delete it.",
        needs=Permission.EDIT_TEAM,
        tells=resolve.told_of_link,
    )
    remove_team_from_organization: RemoveTeamFromOrganizationPayload = command(
        resolve.remove_from_organization,
        OrganizationTeamInput,
        _payload(RemoveTeamFromOrganizationPayload, "organization_team"),
        "End the link of a team and an organization; the team lives on.",
        needs=Permission.EDIT_TEAM,
        tells=resolve.told("update", "Ended the link of a team and the organization"),
    )
    add_user_to_team: AddUserToTeamPayload = command(
        resolve.add_user,
        TeamUserInput,
        _payload(AddUserToTeamPayload, "membership"),
        "Add a member of the organization to a team. Adding twice changes nothing.",
        needs=Permission.ADD_USER_TO_TEAM,
        tells=resolve.told("add_user", "Added the user '{given.user}' to the team"),
    )
    remove_user_from_team: RemovedPayload = command(
        resolve.remove_user,
        TeamUserInput,
        lambda row: RemovedPayload(removed_id=row.id),
        "Remove a user from a team.",
        needs=Permission.REMOVE_USER_FROM_TEAM,
        tells=resolve.told("remove_user", "Removed the user '{given.user}' from the team"),
    )
