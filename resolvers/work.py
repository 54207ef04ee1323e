"""What a command is given: its transaction, who asks, and the rows that they may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Table, live
from app.errors import NotFound
from app.permissions import KEYS, Permission
from app.vault import Vault
from resolvers.access import visible
from resolvers.viewer import Viewer, lacking

Row = TypeVar("Row", bound=Table)


@dataclass(frozen=True)
class Work:
    """What a command is given. `row_id` is made once, so that a retry writes the same row.

    `permission` is the key that the field asks for, None where it asks for none.
    """

    session: AsyncSession
    viewer: Viewer
    vault: Vault
    permission: Permission | None
    row_id: UUID

    def require(self, organization: UUID) -> None:
        """Raise `Forbidden` unless the field's key is held in that organization."""
        self.viewer.require(self.permission, organization)

    def require_everywhere(self) -> None:
        """Raise `Forbidden` unless the field's key is held everywhere, by a global role."""
        key, everywhere = self.permission, self.viewer.keys()
        if key is not None and KEYS[key] not in everywhere:
            raise lacking(key)

    async def require_in(self, organizations: Select[UUID]) -> None:
        """Raise `Forbidden` unless the field's key is held in one of the selected ones."""
        key = self.permission
        found = (await self.session.execute(organizations)).scalars()
        if key is not None and not any(self.viewer.may(key, each) for each in found):
            raise lacking(key)

    async def find(self, table: type[Row], row_id: UUID, field: str) -> Row:
        """Lock and return a live row the viewer may see; raises `NotFound` naming the field."""
        statement = (
            select(table)
            .where(table.id == row_id, live(table), visible(table, self.viewer))
            .with_for_update(of=table)
        )
        row = (await self.session.execute(statement)).scalar_one_or_none()
        if row is None:
            name = table.__name__.lower()
            raise NotFound(f"{field}: there is no {name} with the id {row_id}.", field=field)
        return row

    async def first(self, table: type[Row], *criteria: Any) -> Row | None:
        """The live row that meets the criteria, locked, whoever may see it."""
        statement = select(table).where(live(table), *criteria).with_for_update(of=table).limit(1)
        return (await self.session.execute(statement)).scalar_one_or_none()

    async def by_id(self, table: type[Row], row_id: UUID) -> Row | None:
        """The row of that id, locked, deleted or not, whoever may see it."""
        statement = select(table).where(table.id == row_id).with_for_update(of=table)
        return (await self.session.execute(statement)).scalar_one_or_none()

    async def add(self, row: Row) -> Row:
        """Insert a row and return it with its defaults filled in."""
        self.session.add(row)
        await self.session.flush()
        return row
