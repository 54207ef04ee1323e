"""Whatever the memberships, nothing outside the viewer's organizations ever appears."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import new_id
from app.db.engine import Store
from app.db.tables import connections, environments, organizations, teams, users
from app.permissions import Permission
from app.vault import Vault
from resolvers.access import Viewer
from resolvers.context import Context
from schema import schema
from tests.stores import sqlite_copy

PEOPLE, PLACES = 4, 3
EVERY_KEY = frozenset(UUID(each) for each in Permission)
memberships = st.sets(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PLACES - 1)), max_size=8)
depths = st.lists(
    st.sampled_from(["organizations", "teams", "users", "environments"]), min_size=1, max_size=4
)

#: For each list: the field under a row of the type the former list holds.
STEPS = {
    "organizations": {"teams", "users", "environments"},
    "teams": {"organizations", "users"},
    "users": {"organizations", "teams"},
    "environments": set(),
}


def query(path: list[str]) -> str:
    """Nested lists as far as the path makes sense, each with its total and its names."""
    text = "items { id } totalCount"
    known: list[str] = []
    for step in path:
        if known and step not in STEPS[known[-1]]:
            break
        known.append(step)
    for step in reversed(known[1:]):
        text = f"items {{ id {step}(pageSize: 20) {{ {text} }} }} totalCount"
    root = known[0]
    if root == "environments":
        return "{ connections { items { id environments { items { id } totalCount } } } }"
    return f"{{ {root}(pageSize: 20) {{ {text} }} }}"


def ids(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["id"]} if "id" in value else set()
        return own.union(*(ids(each) for each in value.values()))
    return set().union(*(ids(each) for each in value)) if isinstance(value, list) else set()


class Scene:
    """Rows of each organization, by the organization they belong to."""

    def __init__(self, pairs: set[tuple[int, int]]) -> None:
        self.pairs = pairs
        self.people = [new_id() for _ in range(PEOPLE)]
        self.places = [new_id() for _ in range(PLACES)]
        self.rows: dict[int, set[UUID]] = {n: {place} for n, place in enumerate(self.places)}

    def allowed(self, person: int) -> set[str]:
        mine = {place for who, place in self.pairs if who == person}
        people = {self.people[who] for who, place in self.pairs if place in mine}
        own = set().union(*(self.rows[place] for place in mine)) | people | {self.people[person]}
        return {str(each) for each in own}

    async def build(self, session: AsyncSession) -> None:
        for index, person in enumerate(self.people):
            name = f"{person}-{index}"
            session.add(
                users.User(
                    id=person, user_id=name, email=name, provider="", first_name="", last_name=""
                )
            )
        await session.flush()
        for number, place in enumerate(self.places):
            await self._place(session, number, place)

    async def _place(self, session: AsyncSession, number: int, place: UUID) -> None:
        outsider = users.User(
            user_id=str(place), email=str(place), provider="", first_name="", last_name=""
        )
        session.add(outsider)
        await session.flush()
        team, environment, connection = new_id(), new_id(), new_id()
        session.add(organizations.Organization(id=place, name="o", owner=outsider.id, metadata_={}))
        session.add(teams.Team(id=team, name="t", owner=outsider.id, metadata_={}))
        session.add(
            connections.Connection(
                id=connection, name="c", type="t", sub_type="s", kind="k",
                status="connected", user_id=outsider.id, metadata_={},
            )
        )  # fmt: skip
        await session.flush()
        session.add(teams.TeamOrganization(org_id=place, team_id=team))
        session.add(
            environments.Environment(
                id=environment, name="e", organization_id=place, owner=outsider.id, metadata_={}
            )
        )
        await session.flush()
        session.add(
            environments.EnvironmentConnection(environment_id=environment, connection_id=connection)
        )
        self.rows[number] |= {team, environment, connection}
        for person, where in self.pairs:
            if where == number:
                who = self.people[person]
                session.add(organizations.OrganizationUser(organization_id=place, user_id=who))
                session.add(teams.TeamUser(team_id=team, user_id=who))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, Path]:
    return tmp_path_factory.mktemp("access"), sqlite_template


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pairs=memberships, person=st.integers(0, PEOPLE - 1), path=depths)
def test_nothing_foreign_appears(
    folder: tuple[Path, Path], pairs: set[tuple[int, int]], person: int, path: list[str]
) -> None:
    asyncio.run(_check(folder, Scene(pairs), person, path))


async def _check(folder: tuple[Path, Path], scene: Scene, person: int, path: list[str]) -> None:
    store = Store.open(sqlite_copy(folder[1], folder[0]))
    try:
        await store.write(scene.build)
        grants: dict[UUID | None, frozenset[UUID]] = {
            scene.places[place]: EVERY_KEY for who, place in scene.pairs if who == person
        }
        grants[None] = EVERY_KEY
        viewer = Viewer(scene.people[person], grants)
        every = sorted({str(each) for rows in scene.rows.values() for each in rows})
        nodes = json.dumps(every)
        for text in (query(path), f"{{ nodes(ids: {nodes}) {{ id }} }}"):
            context = Context(store, Vault.from_file(folder[0] / "keys"), viewer)
            result = await schema.execute(text, context_value=context)
            await context.close()
            assert result.errors is None, result.errors
            assert ids(result.data) <= scene.allowed(person)
    finally:
        await store.close()
