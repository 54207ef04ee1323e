"""Fields of many objects at once, where their declarations say all there is to know.

Each part of a selection gives its values for all objects of a list, and the objects are put
together of those: no field of an object is resolved by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Any, Protocol

from app.db.base import Table
from resolvers.answers import Part
from resolvers.context import Context
from resolvers.leaves import Leaf, Unfit
from resolvers.listing import Ask
from resolvers.loaders import Columns, Found
from resolvers.pages import edges_of, info_of

Objects = list[dict[str, Any]]


class Branch(Protocol):
    """A field with fields below it. Where there is an object for each, its rows are as declared."""

    @property
    def name(self) -> str: ...

    async def of_each(self, context: Context, rows: Sequence[Any]) -> list[Any]:
        """The values for many rows; raises `Unfit`, or whatever reading raises."""
        ...


Field = Leaf | Branch


def leaves_of(fields: tuple[Leaf, ...], rows: Sequence[Any]) -> Objects:
    """The objects of rows, of which nothing but leaves is selected."""
    return _objects([each.name for each in fields], [each.of_each(rows) for each in fields], rows)


async def objects_of(fields: tuple[Field, ...], context: Context, rows: Sequence[Any]) -> Objects:
    """The objects of rows; raises `Unfit`, or whatever reading raises."""
    if not rows:
        return []
    branches = [each for each in fields if not isinstance(each, Leaf)]
    found = iter(await _all(context, branches, rows))
    columns = [each.of_each(rows) if isinstance(each, Leaf) else next(found) for each in fields]
    return _objects([each.name for each in fields], columns, rows)


async def _all(context: Context, branches: list[Branch], rows: Sequence[Any]) -> list[list[Any]]:
    """The values of all branches, which are loaded together."""
    work = [each.of_each(context, rows) for each in branches]
    if len(work) == 1:
        return [await work[0]]
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return list(found)  # type: ignore[arg-type]


def _objects(names: list[str], columns: list[list[Any]], rows: Sequence[Any]) -> Objects:
    if not columns:
        return [{} for _ in rows]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


@dataclass(frozen=True)
class Pointed:
    """The row that a foreign key points at."""

    name: str
    key: Callable[[Any], Any]
    table: type[Table]
    nullable: bool
    fields: tuple[Field, ...]

    async def of_each(self, context: Context, rows: Sequence[Any]) -> list[Any]:
        keys = list(map(self.key, rows))
        wanted = {key for key in keys if key is not None}
        found = await context.loaders.each(self.table, wanted)
        there = [key for key in wanted if found[key] is not None]
        if not self.nullable and len(there) < len(set(keys)):
            raise Unfit
        made = await objects_of(self.fields, context, [found[key] for key in there])
        objects = dict(zip(there, made, strict=True))
        return [objects.get(key) for key in keys]


@dataclass(frozen=True)
class Held:
    """A row that an attribute holds, such as the node of an edge."""

    name: str
    attribute: str
    table: type[Table]
    fields: tuple[Field, ...]

    async def of_each(self, context: Context, rows: Sequence[Any]) -> list[Any]:
        held = list(map(attrgetter(self.attribute), rows))
        if not all(isinstance(each, Columns | self.table) for each in held):
            raise Unfit
        return await objects_of(self.fields, context, held)


@dataclass(frozen=True)
class PageField:
    """A field of a page, and the fields below it."""

    name: str
    part: Part
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Paged:
    """A page of a list under each row."""

    name: str
    ask: Ask
    columns: tuple[str, ...] | None
    parts: tuple[PageField | Leaf, ...]

    async def of_each(self, context: Context, rows: Sequence[Any]) -> list[Any]:
        pages = _Pages(self, context, tuple(row.id for row in rows))
        columns = [await pages.values(part) for part in self.parts]
        return _objects([each.name for each in self.parts], columns, rows)


@dataclass
class _Pages:
    """The pages of a list under some rows."""

    paged: Paged
    context: Context
    parents: tuple[Any, ...]

    async def values(self, field: PageField | Leaf) -> list[Any]:
        if isinstance(field, Leaf):
            return field.of_each(self.parents)
        values: list[Any] = await _PARTS[field.part](self, field)
        return values

    async def items(self, field: PageField) -> list[Any]:
        return await self._lists(field, [each.rows for each in await self._found()])

    async def edges(self, field: PageField) -> list[Any]:
        edges = [edges_of(self.paged.ask, each) for each in await self._found()]
        return await self._lists(field, edges)

    async def info(self, field: PageField) -> list[Any]:
        found = [info_of(self.paged.ask, each) for each in await self._found()]
        return list(await objects_of(field.fields, self.context, found))

    async def total(self, _: PageField) -> list[Any]:
        return [*await self.context.loaders.totals(self.paged.ask, self.parents)]

    async def number(self, _: PageField) -> list[Any]:
        return [self.paged.ask.window.page] * len(self.parents)

    async def size(self, field: PageField) -> list[Any]:
        window = self.paged.ask.window
        if not window.every:
            return [window.limit] * len(self.parents)
        return [max(1, min(each, window.limit)) for each in await self.total(field)]

    async def _found(self) -> list[Found]:
        loaders = self.context.loaders
        return await loaders.windows(self.paged.ask, self.parents, self.paged.columns)

    async def _lists(self, field: PageField, lists: Sequence[Sequence[Any]]) -> list[Any]:
        """The objects of all lists, made at one go."""
        every = [each for rows in lists for each in rows]
        made: Iterator[Any] = iter(await objects_of(field.fields, self.context, every))
        return [list(islice(made, len(rows))) for rows in lists]


_PARTS: dict[Part, Callable[[_Pages, PageField], Any]] = {
    "items": _Pages.items,
    "edges": _Pages.edges,
    "pageInfo": _Pages.info,
    "totalCount": _Pages.total,
    "page": _Pages.number,
    "pageSize": _Pages.size,
}
