"""A small world: two organizations that share nobody, with an administrator and a member each."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogue import load_catalogue
from app.db.base import Table, new_id
from app.db.engine import Store
from app.db.tables import connections, environments, keys, organizations, teams, users


@dataclass
class World:
    """The ids of what there is, by name."""

    ids: dict[str, UUID] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return str(self.ids[name])


ORGANIZATIONS = ("acme", "rival")
#: name, organization, role
PEOPLE = (
    ("ann", "acme", "organization admin"),
    ("bob", "acme", None),
    ("cid", "acme", None),
    ("rae", "rival", "organization admin"),
    ("ron", "rival", None),
)


async def build(store: Store) -> World:
    """Fill an empty store."""
    world = World()

    async def work(session: AsyncSession) -> None:
        await load_catalogue(session, files("app").joinpath("permission_keys.csv").read_text())
        await session.flush()
        roles = {r.role_name: r.id for r in (await session.execute(select(keys.Role))).scalars()}
        await _people(session, world, roles)
        for name in ORGANIZATIONS:
            await _organization(session, world, name)

    await store.write(work)
    return world


async def _add(
    session: AsyncSession, world: World, key: str, table: type[Table], /, **values: Any
) -> UUID:
    world.ids[key] = new_id()
    session.add(table(id=world.ids[key], **values))
    await session.flush()  # in the order of the foreign keys
    return world.ids[key]


async def _people(session: AsyncSession, world: World, roles: dict[str, UUID]) -> None:
    for name, *_ in PEOPLE:
        await _add(
            session, world, name, users.User, user_id=name, username=name, provider="local",
            email=f"{name}@example.org", first_name=name.title(), last_name="Test",
        )  # fmt: skip
    for name in ORGANIZATIONS:
        owner = next(person for person, organization, _ in PEOPLE if organization == name)
        await _add(
            session, world, name, organizations.Organization, name=name.title(),
            owner=world.ids[owner], metadata_={"preferences": {}}, domain=f"{name}.org",
        )  # fmt: skip
    for person, organization, role in PEOPLE:
        await _add(
            session, world, f"{person}@{organization}", organizations.OrganizationUser,
            organization_id=world.ids[organization], user_id=world.ids[person],
            role_id=roles[role] if role else None,
        )  # fmt: skip


async def _organization(session: AsyncSession, world: World, name: str) -> None:
    members = [world.ids[person] for person, organization, _ in PEOPLE if organization == name]
    owner, organization = members[0], world.ids[name]
    team = await _add(
        session, world, f"{name}-team", teams.Team, name=f"{name} team", owner=owner, metadata_={}
    )
    await _add(
        session, world, f"{name}-link", teams.TeamOrganization, org_id=organization, team_id=team
    )
    await _add(session, world, f"{name}-seat", teams.TeamUser, team_id=team, user_id=members[1])
    environment = await _add(
        session, world, f"{name}-env", environments.Environment, name=f"{name} env",
        organization_id=organization, owner=owner, metadata_={},
    )  # fmt: skip
    for number in range(3):
        connection = await _add(
            session, world, f"{name}-conn-{number}", connections.Connection,
            name=f"{name} connection {number}", type="platform", sub_type="orchestrator",
            kind="kubernetes" if number else "prometheus", metadata_={"number": number},
            status="connected" if number else "not found", user_id=owner,
        )  # fmt: skip
        if number:
            await _add(
                session, world, f"{name}-assigned-{number}", environments.EnvironmentConnection,
                environment_id=environment, connection_id=connection,
            )  # fmt: skip
