"""Alembic, run by the program itself: there is no ini file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

FOLDER = Path(__file__).parent


def upgrade(url: str) -> None:
    """Bring the database to the newest revision. Run where no event loop is running."""

    def run(connection: Connection) -> None:
        command.upgrade(_config(connection), "head")

    asyncio.run(_with_connection(url, run))


def pending(url: str) -> list[str]:
    """The revisions that the database lacks, oldest first."""

    def run(connection: Connection) -> list[str]:
        script = ScriptDirectory.from_config(_config(connection))
        current = MigrationContext.configure(connection).get_current_revision()
        missing = script.iterate_revisions("head", current or "base")
        return [revision.revision for revision in missing][::-1]

    revisions: list[str] = asyncio.run(_with_connection(url, run))
    return revisions


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


async def _with_connection(url: str, run: Any) -> Any:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(run)
    finally:
        await engine.dispose()
