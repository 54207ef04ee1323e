"""Alembic, run by the program itself: there is no ini file."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from app.db.connecting import engine_of
from app.db.engine_events import prepare
from app.db.holding import sqlite_held

FOLDER = Path(__file__).parent

#: The advisory lock of PostgreSQL under which servers that start together upgrade in turn.
LOCK = 0x6D657368
TURN = threading.Lock()


def upgrade(url: str) -> None:
    """Bring the database to the newest revision. Run where no event loop is running."""

    def run(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        command.upgrade(_config(connection), "head")

    # Alembic keeps its context in a module, so that threads have to take turns as well.
    with TURN, sqlite_held(url):
        asyncio.run(_with_connection(url, run))


def pending(url: str) -> list[str]:
    """The revisions that the database lacks, oldest first."""

    def run(connection: Connection) -> list[str]:
        script = ScriptDirectory.from_config(_config(connection))
        current = MigrationContext.configure(connection).get_current_revision()
        missing = script.iterate_revisions("head", current or "base")
        return [revision.revision for revision in missing][::-1]

    parsed = make_url(url)
    # To look is not to make: a file that is missing lacks what an empty database lacks.
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        url = "sqlite+aiosqlite://"
    revisions: list[str] = asyncio.run(_with_connection(url, run))
    return revisions


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


async def _with_connection(url: str, run: Any) -> Any:
    engine = engine_of(url)
    if engine.dialect.name == "sqlite":
        prepare(engine, {}, "BEGIN IMMEDIATE")
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(run)
    finally:
        await engine.dispose()
