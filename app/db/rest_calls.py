"""Who still calls which REST endpoint: one row for each endpoint, caller and kind of client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ForeignKey, Index, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Table, now

#: Rows that the ledger has at most. Beyond that go those of nobody known, the oldest first.
MOST_ROWS = 50_000
#: What a count stops at: the largest number that GraphQL's `Int` carries.
MOST_CALLS = 2**31 - 1

_NAMESPACE = UUID("6b1ad5b8-1f0e-5d57-9a53-1f1f2e8f60c7")


class RestCall(Table):
    """How often a caller called an endpoint, and when last.

    `endpoint` is the name of its operation; `user_id` is NULL for calls without a valid token;
    `client` is the product that the calls said they come from. The id is made of the three, so
    that processes which know nothing of each other add to the same row.
    """

    __tablename__ = "rest_calls"

    endpoint: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    client: Mapped[str]
    calls: Mapped[int]
    errors: Mapped[int]
    last_used_at: Mapped[datetime]


Index("ix_rest_calls_last_used_at", RestCall.last_used_at, RestCall.id)
Index("ix_rest_calls_updated_at", RestCall.updated_at, RestCall.id)
Index("ix_rest_calls_endpoint", RestCall.endpoint)


@dataclass(frozen=True)
class Tally:
    """Calls to be added; `errors` of them were answered with a status of 400 or more."""

    endpoint: str
    user_id: UUID | None
    client: str
    calls: int
    errors: int
    last_used_at: datetime

    @property
    def id(self) -> UUID:
        return uuid5(_NAMESPACE, f"{self.endpoint} {self.user_id or ''} {self.client}")


def _upsert(insert: Any) -> Any:
    """Insert rows, or add to those that are there; of two moments the later one stays."""
    statement = insert(RestCall)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[RestCall.id],
        set_={
            "calls": _sum(RestCall.calls, new.calls),
            "errors": _sum(RestCall.errors, new.errors),
            "last_used_at": case(
                (RestCall.last_used_at > new.last_used_at, RestCall.last_used_at),
                else_=new.last_used_at,
            ),
            "updated_at": new.updated_at,
        },
    )


def _sum(stored: Any, added: Any) -> Any:
    """Without going past the largest number."""
    return case((stored > MOST_CALLS - added, MOST_CALLS), else_=stored + added)


_UPSERTS = {
    "postgresql": _upsert(postgresql.insert),
    "sqlite": _upsert(sqlite.insert),
}


async def add(session: AsyncSession, dialect: str, tallies: Iterable[Tally]) -> None:
    """Add the calls with one statement, in the order of the ids: two that do cannot deadlock."""
    moment = now()
    rows = [
        {**vars(each), "id": each.id, "created_at": moment, "updated_at": moment}
        for each in tallies
    ]
    rows.sort(key=lambda row: row["id"])
    if rows:
        await session.execute(_UPSERTS[dialect], rows)


async def prune(session: AsyncSession, most: int = MOST_ROWS) -> None:
    """Delete what is beyond that many rows: first those of unknown callers, then the oldest."""
    count = await session.scalar(select(func.count()).select_from(RestCall)) or 0
    if count > most:
        worth = (RestCall.user_id.is_(None).desc(), RestCall.last_used_at, RestCall.id)
        least = select(RestCall.id).order_by(*worth).limit(count - most).scalar_subquery()
        await session.execute(delete(RestCall).where(RestCall.id.in_(least)))
