"""Pages: what is written of a list, its rows being there, and of a row that stands for a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    func,
    select,
)

from resolvers.answers import Tally
from resolvers.plan.objects import Making
from resolvers.plan.paging import Paging, Rows, part_of
from resolvers.plan.reading import Attribute, Node, Typename
from resolvers.plan.scopes import Carrier, Source


def page(paging: Paging, rows: Rows | None, carrier: Carrier) -> str:
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
    match part_of(part):
        case "totalCount":
            return _total(paging, rows, carrier)
        case "page":
            return f"f[{paging.node.index}]"
        case "pageSize":
            return _size(paging, rows, carrier)
    assert rows is not None
    return _info(paging, part, rows) if part_of(part) == "pageInfo" else _all(paging, part, rows)


def _total(paging: Paging, rows: Rows | None, carrier: Carrier) -> str:
    return rows.total if rows is not None and rows.total else paging.total(carrier)


def _size(paging: Paging, rows: Rows | None, carrier: Carrier) -> str:
    if not paging.ask.window.every:
        return str(paging.limit)
    return f"max(1, min({_total(paging, rows, carrier)}, {paging.limit}))"


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
    value = getattr(answer.table, answer.attribute)
    counted = (
        select(value.label("value"), func.count().label("number"))
        .where(answer.criterion(making.viewer))
        .group_by(value)
        .subquery(making.alias())
    )
    pairs = (counted.c.value, counted.c.number)
    if making.engine.lateral:
        together: ColumnElement[Any] = func.json_object_agg(*pairs)
    else:  # plain text: SQLite would put what it knows to be JSON into an array as it is
        together = func.json_group_object(*pairs, type_=Text()).concat("")
    collected = select(together.label("value"))
    key, alias = ("tally", answer), making.alias()
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
    name = part_of(part)
    if name == "items":
        return f"[{making.object(part.below, source, carrier)}]"
    if name == "edges":
        return f"[{edge(making, part, source, carrier, lambda: mark)}]"
    if name == "pageInfo":
        never = dict.fromkeys(("has_next_page", "has_previous_page"), "False")
        return _attributes(part, {**never, "start_cursor": mark, "end_cursor": mark})
    return {"totalCount": "1", "page": "0", "pageSize": "1"}[name]


def edge(
    making: Making, part: Node, source: Source, carrier: Carrier, cursor: Callable[[], str]
) -> str:
    def written(node: Node) -> str:
        if node.kinds:
            return making.object(node.below, source, carrier)
        return repr(node.type.name) if isinstance(node.answer, Typename) else cursor()

    return f"{{{', '.join(f'{node.name!r}: {written(node)}' for node in part.below)}}}"
