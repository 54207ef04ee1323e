"""Demo data: the tables of `app.demo_data` as rows, the same ids and times wherever loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import demo_data as data
from app import demo_designs
from app.catalogue import load_catalogue
from app.db.base import Table
from app.db.connections import Connection, Credential
from app.db.designs import Design
from app.db.environments import Environment, EnvironmentConnection
from app.db.events import SYSTEM_ID, Event
from app.db.keys import Role
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User, UserRole
from app.importing.designs import design_of
from app.registering import known_of, register
from app.vault import Vault

NAMESPACE = UUID("5c1f5d0e-8a3b-5b0e-9a57-6d6573686772")
START = datetime(2025, 3, 3, 9, tzinfo=UTC)
LOGO = {"svg": "", "location": ""}
THEME = {
    "logo": dict.fromkeys(("desktopView", "mobileView", "darkDesktopView", "darkMobileView"), LOGO)
}

RowType = TypeVar("RowType", bound=Table)


def demo_id(kind: str, name: str) -> UUID:
    """The id of a demo row, such as `demo_id("organization", "cooperative")`."""
    return uuid5(NAMESPACE, f"{kind}/{name}")


async def is_empty(session: AsyncSession) -> bool:
    """Whether nobody has ever used this database: it has no user, not even a deleted one."""
    return (await session.execute(select(User.id).limit(1))).first() is None


async def load_demo(session: AsyncSession, vault: Vault) -> None:
    """Store the permission catalogue and the demo data; the database must be empty."""
    await load_catalogue(session, files("app").joinpath("permission_keys.csv").read_text("utf-8"))
    roles = {role.role_name: role.id for role in await session.scalars(select(Role))}
    rows = list(_dated(_rows(roles, vault)))
    # Without relationships SQLAlchemy does not know which rows others point at; the tables do.
    for table in Table.metadata.sorted_tables:
        session.add_all(row for row in rows if row.__table__ is table)
        await session.flush()
    await register(session, demo_designs.package())


def _rows(roles: Mapping[str, UUID], vault: Vault) -> Iterator[Table]:
    for user in data.USERS:
        yield from _user(user, roles)
    for organization in data.ORGANIZATIONS:
        yield _organization(organization)
    for team in data.TEAMS:
        yield from _team(team)
    for member in data.ORGANIZATION_MEMBERS:
        yield from _members(member, roles, OrganizationUser, "organization")
    for member in data.TEAM_MEMBERS:
        yield from _members(member, roles, TeamUser, "team")
    for environment in data.ENVIRONMENTS:
        yield _environment(environment)
    for connection in data.CONNECTIONS:
        yield from _connection(connection, vault)
    for design in demo_designs.DESIGNS:
        yield from _design(design)


def _dated(rows: Iterator[Table]) -> Iterator[Table]:
    """The rows an hour apart; one that is deleted was so a day after it was made."""
    for hours, row in enumerate(rows):
        row.created_at = START + timedelta(hours=hours)
        row.updated_at = row.created_at + timedelta(days=1 + hours % 5)
        if row.deleted_at is not None:
            row.deleted_at = row.updated_at
        yield row


def _deleted(given: bool) -> datetime | None:  # noqa: FBT001 - a column of the tables
    return START if given else None


def _user(given: data.User, roles: Mapping[str, UUID]) -> Iterator[Table]:
    row_id = demo_id("user", given.name)
    signed_in = START + timedelta(days=90, minutes=7 * data.USERS.index(given))
    yield User(
        id=row_id,
        user_id=str(row_id),
        username=given.name,
        provider="demo",
        email=f"{given.name}@example.org",
        first_name=given.first_name,
        last_name=given.last_name,
        avatar_url=f"https://avatars.example.org/{given.name}.png",
        status=given.status,
        bio=f"{given.first_name} is part of the demo.",
        country={"code": given.country},
        region={},
        preferences=_preferences(given.name),
        socials=[{"site": "website", "link": f"https://{given.name}.example.org"}],
        accepted_terms_at=START,
        first_login_time=START,
        last_login_time=signed_in,
        deleted_at=_deleted(given.deleted),
    )
    for role in filter(None, given.roles.split(",")):
        yield UserRole(user_id=row_id, role_id=roles[role])


def _preferences(user: str) -> dict[str, Any]:
    first = next(each for each in data.ORGANIZATION_MEMBERS if user in each.users.split())
    return {
        "anonymousUsageStats": False,
        "anonymousPerfResults": False,
        "updated_at": START.isoformat().replace("+00:00", "Z"),
        "dashboardPreferences": {},
        "selectedOrganizationId": str(demo_id("organization", first.place)),
        "selectedWorkspaceForOrganizations": {},
        "usersExtensionPreferences": {},
        "remoteProviderPreferences": {},
    }


def _organization(given: data.Organization) -> Organization:
    theme = {"id": str(demo_id("theme", given.name)), **THEME}
    return Organization(
        id=demo_id("organization", given.name),
        name=given.title,
        country=given.country,
        region=given.region,
        description=given.description,
        owner=demo_id("user", given.owner),
        metadata_={"preferences": {"theme": theme, "dashboard": {}}},
        domain=given.domain,
        deleted_at=_deleted(given.deleted),
    )


def _members(
    given: data.Member,
    roles: Mapping[str, UUID],
    table: type[OrganizationUser | TeamUser],
    kind: str,
) -> Iterator[Table]:
    for user in given.users.split():
        yield table(
            **{f"{kind}_id": demo_id(kind, given.place)},
            user_id=demo_id("user", user),
            role_id=roles[given.role] if given.role else None,
            deleted_at=_deleted(given.ended),
        )


def _team(given: data.Team) -> Iterator[Table]:
    row_id = demo_id("team", given.name)
    yield Team(
        id=row_id,
        name=given.title,
        description=given.description,
        owner=demo_id("user", given.owner),
        metadata_={},
        deleted_at=_deleted(given.deleted),
    )
    for organization in given.organizations.split():
        yield TeamOrganization(team_id=row_id, org_id=demo_id("organization", organization))


def _environment(given: data.Environment) -> Environment:
    return Environment(
        id=demo_id("environment", given.name),
        name=given.title,
        description=given.description,
        organization_id=demo_id("organization", given.organization),
        owner=demo_id("user", given.owner),
        metadata_={},
        deleted_at=_deleted(given.deleted),
    )


def _connection(given: data.Connection, vault: Vault) -> Iterator[Table]:
    credential = _credential(given, vault) if given.secret else None
    if credential is not None:
        yield credential
    row_id, server = demo_id("connection", given.name), demo_id("server", given.name)
    yield Connection(
        id=row_id,
        name=given.title,
        credential_id=credential.id if credential is not None else None,
        type=given.type,
        sub_type=given.sub_type,
        kind=given.kind,
        metadata_=_metadata(given, server),
        status=given.status,
        user_id=demo_id("user", given.owner),
        server_id=server if given.kind == "meshery" else None,
        deleted_at=_deleted(given.deleted),
    )
    for environment in given.environments.split():
        yield EnvironmentConnection(
            environment_id=demo_id("environment", environment),
            connection_id=row_id,
            deleted_at=_deleted(given.deleted),
        )


def _design(given: demo_designs.DemoDesign) -> Iterator[Table]:
    """A design as it would be imported, and the event of that."""
    row_id, owner = demo_id("design", given.name), demo_id("user", given.owner)
    objects = list(demo_designs.manifest(given))
    built = design_of(
        row_id,
        given.title,
        objects,
        known_of(demo_designs.package()),
        lambda number: demo_id("component", f"{given.name}/{number}"),
    )
    yield Design(
        id=row_id,
        name=given.title,
        user_id=owner,
        type="k8s-manifest",
        pattern_file=json.dumps(built.design, indent=2),
        components_count=len(objects),
        source=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}).encode(),
        source_name=f"{given.name}.json",
        source_url=None,
        unmatched=[],
        deleted_at=_deleted(given.deleted),
    )
    yield Event(
        id=demo_id("event", given.name),
        user_id=owner,
        system_id=SYSTEM_ID,
        category="pattern",
        action="create",
        severity="success",
        acted_upon=row_id,
        description=f"Imported design '{given.title}' of type 'k8s-manifest'",
        metadata_={},
        deleted_at=_deleted(given.deleted),
    )


def _metadata(given: data.Connection, server: UUID) -> dict[str, Any]:
    if given.kind == "meshery":
        return {"server_id": str(server), "url": given.address}
    if given.kind != "kubernetes":
        return {"url": given.address}
    return {
        "id": str(demo_id("context", given.name)),
        "name": given.title,
        "server": given.address,
        "version": "v1.33.2",
        "deployment_type": "out_of_cluster",
        "meshsync_deployment_mode": "operator",
        "kubernetes_server_id": str(server),
        "meshery_instance_id": str(demo_id("meshery", given.owner)),
    }


def _credential(given: data.Connection, vault: Vault) -> Credential:
    """A made-up secret in the shape that its kind of connection has."""
    row_id = demo_id("credential", given.name)
    secret = {
        "auth": {"name": given.owner, "user": {"token": f"demo-token-of-{given.name}"}},
        "cluster": {"name": given.title, "cluster": {"server": given.address}},
    }
    return Credential(
        id=row_id,
        name=given.title,
        user_id=demo_id("user", given.owner),
        type=given.kind,
        secret=vault.seal(row_id, json.dumps(secret)),
    )
