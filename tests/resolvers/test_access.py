"""Whatever the memberships, nothing outside the viewer's organizations ever appears or matters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import new_id
from app.db.engine import Store
from app.db.tables import connections, environments, organizations, teams, users
from app.permissions import Permission
from app.vault import Vault
from resolvers.context import Context
from resolvers.viewer import Viewer
from schema import schema
from tests.stores import Databases

PEOPLE, PLACES = 4, 3
EVERY_KEY = frozenset(UUID(each) for each in Permission)
#: The kinds of rows of an organization that a key opens.
KEYS = {
    "team": Permission.VIEW_TEAM,
    "environment": Permission.VIEW_ENVIRONMENT,
    "connection": Permission.VIEW_CONNECTIONS,
}
#: Each kind, and the organization itself.
OPENED = {**KEYS, "organization": Permission.VIEW_ORGANIZATION}
NARROWING = frozenset(UUID(each) for each in OPENED.values())

#: For each list: the field under a row of the type the former list holds.
STEPS = {
    "organizations": {"teams", "users", "environments"},
    "teams": {"organizations", "users"},
    "users": {"organizations", "teams"},
    "environments": set(),
}
PAGE = "{ totalCount items { id } }"


def nested(path: list[str]) -> str:
    """Nested lists as far as the path makes sense, each with its total and its ids."""
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
        return (
            "{ connections { items { id environments { items { id } totalCount } } totalCount } }"
        )
    return f"{{ {root}(pageSize: 20) {{ {text} }} }}"


def ids(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["id"]} if "id" in value else set()
        return own.union(*(ids(each) for each in value.values()))
    return set().union(*(ids(each) for each in value)) if isinstance(value, list) else set()


def totals(value: Any) -> Iterator[tuple[int, int]]:
    """(total, items) of each page."""
    if isinstance(value, dict):
        if "totalCount" in value:
            yield value["totalCount"], len(value["items"])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from totals(each)


def unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: unordered(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted((unordered(each) for each in value), key=json.dumps)
    return value


Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Scene:
    """People, and places with a team, an environment and a connection each.

    `members` are (person, place), `links` (team, place) and `seats` (person, team).
    """

    members: Pairs
    links: Pairs
    seats: Pairs
    keys: frozenset[tuple[int, str]]
    people: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(PEOPLE)])
    places: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(PLACES)])
    rows: dict[tuple[str, int], UUID] = field(
        default_factory=lambda: {
            (kind, number): new_id() for kind in KEYS for number in range(PLACES)
        }
    )

    def places_of(self, person: int) -> set[int]:
        return {place for who, place in self.members if who == person}

    def visible(self, kind: str, person: int) -> set[int]:
        """The numbers of the teams, environments or connections that the person may see."""
        opened = {place for place in self.places_of(person) if (place, kind) in self.keys}
        if kind == "team":
            return {team for team, place in self.links if place in opened}
        return opened

    def allowed(self, person: int) -> set[str]:
        mine = self.places_of(person)
        seen = {self.people[who] for who, place in self.members if place in mine}
        seen |= {self.places[place] for place in self.visible("organization", person)}
        seen.add(self.people[person])
        for kind in KEYS:
            seen |= {self.rows[kind, number] for number in self.visible(kind, person)}
        return {str(each) for each in seen}

    def near(self, person: int) -> Scene:
        """The same without what is said of other places, and of teams out of sight."""
        mine, teams_seen = self.places_of(person), self.visible("team", person)
        return replace(
            self,
            members=frozenset(pair for pair in self.members if pair[1] in mine),
            links=frozenset(pair for pair in self.links if pair[1] in mine),
            seats=frozenset(pair for pair in self.seats if pair[1] in teams_seen),
        )

    def viewer(self, person: int) -> Viewer:
        grants: dict[UUID | None, frozenset[UUID]] = {
            self.places[place]: frozenset(
                UUID(key) for kind, key in OPENED.items() if (place, kind) in self.keys
            )
            for place in self.places_of(person)
        }
        return Viewer(self.people[person], {**grants, None: EVERY_KEY - NARROWING})

    def queries(self, path: list[str]) -> Iterator[str]:
        """Ways to ask for what is not one's own, besides the nested lists of the path."""
        yield nested(path)
        every = [*self.people, *self.places, *self.rows.values()]
        yield f"{{ nodes(ids: {json.dumps(sorted(map(str, every)))}) {{ id }} }}"
        by_domain, by_team, in_organization, teams_seen = [], [], [], []
        for number, place in enumerate(self.places):
            yield f'{{ environments(organizationId: "{place}") {PAGE} }}'
            by_domain.append(
                f'd{number}: organizationByDomain(domain: "{number}.example") {{ name users {PAGE} '
                f"teams {PAGE} environments {PAGE} owner {{ id }} "
                "memberships { totalCount items { userId } } }"
            )
            team = self.rows["team", number]
            by_team.append(
                f'a{number}: users(filter: {{ teamId: "{team}" }}) {PAGE} '
                f'b{number}: users(filter: {{ and: {{ teamId: "{team}" }} }}, search: "o") {PAGE}'
            )
            in_organization.append(f't{number}: team(id: "{team}") {{ id users {PAGE} }}')
            outside = " ".join(
                f'o{index}: usersNotInTeam(organizationId: "{other}") {PAGE}'
                for index, other in enumerate(self.places)
            )
            teams_seen.append(f't{number}: team(id: "{team}") {{ id users {PAGE} {outside} }}')
        yield f"{{ {' '.join(by_domain)} }}"
        yield f"{{ {' '.join(by_team)} }}"
        yield f"{{ organizations {{ items {{ id {' '.join(in_organization)} }} }} }}"
        yield f"{{ {' '.join(teams_seen)} }}"

    async def build(self, session: AsyncSession) -> None:
        for index, person in enumerate(self.people):
            session.add(_user(person, f"person {index}"))
        await session.flush()
        for number, place in enumerate(self.places):
            await self._place(session, number, place)
        session.add_all(
            teams.TeamOrganization(org_id=self.places[place], team_id=self.rows["team", team])
            for team, place in self.links
        )
        session.add_all(
            teams.TeamUser(team_id=self.rows["team", team], user_id=self.people[who])
            for who, team in self.seats
        )
        session.add_all(
            organizations.OrganizationUser(
                organization_id=self.places[place], user_id=self.people[who]
            )
            for who, place in self.members
        )

    async def _place(self, session: AsyncSession, number: int, place: UUID) -> None:
        """A place and its rows, owned by somebody who is seen by nobody."""
        owner = new_id()
        session.add(_user(owner, f"owner {number}"))
        await session.flush()
        environment, connection = (
            self.rows[kind, number] for kind in ("environment", "connection")
        )
        session.add(
            organizations.Organization(
                id=place, name="o", owner=owner, metadata_={}, domain=f"{number}.example"
            )
        )
        session.add(teams.Team(id=self.rows["team", number], name="t", owner=owner, metadata_={}))
        session.add(
            connections.Connection(
                id=connection, name="c", type="t", sub_type="s", kind="k",
                status="connected", user_id=owner, metadata_={},
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            environments.Environment(
                id=environment, name="e", organization_id=place, owner=owner, metadata_={}
            )
        )
        await session.flush()
        session.add(
            environments.EnvironmentConnection(environment_id=environment, connection_id=connection)
        )


def _user(row_id: UUID, name: str) -> users.User:
    return users.User(
        id=row_id, user_id=name, email=name, provider="", first_name=name, last_name=""
    )


def pairs(first: int, second: int) -> st.SearchStrategy[Pairs]:
    return st.frozensets(
        st.tuples(st.integers(0, first - 1), st.integers(0, second - 1)), max_size=8
    )


scenes = st.builds(
    Scene,
    members=pairs(PEOPLE, PLACES),
    links=pairs(PLACES, PLACES),
    seats=pairs(PEOPLE, PLACES),
    keys=st.frozensets(st.tuples(st.integers(0, PLACES - 1), st.sampled_from(sorted(OPENED))))
    | st.just(frozenset((place, kind) for place in range(PLACES) for kind in OPENED)),
)
paths = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("databases", "examples"), [("sqlite", 25), ("postgresql", 8)], indirect=["databases"]
)
def test_nothing_foreign_appears_or_matters(
    databases: Databases, examples: int, tmp_path: Path
) -> None:
    """Only rows of one's own, and the same answers as if nothing were known of other places."""
    vault = Vault.from_file(tmp_path / "keys")

    @settings(max_examples=examples, deadline=None)
    @given(scene=scenes, person=st.integers(0, PEOPLE - 1), path=paths)
    def check(scene: Scene, person: int, path: list[str]) -> None:
        whole, near = (
            _answers(databases, vault, each, person, path) for each in (scene, scene.near(person))
        )
        for query, data in whole.items():
            assert ids(data) <= scene.allowed(person), query
            assert all(total == items for total, items in totals(data)), query
            assert unordered(data) == unordered(near[query]), query

    check()


def _answers(
    databases: Databases, vault: Vault, scene: Scene, person: int, path: list[str]
) -> dict[str, Any]:
    """The data of each query, in a database of its own."""
    with databases() as url:
        return asyncio.run(_ask(url, vault, scene, person, path))


async def _ask(
    url: str, vault: Vault, scene: Scene, person: int, path: list[str]
) -> dict[str, Any]:
    """The data of each query; null where a key is lacking."""
    store = Store.open(url)
    try:
        await store.write(scene.build)
        answers = {}
        for query in scene.queries(path):
            context = Context(store, vault, scene.viewer(person))
            result = await schema.execute(query, context_value=context)
            await context.close()
            codes = {(each.extensions or {}).get("code") for each in result.errors or ()}
            assert codes <= {"FORBIDDEN"}, result.errors
            answers[query] = result.data
        return answers
    finally:
        await store.close()
