"""Organizations in the graph: the type, its lists, and the changes that can be made."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from app.db import organizations as tables
from app.db.keys import Role as RoleRow
from app.db.users import User as UserRow
from app.permissions import Permission
from resolvers import organizations as resolve
from resolvers.answers import Public
from resolvers.environments import ENVIRONMENTS_OF_ORGANIZATION
from resolvers.events import EVENTS_OF_ORGANIZATION
from resolvers.fields import REQUIRED, column, command, computed, inside, listing, one, related
from resolvers.teams import TEAMS_OF_ORGANIZATION
from resolvers.users import USERS_OF_ORGANIZATION
from schema.keys import Key, Role, held_keys
from schema.listing import (
    EnvironmentFilter,
    EnvironmentOrder,
    EventFilter,
    EventOrder,
    OrganizationFilter,
    OrganizationMembershipOrder,
    OrganizationOrder,
    TeamFilter,
    TeamOrder,
    UserFilter,
    UserOrder,
)
from schema.nodes import Stored, expected_version, row_of, version
from schema.paging import Page, member, page_of_one
from schema.users import LazyTeam, User

if TYPE_CHECKING:
    from schema.environments import Environment
    from schema.events import EventPage

LazyEventPage = Annotated["EventPage", strawberry.lazy("schema.events")]
LazyEnvironment = Annotated["Environment", strawberry.lazy("schema.environments")]


@strawberry.type(description="A company, project or community: users, teams and environments.")
class Organization(Stored):
    is_type_of = row_of(tables.Organization)

    version: int = version()
    name: str = column(tables.Organization.name, "Its name, 1 to 255 characters.")
    country: str = column(tables.Organization.country, "The country it is at home in.")
    region: str = column(tables.Organization.region, "The region of that country.")
    description: str = column(tables.Organization.description, "What it is, in up to 5000 letters.")
    owner_id: strawberry.ID = column(tables.Organization.owner, "The id of its owner.")
    owner: User | None = related(tables.Organization.owner, UserRow, "Its owner.")
    metadata: JSON = column(tables.Organization.metadata_, "`{preferences: {theme, dashboard}}`.")
    preferences: JSON | None = inside(
        tables.Organization.metadata_, "preferences", "Theme and dashboard: `{theme, dashboard}`."
    )
    domain: str | None = column(tables.Organization.domain, "The mail domain of its people.")
    as_page: Page[Organization] = page_of_one(
        "This organization as a page of one.", resolve.ORGANIZATIONS
    )
    teams: Page[LazyTeam] = listing(
        TEAMS_OF_ORGANIZATION, "Its teams.", order=TeamOrder, filter=TeamFilter
    )
    team: LazyTeam | None = member(TEAMS_OF_ORGANIZATION, "One of its teams.")
    users: Page[User] = listing(
        USERS_OF_ORGANIZATION, "Its members.", order=UserOrder, filter=UserFilter
    )
    memberships: Page[OrganizationMembership] = listing(
        resolve.ORGANIZATION_MEMBERSHIPS_OF_ORGANIZATION,
        "Its members, with their role and since when.",
        order=OrganizationMembershipOrder,
    )
    environments: Page[LazyEnvironment] = listing(
        ENVIRONMENTS_OF_ORGANIZATION,
        "Its environments.",
        order=EnvironmentOrder,
        filter=EnvironmentFilter,
    )
    environment: LazyEnvironment | None = member(
        ENVIRONMENTS_OF_ORGANIZATION, "One of its environments."
    )
    events: LazyEventPage = listing(
        EVENTS_OF_ORGANIZATION,
        "What was done here and by whom, also where its owner deleted the event. Without the key "
        "*View Events* you see what you did yourself.",
        order=EventOrder,
        filter=EventFilter,
    )
    viewer_keys: Page[Key] = held_keys("The permission keys you hold here, always all of them.")


@strawberry.type(description="A user's membership of an organization.")
class OrganizationMembership(Stored):
    is_type_of = row_of(tables.OrganizationUser)

    organization_id: strawberry.ID = column(
        tables.OrganizationUser.organization_id, "The id of the organization."
    )
    user_id: strawberry.ID = column(tables.OrganizationUser.user_id, "The id of the user.")
    organization: Organization | None = related(
        tables.OrganizationUser.organization_id, tables.Organization, "The organization."
    )
    user: User | None = related(tables.OrganizationUser.user_id, UserRow, "The user.")
    role: Role | None = related(
        tables.OrganizationUser.role_id, RoleRow, "The role held here; null for a plain user."
    )
    joined_at: datetime = column(tables.OrganizationUser.created_at, "Member since.")


@strawberry.input(description="A new organization; you become its owner and administrator.")
class CreateOrganizationInput:
    name: str = strawberry.field(description="1 to 255 characters.")
    country: str | None = strawberry.field(default=None, description="Country.")
    region: str | None = strawberry.field(default=None, description="Region.")
    description: str | None = strawberry.field(default=None, description="What it is.")
    notify_org_update: bool | None = strawberry.field(
        default=None, description="Accepted as in the REST API; nobody is notified."
    )
    preferences: JSON | None = strawberry.field(default=None, description="Theme and dashboard.")


@strawberry.input(description="What to change of an organization; what is absent stays.")
class UpdateOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description="Which organization.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 255 characters.")
    country: str | None = strawberry.field(default=UNSET, description="Country.")
    region: str | None = strawberry.field(default=UNSET, description="Region.")
    description: str | None = strawberry.field(default=UNSET, description="What it is.")
    notify_org_update: bool | None = strawberry.field(
        default=UNSET, description="Accepted as in the REST API; nobody is notified."
    )
    preferences: JSON | None = strawberry.field(default=UNSET, description="Theme and dashboard.")
    expected_version: int | None = expected_version()


@strawberry.input(description="Which organization to delete.")
class DeleteOrganizationInput:
    organization_id: strawberry.ID = strawberry.field(description="Which organization.")
    expected_version: int | None = expected_version()


@strawberry.input(description="A user to add to, or to remove from, an organization.")
class OrganizationUserInput:
    organization_id: strawberry.ID = strawberry.field(description="Which organization.")
    user: str = strawberry.field(description="The user's id, user_id, email or username.")


@strawberry.type(description="The created organization.")
class CreateOrganizationPayload:
    organization: Organization = strawberry.field(description="The organization.")


@strawberry.type(description="The changed organization.")
class UpdateOrganizationPayload:
    organization: Organization = strawberry.field(description="The organization.")


@strawberry.type(description="What was deleted.")
class DeletedPayload:
    deleted_id: strawberry.ID = strawberry.field(description="The id of what was deleted.")


@strawberry.type(description="Who was removed.")
class RemovedPayload:
    removed_id: strawberry.ID = strawberry.field(description="The id of the ended membership.")


@strawberry.type(description="The added member.")
class AddUserToOrganizationPayload:
    membership: OrganizationMembership = strawberry.field(description="The membership.")


@strawberry.type
class OrganizationQuery:
    organization: Organization | None = one(
        tables.Organization,
        "An organization of yours; null where there is none with that id.",
        access=Permission.VIEW_ORGANIZATION,
    )
    organizations: Page[Organization] = listing(
        resolve.ORGANIZATIONS,
        "The organizations you belong to.",
        order=OrganizationOrder,
        filter=OrganizationFilter,
        access=Public.SIGNED_IN,
    )
    organization_by_domain: Organization | None = computed(
        lambda context, _, domain: resolve.by_domain(context, domain),
        "The organization of a mail domain. Needs no token.",
        ("domain", str, "The domain, such as `example.org`.", REQUIRED),
        access=Public.EVERYBODY,
    )


@strawberry.type
class OrganizationMutation:
    create_organization: CreateOrganizationPayload = command(
        resolve.create,
        CreateOrganizationInput,
        lambda row: CreateOrganizationPayload(organization=row),
        "Create an organization.",
        needs=Permission.CREATE_ORGANIZATION,
        tells=resolve.told("create", "Created the organization '{row.name}'"),
    )
    update_organization: UpdateOrganizationPayload = command(
        resolve.update,
        UpdateOrganizationInput,
        lambda row: UpdateOrganizationPayload(organization=row),
        "Change an organization.",
        needs=Permission.EDIT_ORGANIZATION,
        tells=resolve.told("update", "Changed the organization '{row.name}'"),
    )
    delete_organization: DeletedPayload = command(
        resolve.remove,
        DeleteOrganizationInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete an organization; its environments are no longer listed.",
        needs=Permission.DELETE_ORGANIZATION,
        tells=resolve.told("delete", "Deleted the organization '{row.name}'"),
    )
    add_user_to_organization: AddUserToOrganizationPayload = command(
        resolve.add_user,
        OrganizationUserInput,
        lambda row: AddUserToOrganizationPayload(membership=row),
        "Add a user to an organization. Adding a member again changes nothing.",
        needs=Permission.ADD_USER_TO_ORGANIZATION,
        tells=resolve.told("add_user", "Added the user '{given.user}' to the organization"),
    )
    remove_user_from_organization: RemovedPayload = command(
        resolve.remove_user,
        OrganizationUserInput,
        lambda row: RemovedPayload(removed_id=row.id),
        "Remove a user from an organization and from its teams.",
        needs=Permission.REMOVE_USER_FROM_ORGANIZATION,
        tells=resolve.told("remove_user", "Removed the user '{given.user}' from the organization"),
    )
