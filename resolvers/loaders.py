"""Generic aiodataloader loaders: one per table or per question, made anew for each operation."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import Result, select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.base import Table, live
from resolvers import statements
from resolvers.access import Viewer
from resolvers.listing import Ask

#: asyncpg takes 32,767 bound values a statement; batches stay far below.
MAX_BATCH = 1_000

Answer = TypeVar("Answer")
#: Runs a statement, with values for its parameters.
Read = Callable[..., Awaitable[Result[*tuple[Any, ...]]]]


class Columns:
    """Some columns of a row, as attributes: SQLAlchemy's own rows find theirs ten times slower."""

    def __init__(self, names: tuple[str, ...], values: list[Any]) -> None:
        self.__dict__.update(zip(names, values, strict=True))


@dataclass(frozen=True)
class Found:
    """The rows of one window with their sort values, and whether more follow.

    A row is a `Table`, or `Columns` where only some were asked for.
    """

    rows: tuple[tuple[Any, object], ...]
    more: bool


class Loaders:
    """The loaders of one operation. They read as its viewer and never outlive it."""

    def __init__(self, read: Read, viewer: Callable[[], Awaitable[Viewer]]) -> None:
        self._read = read
        self._viewer = viewer
        self._made: dict[Hashable, DataLoader[UUID, Any]] = {}
        self._whole_graph: dict[Hashable, asyncio.Future[Any]] = {}

    def _loader(
        self, key: Hashable, batch: Callable[[list[UUID]], Coroutine[Any, Any, list[Any]]]
    ) -> DataLoader[UUID, Any]:
        if key not in self._made:
            self._made[key] = DataLoader(batch_load_fn=batch, max_batch_size=MAX_BATCH)
        return self._made[key]

    async def one(self, table: type[Table], row_id: UUID) -> Table | None:
        """The live row of that id, or None where there is none the viewer may see."""

        async def batch(ids: list[UUID]) -> list[Table | None]:
            result = await self._read(*statements.rows(table, await self._viewer(), ids))
            rows: dict[UUID, Table] = {row.id: row for row in result.scalars()}
            return [rows.get(each) for each in ids]

        row: Table | None = await self._loader(table, batch).load(row_id)
        return row

    async def values(
        self,
        table: type[Table],
        key: InstrumentedAttribute[UUID],
        value: InstrumentedAttribute[Any],
        row_id: UUID,
    ) -> list[Any]:
        """The `value` column of the live rows whose `key` column is that id, unguarded."""

        async def batch(ids: list[UUID]) -> list[list[Any]]:
            result = await self._read(select(key, value).where(key.in_(ids), live(table)))
            found: dict[UUID, list[Any]] = defaultdict(list)
            for owner, each in result:
                found[owner].append(each)
            return [found[each] for each in ids]

        values: list[Any] = await self._loader((key, value), batch).load(row_id)
        return values

    async def window(
        self, ask: Ask, parent: UUID | None, columns: tuple[str, ...] | None = None
    ) -> Found:
        """One page of the list, under one parent or (None) of the whole."""
        key = "window", ask, columns
        if parent is None:
            return await self._once(key, lambda: self._whole(ask, columns))

        async def batch(parents: list[UUID]) -> list[Found]:
            result = await self._read(*statements.page(ask, await self._viewer(), parents, columns))
            rows: dict[UUID, list[tuple[Any, object]]] = defaultdict(list)
            for *values, sort_value, owner in result:
                rows[owner].append((_item(values, columns), sort_value))
            return [_found(ask, rows[each]) for each in parents]

        found: Found = await self._loader(key, batch).load(parent)
        return found

    async def _once(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """What a read of the whole graph gives, read once for all the fields that ask."""
        if key not in self._whole_graph:
            self._whole_graph[key] = asyncio.ensure_future(read())
        answer: Answer = await self._whole_graph[key]
        return answer

    async def _whole(self, ask: Ask, columns: tuple[str, ...] | None) -> Found:
        result = await self._read(*statements.page(ask, await self._viewer(), None, columns))
        return _found(ask, [(_item(values, columns), key) for *values, key in result])

    async def _count(self, ask: Ask) -> int:
        result = await self._read(*statements.total(ask, await self._viewer(), None))
        return int(result.scalar_one())

    async def total(self, ask: Ask, parent: UUID | None) -> int:
        """How many rows the list has on all of its pages."""
        question = ask.narrowed()
        if parent is None:
            return await self._once(("total", question), lambda: self._count(question))

        async def batch(parents: list[UUID]) -> list[int]:
            result = await self._read(*statements.total(question, await self._viewer(), parents))
            totals = {owner: count for count, owner in result}
            return [totals.get(each, 0) for each in parents]

        total: int = await self._loader(("total", question), batch).load(parent)
        return total


def _item(values: list[Any], columns: tuple[str, ...] | None) -> Any:
    return values[0] if columns is None else Columns(columns, values)


def _found(ask: Ask, rows: list[tuple[Any, object]]) -> Found:
    limit = ask.window.limit
    kept = rows[:limit]
    return Found(tuple(reversed(kept)) if ask.window.backwards else tuple(kept), len(rows) > limit)
