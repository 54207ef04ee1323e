"""Users in the graph, and the public directory of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from app.db import users as tables
from app.permissions import Permission
from resolvers import users as resolve
from resolvers.answers import Current, Itself, Public
from resolvers.context import Context
from resolvers.fields import column, computed, listing, one
from resolvers.listing import EPOCH
from resolvers.organizations import ORGANIZATION_MEMBERSHIPS_OF_USER, ORGANIZATIONS_OF_USER
from resolvers.teams import TEAM_MEMBERSHIPS_OF_USER, TEAMS_OF_USER
from schema.keys import Key, viewer_keys
from schema.listing import (
    OrganizationFilter,
    OrganizationMembershipOrder,
    OrganizationOrder,
    PublicUserFilter,
    PublicUserOrder,
    TeamFilter,
    TeamMembershipOrder,
    TeamOrder,
    UserFilter,
    UserOrder,
    UserStatus,
)
from schema.nodes import Stored, row_of
from schema.paging import Page

if TYPE_CHECKING:
    from schema.organizations import Organization, OrganizationMembership
    from schema.teams import Team, TeamMembership

LazyOrganization = Annotated["Organization", strawberry.lazy("schema.organizations")]
LazyOrganizationMembership = Annotated[
    "OrganizationMembership", strawberry.lazy("schema.organizations")
]
LazyTeam = Annotated["Team", strawberry.lazy("schema.teams")]
LazyTeamMembership = Annotated["TeamMembership", strawberry.lazy("schema.teams")]

_User = tables.User


@strawberry.type(description="A person who uses the service.")
class User(Stored):
    is_type_of = row_of(_User)

    user_id: str = column(_User.user_id, "The name that the identity provider knows the user by.")
    username: str | None = column(_User.username, "The name chosen by the user.")
    provider: str = column(_User.provider, "The identity provider.")
    email: str = column(_User.email, "The user's address, in lower case.")
    first_name: str = column(_User.first_name, "First name.")
    last_name: str = column(_User.last_name, "Last name.")
    avatar_url: str | None = column(_User.avatar_url, "A picture of the user.")
    status: UserStatus = column(_User.status, "The state of the account.")
    status_text: str = column(_User.status, "The state as the REST API spells it.")
    bio: str | None = column(_User.bio, "What the user says of themselves.")
    country: JSON | None = column(_User.country, "The user's country, as a free object.")
    region: JSON | None = column(_User.region, "The user's region, as a free object.")
    preferences: JSON | None = column(_User.preferences, "The user's settings, as a free object.")
    accepted_terms_at: datetime | None = column(
        _User.accepted_terms_at, "When the terms were accepted."
    )
    first_login_time: datetime | None = column(_User.first_login_time, "When first signed in.")
    last_login_time: datetime | None = column(_User.last_login_time, "When last signed in.")
    socials: JSON | None = column(_User.socials, "Profiles elsewhere: a list of `{site, link}`.")
    role_names: list[str] = computed(resolve.role_names, "The roles held everywhere.")
    organizations: Page[LazyOrganization] = listing(
        ORGANIZATIONS_OF_USER,
        "The organizations of the user that you belong to as well.",
        order=OrganizationOrder,
        filter=OrganizationFilter,
    )
    organization_memberships: Page[LazyOrganizationMembership] = listing(
        ORGANIZATION_MEMBERSHIPS_OF_USER,
        "The same organizations, with the role held there and since when.",
        order=OrganizationMembershipOrder,
    )
    teams: Page[LazyTeam] = listing(
        TEAMS_OF_USER,
        "The teams of the user that you may see.",
        order=TeamOrder,
        filter=TeamFilter,
    )
    team_memberships: Page[LazyTeamMembership] = listing(
        TEAM_MEMBERSHIPS_OF_USER,
        "The same teams, with the role held there and since when.",
        order=TeamMembershipOrder,
    )
    organizations_with_roles: JSON = computed(
        resolve.organizations_with_roles,
        "The organizations with the user's roles, as the REST API gives them.",
    )
    teams_with_roles: JSON = computed(
        resolve.teams_with_roles, "The teams with the user's roles, as the REST API gives them."
    )


def _private(attribute: str, hidden: Any, description: str) -> Any:
    """A value shown to those who share an organization with the user; else a blank."""

    async def answer(context: Context, row: Any) -> Any:
        shared = await resolve.shared(context, row)
        return hidden if shared is None else getattr(shared, attribute)

    return computed(answer, f"{description} Blank unless you share an organization.")


def _private_computed(run: Any, hidden: Any, description: str) -> Any:
    async def answer(context: Context, row: Any) -> Any:
        shared = await resolve.shared(context, row)
        return hidden if shared is None else await run(context, shared)

    return computed(answer, f"{description} Blank unless you share an organization.")


@strawberry.type(description="A user as the public directory shows them to everybody.")
class PublicUser:
    id: strawberry.ID = column("id", "The id, the same as that of the user.")
    user_id: str = computed(lambda _, row: str(row.id), "The id once more, for older callers.")
    username: str | None = column(_User.username, "The name chosen by the user.")
    avatar_url: str | None = column(_User.avatar_url, "A picture of the user.")
    provider: str = _private("provider", "", "The identity provider.")
    email: str = _private("email", "", "The user's address.")
    first_name: str = _private("first_name", "", "First name.")
    last_name: str = _private("last_name", "", "Last name.")
    status: UserStatus = column(_User.status, "The state of the account.")
    status_text: str = column(_User.status, "The state as the REST API spells it.")
    bio: str | None = _private("bio", None, "What the user says of themselves.")
    country: JSON | None = _private("country", None, "The user's country.")
    region: JSON | None = _private("region", None, "The user's region.")
    preferences: JSON | None = _private("preferences", None, "The user's settings.")
    accepted_terms_at: datetime | None = _private(
        "accepted_terms_at", None, "When the terms were accepted."
    )
    first_login_time: datetime | None = _private("first_login_time", None, "First sign-in.")
    last_login_time: datetime | None = _private("last_login_time", EPOCH, "Last sign-in.")
    created_at: datetime = column("created_at", "When the user was created.")
    updated_at: datetime = column("updated_at", "When the user was last changed.")
    deleted_at: datetime | None = column("deleted_at", "Null: the directory holds the living.")
    socials: JSON | None = _private("socials", None, "Profiles elsewhere.")
    role_names: list[str] = _private_computed(resolve.role_names, (), "Roles held everywhere.")
    organizations_with_roles: JSON | None = _private_computed(
        resolve.organizations_with_roles, None, "Organizations with roles."
    )
    teams_with_roles: JSON | None = _private_computed(
        resolve.teams_with_roles, None, "Teams with roles."
    )


@strawberry.type(description="You: the user whose token was sent.")
class Viewer:
    user: User = computed(lambda _, row: row, "Your own user.", answer=Itself())
    keys: Page[Key] = viewer_keys("The permission keys you hold, always all of them.")


@strawberry.type
class UserQuery:
    viewer: Viewer = computed(
        lambda context, _: resolve.current(context),
        "You: the user whose token was sent.",
        access=Public.SIGNED_IN,
        answer=Current(_User, Public.SIGNED_IN),
    )
    user: User | None = one(
        _User, "A user who shares an organization with you.", access=Public.SIGNED_IN
    )
    users: Page[User] = listing(
        resolve.USERS,
        "The users who share an organization with you.",
        order=UserOrder,
        filter=UserFilter,
        access=Permission.VIEW_ALL_USERS,
    )
    public_users: Page[PublicUser] = listing(
        resolve.PUBLIC_USERS,
        "Every user, as the public directory shows them. Needs no token.",
        order=PublicUserOrder,
        filter=PublicUserFilter,
        access=Public.EVERYBODY,
    )
