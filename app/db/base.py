"""The declarative base, the column types both engines agree on, and soft delete."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    Dialect,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): unique across tables, growing within this process."""
    return uuid7()


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes; SQLite, which stores no offset, gets and gives them as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """One call a value on PostgreSQL, whose driver gives moments: a page has hundreds."""
        return (
            _aware if dialect.name == "postgresql" else super().result_processor(dialect, coltype)
        )

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        return _aware(value)


def _aware(value: datetime | None) -> datetime | None:
    """SQLite stores no offset, and PostgreSQL's moments before and after all others have none."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


#: Text that sorts by code point on PostgreSQL as it does on SQLite, so that pages agree.
Sorted = Text().with_variant(Text(collation="C"), "postgresql")

#: Free-form JSON; a Python `None` is SQL NULL, never the JSON text `null`.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Table(DeclarativeBase):
    """Every stored row: a UUIDv7 key made by the application, timestamps, soft delete."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Sorted,
        datetime: UtcDateTime(),
        UUID: Uuid(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(default=now, sort_order=100)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now, sort_order=101)
    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=102)


class Versioned:
    """A row that counts its changes, from 1.

    A change that was made of an older version than the stored one is `StaleDataError`: nothing is
    written over unseen. The database knows the default as well, for servers of an older release.
    """

    version: Mapped[int] = mapped_column(default=1, server_default=text("1"), sort_order=103)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy calls it with the class
        return {"version_id_col": cls.version}


def live(table: type[Table]) -> ColumnElement[bool]:
    """The one criterion of soft delete: the row has not been deleted."""
    return table.deleted_at.is_(None)
