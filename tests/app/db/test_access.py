"""The generation of rights advances with every transaction that changes some, and no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.access import DECIDING, current_generation
from app.db.base import Table, new_id, now
from app.db.engine import Store
from app.db.tables import environments, keys, organizations, teams, users
from tests.world import World, build

Change = Callable[[AsyncSession, World], Awaitable[Any]]
OrganizationUser, TeamUser = organizations.OrganizationUser, teams.TeamUser
TeamOrganization, UserRole = teams.TeamOrganization, users.UserRole


async def generation(store: Store) -> int:
    async with store.reading() as session:
        return (await session.execute(select(current_generation()))).scalar_one()


def setting(table: type[Table], row: str | None = None, **values: Any) -> Change:
    """One row, of that name in the world or any, is given new values."""

    async def change(session: AsyncSession, world: World) -> None:
        statement = select(table).order_by(table.id).limit(1)
        if row is not None:
            statement = statement.where(table.id == world.ids[row])
        found = (await session.execute(statement)).scalar_one()
        for name, value in values.items():
            setattr(found, name, value)

    return change


def adding(table: type[Table], **values: Any) -> Change:
    """A new row; values in the world are meant by name, and `roles` by the name of a role."""

    async def change(session: AsyncSession, world: World) -> None:
        role = select(keys.Role.id).where(keys.Role.role_name == values.get("role_id"))
        known: dict[Any, Any] = {**world.ids}
        known[values.get("role_id")] = (await session.execute(role)).scalar()
        named = {k: known.get(v, v) if isinstance(v, str) else v for k, v in values.items()}
        session.add(table(**named))

    return change


def executing(statement: Any) -> Change:
    async def change(session: AsyncSession, _: World) -> None:
        await session.execute(statement)

    return change


async def remove_row(session: AsyncSession, world: World) -> None:
    await session.delete(await session.get(OrganizationUser, world.ids["bob@acme"]))


async def in_a_savepoint(session: AsyncSession, world: World) -> None:
    async with session.begin_nested():
        await setting(TeamUser, deleted_at=now())(session, world)


async def many_at_once(session: AsyncSession, world: World) -> None:
    for name in ("bob@acme", "cid@acme"):
        await setting(OrganizationUser, name, deleted_at=now())(session, world)
        await session.flush()


async def nothing_new(session: AsyncSession, world: World) -> None:
    row = await session.get(users.User, world.ids["bob"])
    assert row is not None
    row.status = "active"
    row.bio = "…"


PERSON = {"provider": "", "first_name": "", "last_name": ""}
CHANGES: dict[str, Change] = {
    **{
        f"the end of a row of {table.__tablename__}": setting(table, deleted_at=now())
        for table in DECIDING
        if table is not UserRole  # the world has none
    },
    "a member leaves": setting(OrganizationUser, "bob@acme", deleted_at=now()),
    "a member loses a role": setting(OrganizationUser, "ann@acme", role_id=None),
    "a member joins": adding(OrganizationUser, organization_id="acme", user_id="ron"),
    "a member is erased": remove_row,
    "a seat in a team": adding(TeamUser, team_id="acme-team", user_id="ann"),
    "a team is linked": adding(TeamOrganization, org_id="rival", team_id="acme-team"),
    "a role everywhere": adding(UserRole, user_id="bob", role_id="admin"),
    "a role is renamed": setting(keys.Role, role_name="other"),
    "a user is switched off": setting(users.User, "bob", status="inactive"),
    "a user has another subject": setting(users.User, "bob", user_id="robert"),
    "an update of many": executing(update(OrganizationUser).values(deleted_at=now())),
    "an update of a table": executing(
        update(Table.metadata.tables["users"]).values(status="inactive")
    ),
    "a delete of many": executing(delete(TeamUser)),
    "an insert of many": executing(
        insert(keys.Keychain).values([{"id": new_id(), "name": "x", "owner": new_id()}])
    ),
    "a statement as text": executing(text("DELETE FROM users_teams_mappings")),
    "a savepoint": in_a_savepoint,
    "several flushes": many_at_once,
}
OTHERS: dict[str, Change] = {
    "nothing": executing(text("SELECT 1")),
    "a new user": adding(users.User, user_id="new", email="new", **PERSON),
    "a new organization": adding(organizations.Organization, name="n", owner="ann", metadata_={}),
    "a name": setting(organizations.Organization, "acme", name="Other"),
    "a visit": setting(users.User, "bob", last_login_time=now()),
    "the same status": nothing_new,
    "a team's description": setting(teams.Team, "acme-team", description="…"),
    "an environment": setting(environments.Environment, "acme-env", deleted_at=now()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_of_rights_advances_once_and_last(store: Store, change: Change) -> None:
    world = await build(store)
    before = await generation(store)
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731 - one line is all it is
    event.listen(store.writer.sync_engine, "before_cursor_execute", listener)
    await store.write(lambda session: change(session, world))
    event.remove(store.writer.sync_engine, "before_cursor_execute", listener)
    assert await generation(store) == before + 1
    assert [index for index, each in enumerate(seen, 1) if "access_gen" in each] == [len(seen)]


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
async def test_another_change_does_not(store: Store, change: Change) -> None:
    world = await build(store)
    before = await generation(store)
    await store.write(lambda session: change(session, world))
    assert await generation(store) == before


async def test_what_is_rolled_back_does_not(store: Store) -> None:
    world = await build(store)
    before = await generation(store)

    async def work(session: AsyncSession) -> None:
        await CHANGES["a member leaves"](session, world)
        await session.flush()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await store.write(work)
    assert await generation(store) == before


async def test_one_hundred_writers_of_memberships_wait_for_each_other_only(store: Store) -> None:
    world = await build(store)
    before = await generation(store)
    seats = [("acme-team", person) for person in ("ann", "cid")] * 50
    failures: list[str] = []
    event.listen(
        store.writer.sync_engine,
        "handle_error",
        lambda context: failures.append(str(context.original_exception)),
    )

    async def sit(team: str, person: str) -> None:
        ids = {"team_id": world.ids[team], "user_id": world.ids[person]}

        async def work(session: AsyncSession) -> None:
            locked = select(users.User).where(users.User.id == ids["user_id"]).with_for_update()
            await session.execute(locked)
            await session.execute(
                update(TeamUser)
                .where(TeamUser.team_id == ids["team_id"], TeamUser.user_id == ids["user_id"])
                .values(deleted_at=now())
            )
            session.add(TeamUser(**ids))

        await store.write(work, timeout=60)

    await asyncio.gather(*(sit(*seat) for seat in seats))
    assert await generation(store) == before + 100
    assert failures == []
