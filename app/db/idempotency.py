"""The idempotency keys of requests that changed something, with the answers that were given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Table, UtcDateTime

#: `id` is made of the caller, the operation and the key; `sealed` is the request and the answer.
idempotency_keys = sa.Table(
    "idempotency_keys",
    Table.metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False, index=True),
)

INSERT: Mapping[str, Callable[..., Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def kept(key_id: UUID, moment: datetime) -> sa.Select[bytes]:
    """What is sealed in the row of a key that has not expired."""
    known = idempotency_keys.c.id == key_id, idempotency_keys.c.expires_at > moment
    return sa.select(idempotency_keys.c.sealed).where(*known)


async def claim(
    session: AsyncSession, key_id: UUID, moment: datetime, expires_at: datetime
) -> bool:
    """Add the row of a key, or take that of an expired one; False if another transaction has.

    One that is not committed yet is waited for. The row has no answer before `keep`.
    """
    insert = INSERT[session.get_bind().dialect.name](idempotency_keys).values(
        id=key_id, sealed=b"", created_at=moment, expires_at=expires_at
    )
    given = {name: insert.excluded[name] for name in ("sealed", "created_at", "expires_at")}
    statement = insert.on_conflict_do_update(
        index_elements=["id"], set_=given, where=idempotency_keys.c.expires_at <= moment
    )
    found = await session.execute(statement.returning(idempotency_keys.c.id))
    return found.first() is not None


async def keep(session: AsyncSession, key_id: UUID, sealed: bytes) -> None:
    """Add the answer to the row that this transaction has claimed."""
    row = sa.update(idempotency_keys).where(idempotency_keys.c.id == key_id)
    await session.execute(row.values(sealed=sealed))


async def confirm(session: AsyncSession, key_id: UUID) -> None:
    """On PostgreSQL: have the commit of this transaction wait until standbys have the row of a key.

    Where it waits for standbys, others see a commit that nobody has waited for to the end:
    its client gave up, or the server was started anew. To write the row once more, as it is, is to
    wait for all that was written before. Nothing is written where no standby is waited for.
    """
    row = sa.update(idempotency_keys).where(
        idempotency_keys.c.id == key_id,
        sa.func.current_setting("synchronous_standby_names") != "",
    )
    await session.execute(row.values(expires_at=idempotency_keys.c.expires_at))


async def prune(session: AsyncSession, moment: datetime, most: int) -> int:
    """Delete keys that have expired, so many at most; returns how many."""
    row = idempotency_keys.c
    old = sa.select(row.id).where(row.expires_at <= moment).limit(most)
    result: Any = await session.execute(sa.delete(idempotency_keys).where(row.id.in_(old)))
    return int(result.rowcount)
