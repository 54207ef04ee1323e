"""When rights change: a counter that every such transaction advances, and what such a change is.

Who keeps a viewer in memory compares its generation with the stored one: rights that were read
at a generation are the rights of every snapshot that shows the same generation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ScalarSelect, TextClause, event, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, object_session

from app.db.base import Table
from app.db.keys import Key, Keychain, KeychainKey, Role, RoleKeychain
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User, UserRole

#: One row, which the migration inserts; `id` keeps it the only one.
access_generations = sa.Table(
    "access_generations",
    Table.metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.CheckConstraint("id = 1", name="id"),
)

#: The tables that decide what a viewer may do. Where columns are named, only a change of these
#: counts, and the end of the row; a new row there gives nobody anything.
DECIDING: Mapping[type[Table], frozenset[str] | None] = {
    OrganizationUser: None,
    TeamUser: None,
    TeamOrganization: None,
    UserRole: None,
    Role: None,
    RoleKeychain: None,
    KeychainKey: None,
    Keychain: None,
    Key: None,
    Organization: frozenset({"deleted_at"}),
    Team: frozenset({"deleted_at"}),
    User: frozenset({"status", "deleted_at", "user_id"}),
}
NOTHING: frozenset[str] = frozenset()
TABLE_NAMES = frozenset(table.__tablename__ for table in DECIDING)

CHANGED = "access changed"
WRITTEN = "written"
ADVANCE = sa.update(access_generations).values(generation=access_generations.c.generation + 1)


def current_generation() -> ScalarSelect[int]:
    """The stored generation, as an expression for any statement."""
    return select(access_generations.c.generation).correlate(None).scalar_subquery()


class WatchedSession(Session):
    """A session that notes whether it wrote anything, and whether it changed anybody's rights.

    It sees what it flushes, and the statements it executes: any INSERT, UPDATE or DELETE of a
    deciding table counts, and any text that names one.
    """


async def advance(session: AsyncSession) -> None:
    """Advance the generation if the transaction changed rights.

    To be called last before the commit: the row stays locked until then, for all other
    transactions that change rights, and who takes no lock afterwards cannot be in a deadlock.
    """
    await session.flush()
    if session.info.pop(CHANGED, False):
        result: Any = await session.execute(ADVANCE)
        assert result.rowcount == 1, "access_generations has lost its row"


def begin_writing(session: AsyncSession) -> None:
    """Have `has_written` tell of what comes from here on."""
    session.info.pop(WRITTEN, None)


async def has_written(session: AsyncSession) -> bool:
    """Whether the transaction has changed anything, since `begin_writing` if that was called."""
    await session.flush()
    return WRITTEN in session.info


@event.listens_for(WatchedSession, "after_flush")
def _note_rows(session: Session, _: object) -> None:
    session.info[WRITTEN] = True
    if (
        any(DECIDING.get(type(row), NOTHING) is None for row in session.new)
        or any(type(row) in DECIDING for row in session.deleted)
        or any(_decides(row) for row in session.dirty)
    ):
        session.info[CHANGED] = True


def _decides(row: Any) -> bool:
    columns = DECIDING.get(type(row), NOTHING)
    if columns is None:
        session = object_session(row)
        return session is not None and session.is_modified(row)
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in columns)


@event.listens_for(WatchedSession, "do_orm_execute")
def _note_statement(state: ORMExecuteState) -> None:
    statement: Any = state.statement
    if isinstance(statement, TextClause):
        changes = any(name in statement.text for name in TABLE_NAMES)
    else:
        changes = statement.is_dml and statement.table.name in TABLE_NAMES
        if statement.is_dml:
            state.session.info[WRITTEN] = True
    if changes:
        state.session.info[CHANGED] = True
