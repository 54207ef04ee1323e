"""Lists: their rows in one of three forms, and the pages made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)

from app.db.base import live
from resolvers.access import visible
from resolvers.answers import Alone, Listed, PagePart, Tally
from resolvers.listing import Ask
from resolvers.plan.asks import parametrised
from resolvers.plan.objects import Making, Write
from resolvers.plan.reading import Attribute, Node, Typename
from resolvers.plan.scopes import Carrier, Form, Source
from resolvers.windows import bounded, matching, sort_key, sorting

#: chr(31) and chr(30): the marks of resolvers.plan.generated.
SEPARATOR, NULL = literal_column("chr(31)", Text()), literal_column("chr(30)", Text())

#: The parts of a page that need its rows.
ROWS = {"items", "edges", "pageInfo"}

Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Rows:
    """The rows of a page in generated source.

    `lines` come first; then `loop` goes through the rows, of which `items` writes one, by the name
    of the field of the page. `at` writes a cell of the row of a number, and `n` of them were read.
    """

    source: Source
    carrier: Carrier
    items: Mapping[str, str]
    lines: tuple[str, ...]
    loop: str
    at: str


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
        return any(_part(each) == "pageInfo" for each in self.node.below)

    @property
    def limit(self) -> int:
        return self.ask.window.limit

    def rows(self, source: Source) -> Statement:
        """The rows of the window, in the order in which they are read."""
        key, table = sort_key(self.ask), self.ask.listing.table
        statement = self._under(bounded(self.ask, self.making.viewer, source.columns()))
        statement = statement.order_by(*sorting(self.ask, key, table.id))
        statement = statement.limit(literal_column(str(self.limit + self.more)))
        start = self.ask.window.start
        return statement if isinstance(start, int) else statement.offset(start)

    def total(self, carrier: Carrier) -> str:
        """Source of the number of rows on all pages."""
        counted = select(func.count().label("value")).select_from(self.ask.listing.table)
        counted = self._under(matching(self.ask.narrowed(), self.making.viewer, counted))
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


def listed(making: Making, node: Node, source: Source | None, carrier: Carrier) -> str:
    """A page of a list: of the row of `source`, or of the whole graph."""
    assert node.ask is not None
    ask = parametrised(node.ask, node.index)
    if node.key:
        organization = ("organization_id", bindparam(node.key, type_=Uuid()))
        ask = replace(ask, filters=(*ask.filters, organization))
    paging = Paging(making, node, ask, source.id if source is not None else None)
    if not any(_part(each) in ROWS for each in node.below):
        return _page(paging, None, carrier)
    rows, takes = _form(paging, carrier)
    lines = [*rows.lines, f"return {_page(paging, rows, carrier)}"]
    if takes == "rows":
        lines.insert(0, "r = rows[0]")
    return f"{making.code.function(f'{takes}, f', lines)}({takes}, f)"


def _form(paging: Paging, carrier: Carrier) -> tuple[Rows, str]:
    """The rows in the form that is fastest where they are, and what the page's function takes."""
    making, correlated = paging.making, paging.parent is not None
    if making.engine.lateral and not _holds_lists(paging.node.below):
        return _split(paging, carrier), "r"
    if (
        carrier.form is Form.ROW
        and making.spine is None
        and (making.engine.lateral or not correlated)
    ):
        return _spine(paging, carrier), "rows"
    return _arrays(paging, carrier), "r"


def _holds_lists(nodes: Iterable[Node]) -> bool:
    return any(
        isinstance(node.answer, Listed) or _holds_lists(node.below) for node in nodes if node.kinds
    )


def _items(paging: Paging, source: Source, carrier: Carrier) -> dict[str, str]:
    """Source of an item, for each field of the page that holds them; all their cells are made."""
    carrier.column(source, "id")
    if paging.more:
        paging.cursor(source, carrier)
    return {
        part.name: _item(paging, part, source, carrier)
        for part in paging.node.below
        if _part(part) in {"items", "edges"}
    }


def _item(paging: Paging, part: Node, source: Source, carrier: Carrier) -> str:
    if _part(part) == "items":
        return paging.making.object(part.below, source, carrier)
    return _edge(paging.making, part, source, carrier, lambda: paging.cursor(source, carrier))


def _edge(
    making: Making, part: Node, source: Source, carrier: Carrier, cursor: Callable[[], str]
) -> str:
    def written(node: Node) -> str:
        if node.kinds:
            return making.object(node.below, source, carrier)
        return repr(node.type.name) if isinstance(node.answer, Typename) else cursor()

    return f"{{{', '.join(f'{node.name!r}: {written(node)}' for node in part.below)}}}"


def _split(paging: Paging, carrier: Carrier) -> Rows:
    """Each column of the list as one text, its values in order."""
    making = paging.making
    source, inner = making.source(paging.ask.listing.table), Carrier(making.engine, Form.SPLIT)
    place, within = carrier.reserve(), inner.reserve()
    items = _items(paging, source, inner)
    within(paging.rows(source).subquery(source.alias))
    name = making.alias()
    columns: list[ColumnElement[Any]] = [func.count().label("n")]
    lines, known = [f"n = {_of(carrier, name, 'n')}"], "n"
    for number, value in enumerate(inner.selected()):
        text, nullable = _text(value), inner.cells[number].nullable
        joined = func.string_agg(func.coalesce(text, NULL) if nullable else text, SEPARATOR)
        columns.append(joined.label(f"s{number}"))
        arguments = f"{_of(carrier, name, f's{number}')}, n"
        if nullable:
            columns.append(func.count(value).label(f"k{number}"))
            known = _of(carrier, name, f"k{number}")
            lines.append(f"a{number} = nullable({arguments}, {known})")
        else:
            lines.append(f"a{number} = column({arguments})")
    place(inner.select(*columns).lateral(name))
    every = range(len(inner.cells))
    variables = ", ".join(f"v{number}" for number in every)
    texts = ", ".join(f"a{number}" for number in every)
    lines.append(f"m = min(n, {paging.limit})")
    loop = f"for {variables}, in zip({texts})"
    return Rows(source, inner, items, tuple(lines), loop, "a{{cell}}[{row}]")


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return value if isinstance(value.type, Text) else cast(value, Text)


def _of(carrier: Carrier, alias: str, label: str) -> str:
    kind = BigInteger() if label[0] in "nk" else Text()
    column = literal_column(f"{alias}.{label}", kind)
    return carrier.reference(carrier.cell((alias, label), column, "count", nullable=False))


def _spine(paging: Paging, carrier: Carrier) -> Rows:
    """The items as rows of the driver, what is around them repeated on each."""
    making = paging.making
    source = making.spine = making.source(paging.ask.listing.table)
    carrier.in_spine = True
    place = carrier.reserve()
    items = _items(paging, source, carrier)
    carrier.in_spine = False
    key = source.named("sort", sort_key(paging.ask))
    making.sorting = sorting(paging.ask, key, source.id)
    rows = paging.rows(source)
    place(rows.lateral(source.alias) if paging.parent is not None else rows.subquery(source.alias))
    present = carrier.reference(carrier.column(source, "id"))
    lines = (f"rows = [r for r in rows if {present} is not None]", *_counted(paging))
    return Rows(source, carrier, items, lines, "for r in rows", "rows[{row}][{{cell}}]")


def _arrays(paging: Paging, carrier: Carrier) -> Rows:
    """The items as JSON arrays in one cell."""
    making = paging.making
    source, inner = making.source(paging.ask.listing.table), Carrier(making.engine, Form.ARRAY)
    place = inner.reserve()
    items = _items(paging, source, inner)
    place(paging.rows(source).subquery(source.alias))
    number = carrier.read(
        (source.alias,), making.alias(), inner.all_arrays(), "nested", nullable=True
    )
    lines = (f"rows = {carrier.value(number)} or ()", *_counted(paging))
    return Rows(source, inner, items, lines, "for r in rows", "rows[{row}][{{cell}}]")


def _counted(paging: Paging) -> tuple[str, str]:
    return "n = len(rows)", f"m = min(n, {paging.limit})"


def _page(paging: Paging, rows: Rows | None, carrier: Carrier) -> str:
    members = (
        f"{each.name!r}: {_member(paging, each, rows, carrier)}" for each in paging.node.below
    )
    return f"{{{', '.join(members)}}}"


def _member(paging: Paging, part: Node, rows: Rows | None, carrier: Carrier) -> str:
    """Source of one field of a page."""
    if isinstance(part.answer, Typename):
        return repr(part.type.name)
    if isinstance(part.answer, Tally):
        return _tally(paging.making, part.answer, carrier)
    match _part(part):
        case "totalCount":
            return paging.total(carrier)
        case "page":
            return f"f[{paging.node.index}]"
        case "pageSize":
            return _size(paging, carrier)
    assert rows is not None
    return _info(paging, part, rows) if _part(part) == "pageInfo" else _all(paging, part, rows)


def _size(paging: Paging, carrier: Carrier) -> str:
    if not paging.ask.window.every:
        return str(paging.limit)
    return f"max(1, min({paging.total(carrier)}, {paging.limit}))"


def _all(paging: Paging, part: Node, rows: Rows) -> str:
    """Source of the list of all items, or edges, of a page."""
    cut = f"[:{paging.limit}]" if paging.more else ""
    turned = "[::-1]" if paging.ask.window.backwards else ""
    return f"[{rows.items[part.name]} {rows.loop}]{cut}{turned}"


def _info(paging: Paging, part: Node, rows: Rows) -> str:
    """Source of a PageInfo: of the window, and of whether one row more was read."""
    window, read = paging.ask.window, f"n > {paging.limit}"
    earlier = "True" if window.after is not None else f"f[{paging.node.index}] > 0"
    first, last = ("m - 1", "0") if window.backwards else ("0", "m - 1")
    values = {
        "has_next_page": str(window.before is not None) if window.backwards else read,
        "has_previous_page": read if window.backwards else earlier,
        "start_cursor": _mark(paging, rows, first),
        "end_cursor": _mark(paging, rows, last),
    }
    return _attributes(part, values)


def _mark(paging: Paging, rows: Rows, row: str) -> str:
    written = paging.cursor(rows.source, rows.carrier, rows.at.format(row=row))
    return f"({written} if m else None)"


def _attributes(part: Node, values: Mapping[str, str]) -> str:
    members = (
        f"{each.name!r}: "
        + (values[each.answer.name] if isinstance(each.answer, Attribute) else repr(each.type.name))
        for each in part.below
    )
    return f"{{{', '.join(members)}}}"


def _tally(making: Making, answer: Tally, carrier: Carrier) -> str:
    table = answer.table
    value = getattr(table, answer.attribute)
    counted = (
        select(value.label("value"), func.count().label("number"))
        .where(live(table), visible(table, making.viewer))
        .group_by(value)
        .subquery(making.alias())
    )
    pairs = (counted.c.value, counted.c.number)
    if making.engine.lateral:
        together: ColumnElement[Any] = func.json_object_agg(*pairs)
    else:  # plain text: SQLite would put what it knows to be JSON into an array as it is
        together = func.json_group_object(*pairs, type_=Text()).concat("")
    collected = select(together.label("value"))
    key, alias = ("tally", table), making.alias()
    number = carrier.read(key, alias, collected, "json", nullable=True)
    return f"({carrier.value(number)} or EMPTY)"


def alone(making: Making, node: Node, source: Source, carrier: Carrier) -> str:
    """The row at hand, as a page that holds nothing else."""
    members = (f"{each.name!r}: {_alone(making, each, source, carrier)}" for each in node.below)
    return f"{{{', '.join(members)}}}"


def _alone(making: Making, part: Node, source: Source, carrier: Carrier) -> str:
    mark = f"cursor('ID', '', {carrier.value(carrier.column(source, 'id'))})"
    if isinstance(part.answer, Typename):
        return repr(part.type.name)
    name = _part(part)
    if name == "items":
        return f"[{making.object(part.below, source, carrier)}]"
    if name == "edges":
        return f"[{_edge(making, part, source, carrier, lambda: mark)}]"
    if name == "pageInfo":
        never = dict.fromkeys(("has_next_page", "has_previous_page"), "False")
        return _attributes(part, {**never, "start_cursor": mark, "end_cursor": mark})
    return {"totalCount": "1", "page": "0", "pageSize": "1"}[name]


def _part(node: Node) -> str:
    """Which part of a page a field is; empty for what only some pages have."""
    return node.answer.name if isinstance(node.answer, PagePart) else ""


WRITE: Mapping[type, Write] = {Listed: listed, Alone: alone}
