"""The revisions make exactly the tables that are declared."""

from __future__ import annotations

import asyncio
import re
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from app.db.connecting import engine_of
from app.db.engine import Store
from app.db.holding import StoreInUse
from app.db.migrations import pending, upgrade
from app.db.tables import Table
from tests.stores import PostgreSQL, sqlite_copy

#: What each engine says of its tables, but for Alembic's own.
CATALOGUES = {
    "sqlite": "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '%alembic_version%'",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name,
               concat_ws(' ', ordinal_position, udt_name, is_nullable, collation_name)
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version'
        UNION ALL
        SELECT 'index', indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        UNION ALL
        SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
          AND conrelid::regclass::text <> 'alembic_version'
    """,
}


@pytest.fixture
def empty_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database in which there is nothing, on the engine of `database_url`."""
    if database_url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = f"empty_{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


def test_nothing_is_pending_after_an_upgrade(empty_url: str) -> None:
    assert pending(empty_url)[0] == "0001"
    upgrade(empty_url)
    assert pending(empty_url) == []


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database_url: str) -> None:
    before = on(database_url, catalogue)
    upgrade(database_url)
    assert on(database_url, catalogue) == before


def test_alembic_finds_no_difference(database_url: str) -> None:
    assert on(database_url, differences) == []


def test_every_column_index_and_constraint_is_as_declared(
    database_url: str, empty_url: str
) -> None:
    """Alembic compares neither CHECKs nor, on SQLite, indexes on expressions."""
    on(empty_url, Table.metadata.create_all)
    assert on(database_url, catalogue) == on(empty_url, catalogue)


def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="power"):  # noqa: PT012
        patch.setattr("alembic.op.create_index", fail)
        upgrade(empty_url)
    assert pending(empty_url)[0] == "0001"
    upgrade(empty_url)
    assert pending(empty_url) == []


def test_upgrades_at_once_take_turns(postgresql: PostgreSQL) -> None:
    """As when several servers start. They are processes: Alembic keeps its context globally."""
    name = f"empty_{uuid4().hex}"
    postgresql.execute(f"CREATE DATABASE {name}")
    program = "import sys; from app.db.migrations import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, postgresql.url(name)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert pending(postgresql.url(name)) == []


def test_a_file_in_use_is_not_upgraded(sqlite_template: Path, tmp_path: Path) -> None:
    url = sqlite_copy(sqlite_template, tmp_path)
    store = Store.open(url)
    with pytest.raises(StoreInUse):
        upgrade(url)
    assert pending(url) == []
    asyncio.run(store.close())
    upgrade(url)


def test_a_new_file_is_for_its_owner_only_and_a_look_does_not_make_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "new.db"
    url = f"sqlite+aiosqlite:///{file}"
    assert pending(url)[0] == "0001"
    assert not file.exists()
    upgrade(url)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def catalogue(connection: Connection) -> list[tuple[str, ...]]:
    rows = connection.exec_driver_sql(CATALOGUES[connection.dialect.name])
    return sorted((kind, name, *clauses(text or "")) for kind, name, text in rows)


def clauses(sql: str) -> list[str]:
    """The clauses of a definition in any order, which has no meaning, nor have quotes.

    SQLite keeps the texts of statements: a table that was made anew by a migration is in quotes,
    and a column that was added comes after the constraints.
    """
    plain = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    if not plain.startswith("CREATE TABLE"):
        return [plain]
    name, _, inside = plain.partition("(")
    return [name, *sorted(separated(inside.rpartition(")")[0]))]


def separated(text: str) -> Iterator[str]:
    """What is between the commas that are in no parentheses."""
    depth, begun = 0, 0
    for place, character in enumerate(f"{text},"):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[begun:place].strip()
            begun = place + 1


def differences(connection: Connection) -> list[Any]:
    with warnings.catch_warnings():  # SQLite's reflection skips indexes on expressions
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, Table.metadata))


def on(url: str, work: Any) -> Any:
    """Do something with a connection to a database."""

    async def run() -> Any:
        engine = engine_of(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(run())
