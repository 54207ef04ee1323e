"""The data set into a migrated, empty database: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import make_url, select

from app import preparing
from app.db.base import Table
from app.db.engine import Store
from app.db.keys import Role
from app.settings import Settings
from tests.bench.dataset import Dataset, Row

VIEWER_ROLE = "organization admin"


def load(settings: Settings, dataset: Dataset) -> None:
    """Migrate the database of the settings and fill it: permission keys first, then the rows."""
    url = settings.database_url
    preparing.migrate(url)
    preparing.seed(settings, demo=False)
    role = asyncio.run(_role(url))
    if make_url(url).get_backend_name() == "sqlite":
        _load_sqlite(make_url(url).database or "", dataset, role)
    else:
        asyncio.run(_load_postgresql(plain(url), dataset, role))


def plain(url: str) -> str:
    """The URL as asyncpg itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


async def _role(url: str) -> UUID:
    store = Store.open(url)
    try:
        async with store.reading() as session:
            statement = select(Role.id).where(Role.role_name == VIEWER_ROLE)
            return (await session.execute(statement)).scalar_one()
    finally:
        await store.close()


async def _load_postgresql(url: str, dataset: Dataset, role: UUID) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, rows in dataset.tables(role):
            name, columns = _columns(table)
            await connection.copy_records_to_table(
                name, records=rows(), columns=columns, timeout=3600
            )
        await connection.execute("VACUUM ANALYZE", timeout=3600)
    finally:
        await connection.close()


def _columns(table: type[Table]) -> tuple[str, list[str]]:
    columns = table.__table__.columns
    given = [column.name for column in columns if column.server_default is None]
    return str(table.__table__.name), given  # type: ignore[attr-defined]


def _load_sqlite(path: str, dataset: Dataset, role: UUID) -> None:
    """Indexes are made again afterwards, which is much faster than keeping them up to date."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        names = [_columns(table)[0] for table, _ in dataset.tables(role)]
        marks = ", ".join("?" * len(names))
        indexes = connection.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            f"AND tbl_name IN ({marks})",
            names,
        ).fetchall()
        connection.execute("BEGIN")
        for index, _ in indexes:
            connection.execute(f"DROP INDEX {index}")
        for table, rows in dataset.tables(role):
            name, columns = _columns(table)
            listed, values = ", ".join(columns), ", ".join("?" * len(columns))
            connection.executemany(
                f"INSERT INTO {name} ({listed}) VALUES ({values})", _stored(rows())
            )
        for _, sql in indexes:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


def _stored(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with ids and times as SQLAlchemy stores them on SQLite."""
    for row in rows:
        yield tuple(
            value.hex
            if isinstance(value, UUID)
            else value.strftime("%Y-%m-%d %H:%M:%S.%f")
            if isinstance(value, datetime)
            else value
            for value in row
        )
