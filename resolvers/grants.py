"""What a user holds, as the database says: keys by role → keychain → key, per organization."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Select, and_, func, null, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.access import access_generations, current_generation
from app.db.base import live
from app.db.keys import Key, Keychain, KeychainKey, Role, RoleKeychain
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import SIGNING_IN, User, UserRole
from resolvers.viewer import Viewer

#: What a membership without a role of its own grants.
DEFAULT_ROLE = "user"

_GENERATION = select(current_generation())


def _memberships(user_id: UUID) -> Select[int, UUID | None, str | None]:
    """(generation, organization or NULL, role name) for every role the user holds.

    One statement, because two could see different generations in a transaction that writes.
    Without any role there is one row, with NULL for its name.
    """
    role = func.coalesce(Role.role_name, DEFAULT_ROLE)
    own = (
        select(OrganizationUser.organization_id.label("organization_id"), role.label("role_name"))
        .join(Organization, and_(Organization.id == OrganizationUser.organization_id))
        .outerjoin(Role, Role.id == OrganizationUser.role_id)
        .where(OrganizationUser.user_id == user_id, live(OrganizationUser), live(Organization))
    )
    by_team = (
        select(TeamOrganization.org_id, Role.role_name)
        .join(Team, Team.id == TeamOrganization.team_id)
        .join(TeamUser, TeamUser.team_id == Team.id)
        .join(Role, Role.id == TeamUser.role_id)
        .join(
            OrganizationUser,
            and_(
                OrganizationUser.organization_id == TeamOrganization.org_id,
                OrganizationUser.user_id == TeamUser.user_id,
                live(OrganizationUser),
            ),
        )
        .join(Organization, Organization.id == TeamOrganization.org_id)
        .where(TeamUser.user_id == user_id, live(TeamUser), live(Team), live(TeamOrganization))
        .where(live(Organization))
    )
    everywhere = (
        select(null(), Role.role_name)
        .join(UserRole, UserRole.role_id == Role.id)
        .where(UserRole.user_id == user_id, live(UserRole), live(Role))
    )
    union = own.union(by_team, everywhere).subquery()
    return select(
        access_generations.c.generation, union.c.organization_id, union.c.role_name
    ).outerjoin_from(access_generations, union, true())


def _keys_of(roles: set[str]) -> Select[str, UUID]:
    return (
        select(Role.role_name, KeychainKey.key_id)
        .join(RoleKeychain, RoleKeychain.role_id == Role.id)
        .join(KeychainKey, KeychainKey.keychain_id == RoleKeychain.keychain_id)
        .join(Keychain, Keychain.id == KeychainKey.keychain_id)
        .join(Key, Key.id == KeychainKey.key_id)
        .where(Role.role_name.in_(roles))
        .where(*(live(table) for table in (Role, RoleKeychain, Keychain, KeychainKey, Key)))
    )


async def find_viewer(session: AsyncSession, subject: str) -> Viewer | None:
    """The live, active user with that subject, and what they hold."""
    statement = select(User.id).where(
        User.user_id == subject, live(User), User.status.in_(SIGNING_IN)
    )
    user_id = (await session.execute(statement)).scalar_one_or_none()
    return None if user_id is None else await load_viewer(session, user_id)


async def load_viewer(session: AsyncSession, user_id: UUID) -> Viewer:
    """Read what a user holds, as it stands in this session's snapshot."""
    roles: dict[UUID | None, set[str]] = defaultdict(set)
    memberships = (await session.execute(_memberships(user_id))).all()
    for _, organization, role in memberships:
        if role is not None:
            roles[organization].add(role)
    keys: dict[str, set[UUID]] = defaultdict(set)
    for role, key in await session.execute(_keys_of(set().union(*roles.values()))):
        keys[role].add(key)
    grants = {
        organization: _shared(frozenset(key for role in names for key in keys[role]))
        for organization, names in roles.items()
    }
    return Viewer(user_id, grants, generation=memberships[0].generation)


@lru_cache(maxsize=1024)
def _shared(keys: frozenset[UUID]) -> frozenset[UUID]:
    """An equal set, the same one for all who hold the same keys: viewers are kept for a while."""
    return keys


async def is_current(session: AsyncSession, viewer: Viewer) -> bool:
    """Whether the viewer's rights are those of this session's snapshot."""
    generation = (await session.execute(_GENERATION)).scalar_one()
    return generation == viewer.generation
