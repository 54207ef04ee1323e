"""A migrated, empty database on each engine, and a store on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.db.engine import Store
from tests import stores


@pytest.fixture(scope="session")
def postgresql() -> Iterator[stores.PostgreSQL]:
    with stores.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stores.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database, on each engine in turn."""
    if request.param == "sqlite":
        yield stores.sqlite_copy(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    server: stores.PostgreSQL = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store.open(database_url)
    yield opened
    await opened.close()
