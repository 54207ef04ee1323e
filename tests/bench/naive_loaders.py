"""The naive baseline's data layer: ORM statements behind one dataloader per list and operation."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.db.base import Table, live
from app.db.connections import Connection
from app.db.environments import EnvironmentConnection
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User

engine = create_async_engine(os.environ["BENCH_SQLALCHEMY_URL"], pool_size=8, max_overflow=0)
Session = async_sessionmaker(engine, expire_on_commit=False)


@dataclass(frozen=True)
class Link:
    """How rows hang below a parent: the linking table, its two columns, the rows' table."""

    table: type[Table]
    through: type[Table]
    parent: InstrumentedAttribute[UUID]
    child: InstrumentedAttribute[UUID]

    def page(self, parents: Sequence[UUID], size: int) -> Select[*tuple[Any, ...]]:
        """(row, parent) of the first rows of each parent, the latest change first."""
        order = (self.table.updated_at.desc(), self.table.id.desc())
        number = func.row_number().over(partition_by=self.parent, order_by=order)
        chosen = self._joined(
            select(self.table, self.parent.label("parent"), number.label("number")), parents
        ).subquery()
        row = aliased(self.table, chosen)
        return select(row, chosen.c.parent).where(chosen.c.number <= size).order_by(chosen.c.number)

    def total(self, parents: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
        """(parent, how many rows)"""
        return self._joined(select(self.parent, func.count()), parents).group_by(self.parent)

    def _joined(
        self, statement: Select[*tuple[Any, ...]], parents: Sequence[UUID]
    ) -> Select[*tuple[Any, ...]]:
        return (
            statement.select_from(self.table)
            .join(self.through, self.child == self.table.id)
            .where(self.parent.in_(parents), live(self.table), live(self.through))
        )


CONNECTIONS = Link(
    Connection,
    EnvironmentConnection,
    EnvironmentConnection.environment_id,
    EnvironmentConnection.connection_id,
)
TEAMS = Link(Team, TeamOrganization, TeamOrganization.org_id, TeamOrganization.team_id)
USERS = Link(User, TeamUser, TeamUser.team_id, TeamUser.user_id)


class Pages(DataLoader[tuple[UUID, int], list[Any]]):
    """Pages of one list, keyed by parent and size."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link

    async def batch_load_fn(self, keys: list[tuple[UUID, int]]) -> list[list[Any]]:
        size = max(size for _, size in keys)
        found: dict[UUID, list[Any]] = defaultdict(list)
        async with Session() as session:
            for row, parent in await session.execute(self.link.page([k for k, _ in keys], size)):
                found[parent].append(row)
        return [found[parent][:size] for parent, size in keys]


class Totals(DataLoader[UUID, int]):
    """How many rows a list has, keyed by parent."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link

    async def batch_load_fn(self, keys: list[UUID]) -> list[int]:
        async with Session() as session:
            found = dict((await session.execute(self.link.total(keys))).tuples().all())
        return [found.get(key, 0) for key in keys]


class Context:
    """Who asks, and the loaders of one operation."""

    def __init__(self, user: UUID, organizations: set[UUID]) -> None:
        self.user = user
        self.organizations = organizations
        self.pages: dict[str, Pages] = {}
        self.totals: dict[str, Totals] = {}

    def pages_of(self, name: str, link: Link) -> Pages:
        return self.pages.setdefault(name, Pages(link))

    @cached_property
    def connection_totals(self) -> Totals:
        return Totals(CONNECTIONS)
