"""The permission catalogue: what a file says a role may do is what the database says."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.catalogue import ROLES, SPELLED, CatalogueError, load_catalogue, read_catalogue
from app.db.base import Table, live
from app.db.engine import Store
from app.db.keys import Key, Keychain, KeychainKey, Role, RoleKeychain
from app.permissions import Permission

SHIPPED = files("app").joinpath("permission_keys.csv").read_text("utf-8")
HEADER = "id,function,category,subcategory,keychain,roles\n"
ONE, TWO = (UUID(int=number) for number in (1, 2))

Holders = Mapping[UUID, frozenset[str]]


def said(csv_text: str) -> Holders:
    """Key id → stored names of the roles that the file names."""
    rows = csv.DictReader(csv_text.splitlines())
    return {
        UUID(row["id"]): frozenset(
            stored for name in row["roles"].split("|") if name for stored in SPELLED[name]
        )
        for row in rows
    }


async def stored(store: Store) -> Holders:
    """Key id → names of the roles that hold it by live keychains."""
    statement = (
        select(Key.id, Role.role_name)
        .outerjoin(KeychainKey, (KeychainKey.key_id == Key.id) & live(KeychainKey))
        .outerjoin(
            RoleKeychain,
            (RoleKeychain.keychain_id == KeychainKey.keychain_id) & live(RoleKeychain),
        )
        .outerjoin(Role, Role.id == RoleKeychain.role_id)
    )
    held: dict[UUID, set[str]] = defaultdict(set)
    async with store.reading() as session:
        for key, role in await session.execute(statement):
            held[key] |= {role} - {None}
    return {key: frozenset(roles) for key, roles in held.items()}


async def load(store: Store, csv_text: str) -> int:
    return await store.write(lambda session: load_catalogue(session, csv_text))


async def counts(store: Store) -> dict[str, int]:
    tables: tuple[type[Table], ...] = (Role, Keychain, Key, RoleKeychain, KeychainKey)
    async with store.reading() as session:
        return {
            table.__tablename__: (
                await session.execute(select(func.count()).select_from(table))
            ).scalar_one()
            for table in tables
        }


async def test_the_shipped_file_has_each_key_that_guards_the_graph() -> None:
    assert {str(entry.id) for entry in read_catalogue(SHIPPED)} == set(Permission)
    assert all(entry.description for entry in read_catalogue(SHIPPED))


async def test_a_role_holds_exactly_the_keys_of_its_rows(store: Store) -> None:
    assert await load(store, SHIPPED) == len(Permission)
    assert await stored(store) == said(SHIPPED)


async def test_who_may_create_a_team(store: Store) -> None:
    await load(store, SHIPPED)
    holders = (await stored(store))[UUID(Permission.CREATE_TEAM)]
    assert holders == {"team admin", "organization admin", "admin"}


async def test_a_workspace_manager_holds_what_a_workspace_admin_holds(store: Store) -> None:
    await load(store, SHIPPED)
    holders = (await stored(store)).values()
    assert any("workspace admin" in roles for roles in holders)
    assert all(("workspace admin" in roles) == ("workspace manager" in roles) for roles in holders)


async def test_every_role_is_stored_even_without_keys(store: Store) -> None:
    await load(store, HEADER)
    async with store.reading() as session:
        rows = (await session.execute(select(Role.role_name, Role.description))).all()
    assert {row.role_name: row.description for row in rows} == ROLES


async def test_loading_again_adds_and_changes_nothing(store: Store) -> None:
    await load(store, SHIPPED)
    before, when = await counts(store), await last_change(store)
    await load(store, SHIPPED)
    assert await counts(store) == before
    assert await last_change(store) == when


async def last_change(store: Store) -> object:
    async with store.reading() as session:
        return (await session.execute(select(func.max(Key.updated_at)))).scalar_one()


async def test_a_key_moves_to_the_roles_of_a_newer_file(store: Store) -> None:
    await load(store, f"{HEADER}{ONE},Fly,Air,Wings,Birds,User|Org Admin\n")
    await load(store, f"{HEADER}{ONE},Fly,Air,Wings,Birds,Org Admin\n")
    assert await stored(store) == {ONE: {"organization admin"}}


async def test_keys_that_a_newer_file_leaves_out_stay(store: Store) -> None:
    await load(store, f"{HEADER}{ONE},Fly,Air,Wings,Birds,User\n")
    await load(store, f"{HEADER}{TWO},Swim,Sea,Fins,Fish,User\n")
    assert await stored(store) == {ONE: {"user"}, TWO: {"user"}}


async def test_a_file_without_descriptions_keeps_those_that_are_stored(store: Store) -> None:
    described = HEADER.replace("roles", "roles,description")
    await load(store, f"{described}{ONE},Fly,Air,Wings,Birds,User,Up and away.\n")
    await load(store, f"{HEADER}{ONE},Soar,Air,Wings,Birds,User\n")
    async with store.reading() as session:
        row = (await session.execute(select(Key.function, Key.description))).one()
    assert tuple(row) == ("Soar", "Up and away.")


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        pytest.param([("Birds", "User"), ("Birds", "User")], {"Birds (user)"}, id="shared"),
        pytest.param(
            [("Birds", "User"), ("Birds", "Org Admin")],
            {"Birds (user)", "Birds (organization admin)"},
            id="one per set of roles",
        ),
        pytest.param([("birds", "User"), ("Birds", "User")], {"Birds (user)"}, id="case folded"),
        pytest.param([("", "User")], {"Air (user)"}, id="the category for want of a name"),
        pytest.param([("Birds", "")], {"Birds (no role)"}, id="nobody's"),
        pytest.param([("Birds", "Anonymous")], {"Birds (no role)"}, id="a role not stored"),
    ],
)
async def test_keychains(store: Store, rows: list[tuple[str, str]], names: set[str]) -> None:
    lines = [
        f"{UUID(int=number)},Fly,Air,Wings,{keychain},{roles}\n"
        for number, (keychain, roles) in enumerate(rows, 1)
    ]
    await load(store, HEADER + "".join(lines))
    async with store.reading() as session:
        assert set(await session.scalars(select(Keychain.name))) == names


@pytest.mark.parametrize(
    ("csv_text", "message"),
    [
        ("", "line 1: no column id, function, category, subcategory, keychain, roles"),
        ("id,function,category\n", "line 1: no column subcategory, keychain, roles"),
        (f"{HEADER}1,Fly,Air,Wings,Birds,User\n", "line 2: '1' is no UUID"),
        (f"{HEADER}{ONE},Fly,Air\n", "line 2: too few columns"),
        (f"{HEADER}{ONE},,Air,Wings,Birds,User\n", "line 2: a key without a function"),
        (
            f"{HEADER}{ONE},Fly,Air,Wings,Birds,User|Pilot\n",
            "line 2: 'Pilot' is no role; there are " + ", ".join(SPELLED),
        ),
        (
            f"{HEADER}{ONE},Fly,Air,Wings,Birds,User\n{ONE},Fly,Air,Wings,Birds,User\n",
            f"line 3: the key {ONE} occurs twice",
        ),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(csv_text: str, message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(csv_text)
    assert str(caught.value) == message


@pytest.fixture
def complete() -> str:
    """The text of the whole catalogue of Meshery, which is not ours to ship."""
    if "MESHGRAPH_TEST_CATALOGUE" not in os.environ:
        pytest.skip("MESHGRAPH_TEST_CATALOGUE names no file")
    return Path(os.environ["MESHGRAPH_TEST_CATALOGUE"]).read_text("utf-8")


async def test_the_complete_catalogue_over_the_shipped_one(store: Store, complete: str) -> None:
    await load(store, SHIPPED)
    assert await load(store, complete) == len(said(complete))
    assert await stored(store) == said(complete)
