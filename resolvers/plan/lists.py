"""Lists: their rows, in one of three forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
)

from resolvers.answers import Alone, Listed
from resolvers.asks import parametrised
from resolvers.plan.objects import Making, Write
from resolvers.plan.pages import alone, edge, page
from resolvers.plan.paging import ROWS, Paging, Rows, part_of
from resolvers.plan.reading import Node
from resolvers.plan.scopes import Carrier, Form, Source
from resolvers.windows import sort_key, sorting

#: chr(31) and chr(30): the marks of resolvers.plan.generated.
SEPARATOR, NULL = literal_column("chr(31)", Text()), literal_column("chr(30)", Text())


def listed(making: Making, node: Node, source: Source | None, carrier: Carrier) -> str:
    """A page of a list: of the row of `source`, or of the whole graph."""
    assert node.ask is not None
    ask = parametrised(node.ask, node.index)
    if node.key:
        organization = ("organization_id", bindparam(node.key, type_=Uuid()))
        ask = replace(ask, filters=(*ask.filters, organization))
    paging = Paging(making, node, ask, source.id if source is not None else None)
    if not any(part_of(each) in ROWS for each in node.below):
        return page(paging, None, carrier)
    rows, takes = _form(paging, carrier)
    lines = [*rows.lines, f"return {page(paging, rows, carrier)}"]
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
        if part_of(part) in {"items", "edges"}
    }


def _item(paging: Paging, part: Node, source: Source, carrier: Carrier) -> str:
    if part_of(part) == "items":
        return paging.making.object(part.below, source, carrier)
    return edge(paging.making, part, source, carrier, lambda: paging.cursor(source, carrier))


def _split(paging: Paging, carrier: Carrier) -> Rows:
    """Each column of the list as one text, its values in order."""
    making = paging.making
    source, inner = making.source(paging.ask.listing.table), Carrier(making.engine, Form.SPLIT)
    place, within = carrier.reserve(), inner.reserve()
    items = _items(paging, source, inner)
    rows, name = paging.rows(source), making.alias()
    columns: list[ColumnElement[Any]] = [func.count().label("n")]
    if paging.counted:
        rows = rows.add_columns(func.count().over().label("number"))
        columns.append(func.max(literal_column(f"{source.alias}.number")).label("number"))
    within(rows.subquery(source.alias))
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
    total = f"({_of(carrier, name, 'number')} or 0)" if paging.counted else ""
    return Rows(source, inner, items, tuple(lines), loop, "a{{cell}}[{row}]", total)


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


WRITE: Mapping[type, Write] = {Listed: listed, Alone: alone}
