"""A migrated, empty database on each engine, and a store on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from app.db.engine import Store
from tests import pooling, stores
from tests.service import DOORS, Service, opened

#: Of the fixtures here, those that are on PostgreSQL whatever a test's parameters.
_ON_POSTGRESQL = frozenset({"postgresql", "postgres_databases"})


@pytest.fixture(scope="session")
def postgresql() -> Iterator[stores.PostgreSQL]:
    with stores.postgresql() as server:
        yield server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pooler", action="store_true", help="reach PostgreSQL through PgBouncer (transactions)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-k postgresql` finds those as well that know no other engine."""
    for each in items:
        if not _ON_POSTGRESQL.isdisjoint(getattr(each, "fixturenames", ())):
            each.extra_keyword_matches.add("postgresql")


@pytest.fixture(scope="session")
def pooler(postgresql: stores.PostgreSQL) -> Iterator[pooling.Pooler]:
    """PgBouncer before the server."""
    if pooling.EXECUTABLE is None:
        pytest.skip(pooling.MISSING)
    with pooling.pgbouncer(postgresql) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_databases(request: pytest.FixtureRequest) -> stores.Databases:
    """Gives the URL of a migrated database on PostgreSQL at each call."""
    if request.config.getoption("--pooler"):
        made: pooling.Pooler = request.getfixturevalue("pooler")
        return made.database
    server: stores.PostgreSQL = request.getfixturevalue("postgresql")
    return server.database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stores.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def postgres_url(postgres_databases: stores.Databases) -> Iterator[str]:
    """The URL of a migrated database on PostgreSQL."""
    with postgres_databases() as url:
        yield url


@pytest.fixture
def direct_url(postgresql: stores.PostgreSQL) -> Iterator[str]:
    """The URL of a migrated database at its server itself, for what a pooler has no part in."""
    with postgresql.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> stores.Databases:
    """Gives the URL of a migrated database at each call, on each engine in turn."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        return lambda: nullcontext(stores.sqlite_copy(template, tmp_path))
    made: stores.Databases = request.getfixturevalue("postgres_databases")
    return made


@pytest.fixture
def database_url(databases: stores.Databases) -> Iterator[str]:
    """The URL of a migrated database, on each engine in turn."""
    with databases() as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture(params=DOORS)
async def service(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> AsyncIterator[Service]:
    """The service through each of its doors, on each engine."""
    async with opened(request.param, database_url, tmp_path) as service:
        yield service
