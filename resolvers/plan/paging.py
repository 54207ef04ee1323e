"""One list of a statement, and its rows in generated source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal_column,
    select,
)

from resolvers.answers import PagePart
from resolvers.listing import Ask
from resolvers.plan.objects import Making
from resolvers.plan.reading import Node
from resolvers.plan.scopes import Carrier, Source
from resolvers.windows import bounded, matching, sort_key, sorting

#: The parts of a page that need its rows.
ROWS = {"items", "edges", "pageInfo"}

Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Rows:
    """The rows of a page in generated source.

    `lines` come first; then `loop` goes through the rows, of which `items` writes one, by the name
    of the field of the page. `at` writes a cell of the row of a number, and `n` of them were read.
    `total` writes how many there are on all pages, where the rows tell that.
    """

    source: Source
    carrier: Carrier
    items: Mapping[str, str]
    lines: tuple[str, ...]
    loop: str
    at: str
    total: str = ""


@dataclass(frozen=True)
class Paging:
    """One list of the statement: its question with parameters, and where it hangs."""

    making: Making
    node: Node
    ask: Ask
    parent: ColumnElement[Any] | None

    @property
    def more(self) -> bool:
        """Whether it matters that a row follows the page."""
        return any(part_of(each) == "pageInfo" for each in self.node.below)

    @property
    def limit(self) -> int:
        return self.ask.window.limit

    @property
    def counted(self) -> bool:
        """Whether the rows are to be counted while they are read: the total is asked for.

        Only the first window of a list has a row whenever there is one. And a list of the whole
        graph is not counted so: it is long, and read by an index no further than its window.
        """
        window, parts = self.ask.window, {part_of(each) for each in self.node.below}
        first = isinstance(window.start, int) and window.after is window.before is None
        asked = "totalCount" in parts or (window.every and "pageSize" in parts)
        return first and asked and self.parent is not None

    def rows(self, source: Source) -> Statement:
        """The rows of the window, in the order in which they are read."""
        key, table = sort_key(self.ask), self.ask.listing.table
        statement = bounded(self.ask, self.making.viewer, source.columns(), self.parent)
        statement = self._under(statement)
        statement = statement.order_by(*sorting(self.ask, key, table.id))
        statement = statement.limit(literal_column(str(self.limit + self.more)))
        start = self.ask.window.start
        return statement if isinstance(start, int) else statement.offset(start)

    def total(self, carrier: Carrier) -> str:
        """Source of the number of rows on all pages."""
        counted = select(func.count().label("value")).select_from(self.ask.listing.table)
        counted = matching(self.ask.narrowed(), self.making.viewer, counted, self.parent)
        counted = self._under(counted)
        key, alias = ("total", self.node.index), self.making.alias()
        return carrier.value(carrier.read(key, alias, counted, "count", nullable=False))

    def cursor(self, source: Source, carrier: Carrier, at: str | None = None) -> str:
        """Source of a row's cursor: of the row at hand, or of the one that `at` writes."""
        order = self.ask.listing.order[self.ask.order]
        found = source.named("sort", order.expression)
        sort = carrier.cell((source.alias, "sort"), found, order.kind, nullable=False)
        row = carrier.column(source, "id")
        if at is None:
            return f"cursor({self.ask.order!r}, {carrier.value(sort)}, {carrier.value(row)})"
        value, id_ = (carrier.decode(each, at.format(cell=each)) for each in (sort, row))
        return f"cursor({self.ask.order!r}, {value}, {id_})"

    def _under(self, statement: Statement) -> Statement:
        if self.parent is None:
            return statement
        assert self.ask.listing.via is not None
        return statement.where(self.ask.listing.via.parent == self.parent)


def part_of(node: Node) -> str:
    """Which part of a page a field is; empty for what only some pages have."""
    return node.answer.name if isinstance(node.answer, PagePart) else ""
