"""Generic aiodataloader loaders: one per table or per question, made anew for each operation."""

from __future__ import annotations

import asyncio
from collections import defaultdict, namedtuple
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import Result, select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.base import Table, live
from resolvers import statements
from resolvers.listing import Ask
from resolvers.viewer import Viewer

#: Keys of one statement, to which they travel as one value.
MAX_BATCH = 1_000

#: The choices of columns whose rows have a class of their own.
MOST_SHAPES = 1_000

Answer = TypeVar("Answer")
#: Runs a statement, with values for its parameters.
Read = Callable[..., Awaitable[Result[*tuple[Any, ...]]]]


class Columns:
    """Some columns of a row, as attributes: SQLAlchemy's own rows find theirs ten times slower.

    The classes of such rows are tuples too.
    """

    __slots__ = ()


@lru_cache(maxsize=MOST_SHAPES)
def _reader(names: tuple[str, ...], *, nested: bool) -> Callable[[Iterable[Any]], Any]:
    """What makes `Columns` of a row that `page_of` reads with these names."""
    fields = (*names, "sort_value", "parent") if nested else (*names, "sort_value")
    made = type("Columns", (namedtuple("Row", fields), Columns), {"__slots__": ()})  # noqa: PYI024 - its fields are only known here
    make: Callable[[Iterable[Any]], Any] = made._make  # type: ignore[attr-defined]
    return make


@dataclass(frozen=True)
class Found:
    """One window: what was read for it in its order, and whether more follow.

    A row is a `Table`, or `Columns` where only some were asked for.
    """

    read: Sequence[Any]
    more: bool
    whole: bool

    @property
    def rows(self) -> Sequence[Any]:
        return [each[0] for each in self.read] if self.whole else self.read

    @property
    def keys(self) -> list[Any]:
        """The sort values of the rows."""
        return [each.sort_value for each in self.read]


class Loaders:
    """The loaders of one operation. They read as its viewer and never outlive it."""

    def __init__(self, read: Read, rows: Read, viewer: Callable[[], Awaitable[Viewer]]) -> None:
        """`rows` is `read` for statements of columns alone."""
        self._read = read
        self._columns = rows
        self._viewer = viewer
        self._made: dict[Hashable, DataLoader[Any, Any]] = {}
        self._whole_graph: dict[Hashable, asyncio.Future[Any]] = {}

    def _loader(
        self, key: Hashable, batch: Callable[[list[Any]], Coroutine[Any, Any, list[Any]]]
    ) -> DataLoader[Any, Any]:
        if key not in self._made:
            self._made[key] = DataLoader(batch_load_fn=batch, max_batch_size=MAX_BATCH)
        return self._made[key]

    async def one(self, table: type[Table], row_id: UUID) -> Table | None:
        """The live row of that id, or None where there is none the viewer may see."""
        row: Table | None = await self._by_id(table).load(row_id)
        return row

    async def each(self, table: type[Table], ids: Collection[UUID]) -> dict[UUID, Table | None]:
        """The live rows of those ids; None where there is none the viewer may see."""
        wanted = list(dict.fromkeys(ids))
        return dict(zip(wanted, await self._by_id(table).load_many(wanted), strict=True))

    def _by_id(self, table: type[Table]) -> DataLoader[UUID, Any]:
        async def batch(ids: list[UUID]) -> list[Table | None]:
            result = await self._read(*statements.rows(table, await self._viewer(), ids))
            rows: dict[UUID, Table] = {row.id: row for row in result.scalars()}
            return [rows.get(each) for each in ids]

        return self._loader(table, batch)

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
        if parent is None:
            return await self._once(("window", ask, columns), lambda: self._whole(ask, columns))
        return (await self.windows(ask, (parent,), columns))[0]

    async def windows(
        self, ask: Ask, parents: tuple[UUID, ...], columns: tuple[str, ...] | None = None
    ) -> list[Found]:
        """The page of the list under each of the parents."""

        async def batch(groups: list[tuple[UUID, ...]]) -> list[list[Found]]:
            wanted = list(dict.fromkeys(chain.from_iterable(groups)))
            question = statements.page(ask, await self._viewer(), wanted, columns)
            rows: dict[UUID, list[Any]] = {each: [] for each in wanted}
            for row in await self._window(question, columns, nested=True):
                rows[row[-1]].append(row)
            found = {each: _found(ask, rows[each], columns) for each in wanted}
            return [[found[each] for each in group] for group in groups]

        windows: list[Found] = await self._loader(("window", ask, columns), batch).load(parents)
        return windows

    async def _once(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """What a read of the whole graph gives, read once for all the fields that ask."""
        if key not in self._whole_graph:
            self._whole_graph[key] = asyncio.ensure_future(read())
        answer: Answer = await asyncio.shield(self._whole_graph[key])  # others wait for it too
        return answer

    async def _whole(self, ask: Ask, columns: tuple[str, ...] | None) -> Found:
        question = statements.page(ask, await self._viewer(), None, columns)
        return _found(ask, await self._window(question, columns, nested=False), columns)

    async def _window(
        self, question: statements.Question, columns: tuple[str, ...] | None, *, nested: bool
    ) -> list[Any]:
        """What a statement for windows reads: `Columns`, or rows and sort values."""
        if columns is None:
            return list(await self._read(*question))
        rows = (await self._columns(*question)).all()
        return list(map(_reader(columns, nested=nested), rows))

    async def _count(self, ask: Ask) -> int:
        result = await self._columns(*statements.total(ask, await self._viewer(), None))
        return int(result.scalar_one())

    async def total(self, ask: Ask, parent: UUID | None) -> int:
        """How many rows the list has on all of its pages."""
        if parent is None:
            question = ask.narrowed()
            return await self._once(("total", question), lambda: self._count(question))
        return (await self.totals(ask, (parent,)))[0]

    async def totals(self, ask: Ask, parents: tuple[UUID, ...]) -> list[int]:
        """How many rows the list has under each of the parents."""
        question = ask.narrowed()

        async def batch(groups: list[tuple[UUID, ...]]) -> list[list[int]]:
            wanted = list(dict.fromkeys(chain.from_iterable(groups)))
            result = await self._columns(*statements.total(question, await self._viewer(), wanted))
            totals = {owner: count for count, owner in result}
            return [[totals.get(each, 0) for each in group] for group in groups]

        totals: list[int] = await self._loader(("total", question), batch).load(parents)
        return totals


def _found(ask: Ask, rows: list[Any], columns: tuple[str, ...] | None) -> Found:
    limit = ask.window.limit
    kept = rows[:limit]
    if ask.window.backwards:
        kept.reverse()
    return Found(kept, len(rows) > limit, columns is None)
