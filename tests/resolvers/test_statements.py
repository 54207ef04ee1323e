"""How many statements an operation takes does not depend on how many rows there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.engine import Store
from app.db.tables import organizations, teams, users
from app.permissions import Permission
from app.vault import Vault
from resolvers.context import Context
from resolvers.grants import load_viewer
from schema import schema

NESTED = """
{ organizations(pageSize: 100) { totalCount items { name
    teams(pageSize: 5) { totalCount pageInfo { hasNextPage } items { name
      users(pageSize: 5) { totalCount items { email roleNames } } } } } } }
"""


async def grow(store: Store, number: int) -> None:
    """That many organizations of the same three people, with three teams each."""

    async def work(session: AsyncSession) -> None:
        people = [
            users.User(
                user_id=name, provider="", email=name, first_name=name, last_name="", username=name
            )
            for name in ("ann", "bob", "cid")
        ]
        session.add_all(people)
        await session.flush()
        for index in range(number):
            organization = organizations.Organization(
                name=str(index), owner=people[0].id, metadata_={}
            )
            made = [teams.Team(name=str(n), owner=people[0].id, metadata_={}) for n in range(3)]
            session.add_all([organization, *made])
            await session.flush()
            for person in people:
                session.add(
                    organizations.OrganizationUser(
                        organization_id=organization.id, user_id=person.id
                    )
                )
            for team in made:
                session.add(teams.TeamOrganization(org_id=organization.id, team_id=team.id))
                session.add_all(teams.TeamUser(team_id=team.id, user_id=p.id) for p in people)
            await session.flush()

    await store.write(work, timeout=60)


async def statements(store: Store, tmp_path: Path) -> tuple[int, Any]:
    """How many statements the nested query takes, and its data."""
    async with store.reading() as session:
        ann = (
            await session.execute(select(users.User.id).where(users.User.user_id == "ann"))
        ).one()
        viewer = await load_viewer(session, ann[0])
    viewer = type(viewer)(viewer.user_id, dict.fromkeys(viewer.grants, EVERY_KEY))
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731 - one line is all it is
    event.listen(store.reader.sync_engine, "before_cursor_execute", listener)
    context = Context(store, Vault.from_file(tmp_path / "keys"), viewer)
    result = await schema.execute(NESTED, context_value=context)
    await context.close()
    event.remove(store.reader.sync_engine, "before_cursor_execute", listener)
    assert result.errors is None
    return len([each for each in seen if "FROM" in each]), result.data


EVERY_KEY = frozenset(UUID(each) for each in Permission)


@pytest.mark.parametrize("number", [3, 60])
async def test_a_nested_query_takes_seven_statements(
    store: Store, tmp_path: Path, number: int
) -> None:
    await grow(store, number)
    count, data = await statements(store, tmp_path)
    assert data["organizations"]["totalCount"] == number
    first = data["organizations"]["items"][0]["teams"]
    assert (first["totalCount"], len(first["items"][0]["users"]["items"])) == (3, 3)
    assert count == 7, count
