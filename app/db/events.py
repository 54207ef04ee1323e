"""Events: what happened, to what, by whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from app.db.base import Table

SEVERITIES = (
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "informational",
    "debug",
    "success",
)
STATUSES = ("read", "unread")

#: What every event of this service says it comes from.
SYSTEM_ID = UUID("9d0f6d7c-3f0b-5a55-8a0e-6d6573686772")


class next_position(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """The place of a new event in the order in which events are committed.

    On PostgreSQL it is the id of the transaction (`pg_current_xact_id`), which grows from one to
    the next that began to write after it was committed. Those that overlap are in either order,
    and none of them is settled before both are: see `settled_before`. SQLite's one writer counts.
    """

    type = BigInteger()
    inherit_cache = True


class settled_before(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """No event will ever be added at a lower position than this one."""

    type = BigInteger()
    inherit_cache = True


@compiles(next_position, "postgresql")
def _(_element: next_position, _compiler: Any, **_: Any) -> str:
    return "pg_current_xact_id()::text::bigint"


@compiles(next_position, "sqlite")
def _(_element: next_position, _compiler: Any, **_: Any) -> str:
    return "(SELECT coalesce(max(position), 0) + 1 FROM events)"


@compiles(settled_before, "postgresql")
def _(_element: settled_before, _compiler: Any, **_: Any) -> str:
    return "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@compiles(settled_before, "sqlite")
def _(_element: settled_before, _compiler: Any, **_: Any) -> str:
    return str(2**63 - 1)


class Event(Table):
    """`acted_upon` is the id of anything; `operation_id` is shared by the events of one command.

    `organization_id` is where it happened, if it happened in one. An event that its owner deleted
    is still in what is told of its organization. Read in order, events are by `(position, id)`.
    """

    __tablename__ = "events"

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    system_id: Mapped[UUID]
    category: Mapped[str]
    action: Mapped[str]
    severity: Mapped[str]
    status: Mapped[str] = mapped_column(default="unread")
    acted_upon: Mapped[UUID | None]
    operation_id: Mapped[UUID | None]
    description: Mapped[str]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    organization_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organizations.id"), sort_order=103
    )
    position: Mapped[int] = mapped_column(BigInteger, default=next_position(), sort_order=104)

    __table_args__ = (
        CheckConstraint(f"severity IN {SEVERITIES}", name="severity"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
    )


Index("ix_events_user_id_created_at", Event.user_id, Event.created_at, Event.id)
Index("ix_events_user_id_position", Event.user_id, Event.position, Event.id)
Index("ix_events_position", Event.position, Event.id)
for _column in (Event.operation_id, Event.organization_id):  # which most events have not
    Index(
        f"ix_events_{_column.key}",
        _column,
        Event.position,
        Event.id,
        postgresql_where=_column.is_not(None),
        sqlite_where=_column.is_not(None),
    )


async def put_restored_first(session: AsyncSession) -> None:
    """Move events that were restored from another PostgreSQL before all that are to come.

    The ids of transactions begin anew in another cluster: what was told before would have places
    that are yet to be reached. Their own order stays.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    reached = cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger)
    last, following = (await session.execute(select(func.max(Event.position), reached))).one()
    if last is not None and last >= following:
        moved = {"position": Event.position - last, "updated_at": Event.updated_at}
        await session.execute(update(Event).values(moved))
