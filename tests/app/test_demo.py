"""The demo data: who is in it, what they share, and that it is the same everywhere."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db import connections, tables
from app.db.base import Table, live
from app.db.connections import Connection, Credential
from app.db.engine import Store
from app.db.environments import Environment, EnvironmentConnection
from app.db.keys import Key, Role
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User, UserRole
from app.demo import demo_id, is_empty, load_demo
from app.permissions import Permission
from app.vault import Vault

VAULT = Vault(((b"name", bytes(32)),))
MEMBER, OUTSIDER, ADMIN = (demo_id("user", name) for name in ("member", "outsider", "admin"))


@pytest.fixture
async def demo(store: Store) -> Store:
    await store.write(lambda session: load_demo(session, VAULT))
    return store


async def rows(store: Store, table: type[Table], *criteria: Any) -> list[Any]:
    async with store.reading() as session:
        return list(await session.scalars(select(table).where(*criteria).order_by(table.id)))


async def organizations_of(store: Store, user: UUID) -> set[UUID]:
    criteria = (OrganizationUser.user_id == user, live(OrganizationUser))
    return {row.organization_id for row in await rows(store, OrganizationUser, *criteria)}


async def test_a_database_with_the_demo_in_it_is_not_empty(store: Store) -> None:
    async with store.reading() as session:
        assert await is_empty(session)
    await store.write(lambda session: load_demo(session, VAULT))
    async with store.reading() as session:
        assert not await is_empty(session)


async def test_thirty_users_with_distinct_subjects_sign_in_by_address(demo: Store) -> None:
    users = await rows(demo, User, live(User))
    assert len(users) == 30
    assert {user.email for user in users} >= {
        "admin@example.org",
        "member@example.org",
        "outsider@example.org",
    }
    assert all(user.user_id == str(user.id) for user in users)


@pytest.mark.parametrize(
    "table", [User, Organization, OrganizationUser, Team, TeamUser, Environment, Connection]
)
async def test_a_row_of_each_table_is_deleted(demo: Store, table: type[Table]) -> None:
    deleted = await rows(demo, table, table.deleted_at.is_not(None))
    assert deleted
    assert all(row.deleted_at > row.created_at for row in deleted)


async def test_the_admin_runs_everything_and_belongs_to_every_organization(demo: Store) -> None:
    (role,) = await rows(demo, Role, Role.role_name == "admin")
    (everywhere,) = await rows(demo, UserRole, UserRole.user_id == ADMIN)
    assert everywhere.role_id == role.id
    every = {row.id for row in await rows(demo, Organization)}
    assert await organizations_of(demo, ADMIN) == every
    (role,) = await rows(demo, Role, Role.role_name == "organization admin")
    held = await rows(demo, OrganizationUser, OrganizationUser.user_id == ADMIN)
    assert {row.role_id for row in held} == {role.id}


async def test_the_member_belongs_to_the_organization_of_example_org_as_a_user(
    demo: Store,
) -> None:
    (organization,) = await rows(demo, Organization, Organization.domain == "example.org")
    (membership,) = await rows(demo, OrganizationUser, OrganizationUser.user_id == MEMBER)
    (role,) = await rows(demo, Role, Role.role_name == "user")
    assert membership.organization_id == organization.id == demo_id("organization", "cooperative")
    assert membership.role_id == role.id


async def test_the_outsider_shares_nothing_with_the_member(demo: Store) -> None:
    (theirs,) = await organizations_of(demo, OUTSIDER)
    (own,) = await organizations_of(demo, MEMBER)
    assert theirs != own
    seen = {name: await reachable(demo, place) for name, place in {"m": own, "o": theirs}.items()}
    assert seen["m"] & seen["o"] == {ADMIN}


async def reachable(store: Store, organization: UUID) -> set[UUID]:
    """The organization, its members, teams, environments and their connections."""
    members = await rows(store, OrganizationUser, OrganizationUser.organization_id == organization)
    teams = await rows(store, TeamOrganization, TeamOrganization.org_id == organization)
    places = await rows(store, Environment, Environment.organization_id == organization)
    environments = {row.id for row in places}
    assigned = await rows(
        store, EnvironmentConnection, EnvironmentConnection.environment_id.in_(environments)
    )
    return (
        {organization}
        | {row.user_id for row in members}
        | {row.team_id for row in teams}
        | environments
        | {row.connection_id for row in assigned}
    )


async def test_no_text_of_the_outsiders_organization_names_the_members(demo: Store) -> None:
    own = str(demo_id("organization", "cooperative"))
    user, *_ = await rows(demo, User, User.id == OUTSIDER)
    telescope, *_ = await rows(demo, Connection, Connection.user_id == OUTSIDER)
    assert own not in json.dumps([user.preferences, telescope.metadata_])


async def test_there_are_connections_of_every_status_and_several_kinds(demo: Store) -> None:
    rows_ = await rows(demo, Connection)
    assert {row.status for row in rows_} == set(connections.STATUSES)
    assert {row.kind for row in rows_} > {"kubernetes", "meshery", "prometheus", "grafana"}
    assert all((row.server_id is not None) == (row.kind == "meshery") for row in rows_)


async def test_secrets_are_sealed_and_open_with_the_vault(demo: Store) -> None:
    for credential in await rows(demo, Credential):
        assert b"demo-token" not in credential.secret
        assert json.loads(VAULT.open(credential.id, credential.secret)).keys() == {
            "auth",
            "cluster",
        }


async def test_the_catalogue_is_loaded_with_it(demo: Store) -> None:
    assert {str(row.id) for row in await rows(demo, Key)} == set(Permission)


async def test_ids_and_times_are_fixed(demo: Store) -> None:
    (member,) = await rows(demo, User, User.id == MEMBER)
    assert str(member.id) == "1ef0026b-a068-500c-a8df-a489a3389ed7"
    assert member.created_at.isoformat() == "2025-03-03T11:00:00+00:00"
    assert member.updated_at > member.created_at


async def test_every_table_has_a_demo_row(demo: Store) -> None:
    """But for the ledger of calls, which is what callers make it."""
    empty = [
        mapper.class_.__tablename__
        for mapper in tables.Table.registry.mappers
        if not await rows(demo, mapper.class_)
    ]
    assert empty == ["rest_calls"]


def test_names_of_one_kind_are_distinct() -> None:
    ids: Collection[UUID] = {demo_id(kind, "a") for kind in ("user", "team", "environment")}
    assert len(ids) == 3
