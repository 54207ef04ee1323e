"""Where a secret could have been left: in a database, in files, in what processes are told."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncpg

from tests.reliability.places import Place
from tests.stores import PostgreSQL

#: What the service keeps its own keys in.
KEYS = frozenset({"jwt.secret", "vault.keys"})

Found = Iterator[tuple[str, bytes]]


def sqlite_dump(place: Place) -> Found:
    """What `sqlite3 .dump` prints."""
    with closing(sqlite3.connect(place.folder / "meshgraph.db")) as connection:
        yield "dump", "\n".join(connection.iterdump()).encode("utf-8", "surrogatepass")


async def postgresql_dump(place: Place) -> Found:
    """Every row of every table as text."""
    connection: asyncpg.Connection[asyncpg.Record] = await place.connect()
    tables = await connection.fetch("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'")
    rows = {name: await connection.fetch(f"SELECT t::text FROM {name} t") for (name,) in tables}
    await connection.close()
    return (
        (f"table {name}", "\n".join(row[0] for row in found).encode())
        for name, found in rows.items()
    )


def postgresql_tool(server: PostgreSQL, place: Place) -> Found:
    """What `pg_dump` prints of it."""
    url = place.url.replace("postgresql+asyncpg", "postgresql")
    command = [str(server.server.bin_path / "pg_dump"), url]
    done = subprocess.run(command, capture_output=True, check=True, user=server.server.system_user)
    yield "pg_dump", done.stdout


def files(folder: Path) -> Found:
    """What is in a folder but for keys: the database, its logs, and whatever else was left."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in KEYS:
            yield f"file {path.relative_to(folder)}", path.read_bytes()


def children(pid: int) -> Found:
    """What the processes were told that a server has started, and those that these have."""
    for child in _below(pid):
        for name in ("environ", "cmdline"):
            yield f"{name} of a child", (Path("/proc") / str(child) / name).read_bytes()


def _below(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield int(child)
            yield from _below(int(child))
