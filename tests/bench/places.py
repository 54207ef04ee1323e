"""Where the benchmark runs: databases that hold the data set, and which process has which core."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from app.settings import Settings
from tests import stores
from tests.bench.dataset import Dataset
from tests.bench.loading import load, plain
from tests.bench.servers import Place
from tests.bench.workloads import MADE

DELETE_MADE = f"DELETE FROM connections WHERE name LIKE '{MADE}%'"


def share_cores() -> tuple[int, ...]:
    """The core for servers; this process, and all it starts later, keeps to the others.

    With one core there is nothing to share out: all is empty. With two, PostgreSQL and wrk
    have one core together and the server has the other.
    """
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        return ()
    os.sched_setaffinity(0, others)
    return (first,)


@contextmanager
def postgresql(folder: Path, dataset: Dataset, url: str | None) -> Iterator[Place]:
    """A PostgreSQL database with the data set: the given empty one, or a server of one's own."""
    if url is not None:
        yield filled(Place(url, folder), dataset)
        return
    with stores.postgresql() as server, server.database() as own:
        yield filled(Place(own, folder), dataset)


def sqlite(folder: Path, dataset: Dataset) -> Place:
    """A SQLite file with the data set, made once: one that is there already is used again."""
    path = folder / f"bench-{dataset.scale:g}.db"
    place = Place(f"sqlite+aiosqlite:///{path}", folder)
    if path.exists():
        return place
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    filled(replace(place, database_url=f"sqlite+aiosqlite:///{draft}"), dataset)
    draft.rename(path)
    return place


def filled(place: Place, dataset: Dataset) -> Place:
    """The place, once its empty database has been filled."""
    environ = {
        "MESHGRAPH_DATA_DIR": str(place.folder),
        "MESHGRAPH_DATABASE_URL": place.database_url,
    }
    settings = Settings.from_environ(environ)
    load(settings, dataset)
    return replace(place, database_url=settings.database_url)


def delete_made(place: Place) -> None:
    """Delete what W5 has made, so that the data set is what it was."""
    url = make_url(place.database_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", timeout=30)) as connection:
            connection.execute(DELETE_MADE)
            connection.commit()
        return

    async def delete() -> None:
        connection = await asyncpg.connect(plain(place.database_url))
        try:
            await connection.execute(DELETE_MADE, timeout=600)
            await connection.execute("VACUUM ANALYZE connections", timeout=600)
        finally:
            await connection.close()

    asyncio.run(delete())
