"""A page of a list: asked for first, read when one of its fields is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.db.base import Table
from app.errors import BadInput
from resolvers.answers import Tally
from resolvers.context import Context
from resolvers.cursors import decode_cursor, encode_cursor
from resolvers.listing import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    MAX_SEARCH,
    Ask,
    Listing,
    Window,
    pattern,
)
from resolvers.loaders import Found


@dataclass(frozen=True)
class Page:
    """A window on a list; `parent` is None for a list of the whole graph.

    With `columns`, these are all that is read of its rows.
    """

    ask: Ask
    parent: UUID | None = None
    columns: tuple[str, ...] | None = None

    async def rows(self, context: Context) -> list[Any]:
        return list((await self._found(context)).rows)

    async def edges(self, context: Context) -> list[Edge]:
        return edges_of(self.ask, await self._found(context))

    async def total(self, context: Context) -> int:
        return await context.loaders.total(self.ask, self.parent)

    async def size(self, context: Context) -> int:
        """The size asked for; of `all`, how many rows there are (at least 1)."""
        if not self.ask.window.every:
            return self.ask.window.limit
        return max(1, min(await self.total(context), self.ask.window.limit))

    async def info(self, context: Context) -> PageInfo:
        return info_of(self.ask, await self._found(context))

    async def _found(self, context: Context) -> Found:
        return await context.loaders.window(self.ask, self.parent, self.columns)


@dataclass(frozen=True)
class PageOfOne(Page):
    """A row as the page that holds nothing else."""

    row: Table | None = None

    async def rows(self, context: Context) -> list[Any]:  # noqa: ARG002 - nothing is read
        return [self.row] if self.row is not None else []

    async def edges(self, context: Context) -> list[Edge]:
        return [Edge(row, encode_cursor("ID", "", row.id)) for row in await self.rows(context)]

    async def total(self, context: Context) -> int:
        return len(await self.rows(context))

    async def info(self, context: Context) -> PageInfo:
        cursors = [edge.cursor for edge in await self.edges(context)]
        return PageInfo(False, False, cursors[0], cursors[-1])  # noqa: FBT003 - the Relay pair


@dataclass(frozen=True)
class Edge:
    """A row in its place on a page (Relay cursor connections specification, §3)."""

    node: Any
    cursor: str


@dataclass(frozen=True)
class PageInfo:
    """Relay cursor connections specification, §5."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def edges_of(ask: Ask, found: Found) -> list[Edge]:
    """The rows of a window in their places."""
    return [
        Edge(row, encode_cursor(ask.order, key, row.id))
        for row, key in zip(found.rows, found.keys, strict=True)
    ]


def info_of(ask: Ask, found: Found) -> PageInfo:
    """Where a window lies in its list."""
    edges, window = edges_of(ask, found), ask.window
    before = window.page > 0 or window.after is not None
    after = window.before is not None
    return PageInfo(
        has_next_page=after if window.backwards else found.more,
        has_previous_page=found.more if window.backwards else before,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )


def ask(listing: Listing, arguments: dict[str, Any]) -> Ask:
    """The question that a list field's arguments put; raises `BadInput` naming the argument."""
    given = _flat(arguments.get("filter"))
    if listing.otherwise is not None:
        switch, other = listing.otherwise
        listing = other if (switch, False) in given else listing
    filters = tuple(
        (name, listing.filters[name].load(value))
        for name, value in given
        if name in listing.filters
    )
    order, descending = listing.default_order, True
    if (chosen := arguments.get("order_by")) is not None:
        order, descending = chosen.field.name, chosen.direction.value == "DESC"
    window = _window(listing, order, arguments)
    search = _search(arguments.get("search"))
    return Ask(listing, search, order, descending, ("deleted", True) in given, filters, window)


def _search(text: str | None) -> str | None:
    term = (text or "").strip()
    if len(term) > MAX_SEARCH:
        message = f"search: at most {MAX_SEARCH} characters are allowed."
        raise BadInput(message, field="search")
    return pattern(term) if term else None


async def member(context: Context, listing: Listing, parent: UUID, row_id: UUID) -> Table | None:
    """The row of that id, if it is in the list under that parent."""
    question = Ask(listing, filters=(("ids", (row_id,)),), window=Window(limit=1))
    found = await context.loaders.window(question, parent)
    return found.rows[0] if found.rows else None


def _window(listing: Listing, order: str, arguments: dict[str, Any]) -> Window:
    page = arguments.get("page") or 0
    if page < 0:
        raise BadInput("page: pages are counted from 0.", field="page")
    if arguments.get("all"):
        return Window(listing.all_rows, page * listing.all_rows, page, every=True)
    backwards = arguments.get("last") is not None
    name = "last" if backwards else "first" if arguments.get("first") is not None else "page_size"
    size = _size(arguments.get(name), name)
    window = Window(size, page * size, page, backwards=backwards)
    if (cursor := arguments.get("after")) is not None:
        window = replace(window, after=decode_cursor(listing, order, cursor, "after"))
    if (cursor := arguments.get("before")) is not None:
        window = replace(window, before=decode_cursor(listing, order, cursor, "before"))
    return window


def _size(value: int | None, argument: str) -> int:
    size = DEFAULT_PAGE_SIZE if value is None else value
    spelled = "pageSize" if argument == "page_size" else argument
    if not 1 <= size <= MAX_PAGE_SIZE:
        message = (
            f"{spelled}: a page has 1 to {MAX_PAGE_SIZE} rows; ask for {MAX_PAGE_SIZE} at most."
        )
        raise BadInput(message, field=spelled)
    return size


def _flat(given: Any) -> list[tuple[str, Any]]:
    """The conditions of a filter input and of those nested in its `and`, as hashable pairs."""
    if given is None:
        return []
    pairs: list[tuple[str, Any]] = []
    for name, value in vars(given).items():
        if name == "and_":
            pairs += _flat(value)
        elif value is not None:
            pairs.append((name, _plain(value)))
    return pairs


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(each) for each in value)
    return getattr(value, "value", value)


async def tally(context: Context, answer: Tally) -> dict[str, int]:
    """How many of all the viewer's rows have each value, whatever a page of them narrows."""
    viewer = await context.settled()
    value = getattr(answer.table, answer.attribute)
    statement = select(value, func.count()).where(answer.criterion(viewer)).group_by(value)
    return {row[0]: row[1] for row in await context.read(statement)}
