"""Where a gate is measured: a database with demo data, and a server on it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.demo import demo_id
from tests.serving import HOST, ROOT, free_port, serving, token
from tests.stores import PostgreSQL, postgresql


@dataclass(frozen=True)
class Place:
    """A database with demo data, and the data directory of servers on it."""

    url: str
    folder: Path

    @property
    def token(self) -> str:
        """A token of the user who may do anything."""
        return token(self.folder, str(demo_id("user", "admin")))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of one's own to PostgreSQL."""
        return await asyncpg.connect(self.url.replace("postgresql+asyncpg", "postgresql"))


@dataclass(frozen=True)
class Served:
    """A place with a server on it."""

    place: Place
    process: subprocess.Popen[bytes]
    port: int

    @property
    def base(self) -> str:
        return f"http://{HOST}:{self.port}"

    def descriptors(self) -> int:
        """How many files and sockets the process has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def sockets(self) -> int:
        """How many of them are sockets."""
        found = 0
        for each in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found += str(each.readlink()).startswith("socket:")
        return found

    def processor(self) -> float:
        """Seconds that the process has had of a processor."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes that the process has in memory, at most until now."""
        return figure(self.process.pid, "VmHWM") * 1024

    def threads(self) -> int:
        return figure(self.process.pid, "Threads")


def figure(process: int, name: str) -> int:
    """What the system says of a process (proc_pid_status(5))."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@contextmanager
def on_sqlite(folder: Path | None = None) -> Iterator[Place]:
    """A file with demo data, in a folder of its own or in the one that is given."""
    with tempfile.TemporaryDirectory() as made:
        data = folder or Path(made)
        yield seeded(Place(f"sqlite+aiosqlite:///{data}/meshgraph.db", data))


@contextmanager
def on_postgresql(folder: Path | None = None) -> Iterator[tuple[Place, PostgreSQL]]:
    """A database with demo data, on a server of its own, whose data may have a folder given."""
    with (
        postgresql(folder) as server,
        server.database() as url,
        tempfile.TemporaryDirectory() as data,
    ):
        yield seeded(Place(url, Path(data))), server


@contextmanager
def served(place: Place, port: int | None = None, /, **settings: object) -> Iterator[Served]:
    """A server that is ready; `settings` are named as their variables, without the prefix.

    Without a port it has a free one.
    """
    port = port or free_port()
    variables = {f"MESHGRAPH_{name}": str(value) for name, value in settings.items()}
    variables.setdefault("MESHGRAPH_LOG_REQUESTS", "none")
    with serving(place.url, place.folder, port, **variables) as process:
        yield Served(place, process, port)


@asynccontextmanager
async def served_beside(
    place: Place, port: int | None = None, /, **settings: object
) -> AsyncIterator[Served]:
    """The same, while the event loop goes on with its own."""
    begun = served(place, port, **settings)
    server = await asyncio.to_thread(begun.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(begun.__exit__, None, None, None)


def seeded(place: Place) -> Place:
    """The place, once there is demo data in its database."""
    environ = {"MESHGRAPH_DATABASE_URL": place.url, "MESHGRAPH_DATA_DIR": str(place.folder)}
    for arguments in (["migrate"], ["seed", "--demo"]):
        subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env={**os.environ, **environ},
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return place


#: Statements of others on this database that are under way.
ACTIVE = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND state = 'active'"""
CONNECTED = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""

#: The first is compiled, the second interpreted: they have different connections.
QUESTIONS = (
    "{ connections { items { id } } }",
    "{ connections { items { id } } viewer { user { roleNames } } }",
)
LOCK = "LOCK TABLE connections IN ACCESS EXCLUSIVE MODE"
