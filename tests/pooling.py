"""PgBouncer between the service and PostgreSQL, in transaction mode, and what is left behind it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import asyncpg
from sqlalchemy import make_url

from tests.serving import HOST, free_port
from tests.stores import PostgreSQL

#: Debian installs it where only root looks.
EXECUTABLE = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MISSING = "There is no pgbouncer on this machine (Debian: apt-get install pgbouncer)."

#: It is to be hard: more sessions than one, so that the next transaction has another, and nothing
#: that forgives what sessions were told. Each database has a pool of its own.
SETTINGS = """
[databases]
* = host={folder} port={port} user={user}
[pgbouncer]
listen_addr = {host}
listen_port = {listening}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 500
server_round_robin = 1
server_idle_timeout = 0
server_login_retry = 1
"""
SIZE = 5

#: What a session keeps beyond its transactions. PgBouncer itself sets what clients begin with.
KEPT = """
SELECT pg_backend_pid() AS session, found.what FROM (
    SELECT 'prepared statement: ' || statement AS what FROM pg_prepared_statements
    UNION ALL SELECT 'channel: ' || pg_listening_channels()
    UNION ALL SELECT 'advisory lock' FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_backend_pid()
    UNION ALL SELECT 'setting: ' || name FROM pg_settings WHERE source = 'session' AND name NOT IN
        ('application_name', 'client_encoding', 'DateStyle', 'TimeZone',
         'standard_conforming_strings')
    UNION ALL SELECT 'temporary table: ' || relname FROM pg_class
        WHERE relpersistence = 't' AND relnamespace = pg_my_temp_schema()
    UNION ALL SELECT ''
) AS found
"""


class Left(NamedTuple):
    """The sessions of PostgreSQL that were looked at, and what they kept."""

    sessions: int
    kept: frozenset[str]


@dataclass(frozen=True)
class Pooler:
    """A running PgBouncer before a server."""

    server: PostgreSQL
    port: int

    def address(self, database: str) -> str:
        """Of a database, as drivers take it that know of no pooler."""
        return f"postgresql://postgres@{HOST}:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL, through the pooler, of a migrated database of one's own.

        Fails at the end if its sessions kept anything.
        """
        with self.server.database() as url:
            name = str(make_url(url).database)
            yield f"{self.address(name)}?pooler=transaction".replace("://", "+asyncpg://", 1)
            left = asyncio.run(self.left(name))
        assert left.kept == frozenset(), left

    async def left(self, database: str) -> Left:
        """What the sessions keep that the pooler has for a database; all of them are looked at."""
        url = self.address(database)
        looking = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(SIZE)]
        try:
            for each in looking:  # which stay in their transactions, so that each has a session
                await each.execute("BEGIN")
            found = [row for each in looking for row in await each.fetch(KEPT)]
        finally:
            for each in looking:
                await each.close()
        sessions = {row["session"] for row in found}
        return Left(len(sessions), frozenset(row["what"] for row in found) - {""})


@contextmanager
def pgbouncer(server: PostgreSQL) -> Iterator[Pooler]:
    """A PgBouncer of its own before the server, ended afterwards."""
    assert EXECUTABLE is not None, MISSING
    made = Pooler(server, free_port())
    url = make_url(server.uri)
    user = server.server.system_user  # it does not run as root
    with tempfile.TemporaryDirectory(prefix="meshgraph-pooler-") as folder:
        file = Path(folder) / "pgbouncer.ini"
        given = {"folder": url.query["host"], "port": url.port or 5432, "user": url.username}
        file.write_text(SETTINGS.format(**given, host=HOST, listening=made.port, size=SIZE))
        Path(folder).chmod(0o755)
        with (
            (Path(folder) / "log").open("wb") as log,
            subprocess.Popen([EXECUTABLE, file], user=user, stdout=log, stderr=log) as process,
        ):
            try:
                asyncio.run(_wait(process, made))
                yield made
            finally:
                process.kill()


async def _wait(process: subprocess.Popen[bytes], pooler: Pooler) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, "pgbouncer has ended"
        try:
            _, writer = await asyncio.open_connection(HOST, pooler.port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError("pgbouncer did not start")
