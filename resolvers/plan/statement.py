"""The one statement of an operation, with the function that makes its response of the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Dialect,
    Uuid,
    bindparam,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import aiosqlite

from app.db.access import current_generation
from app.db.base import Table, live
from app.db.direct import too_deep
from app.db.organizations import Organization
from resolvers.access import visible
from resolvers.answers import Access, Anyone, Current, Listed, One
from resolvers.plan import lists, objects
from resolvers.plan.objects import Making
from resolvers.plan.reading import Node, Typename, Unplannable
from resolvers.plan.scopes import ENGINES, Carrier, Form, TooWide
from resolvers.sights import AnyViewer

DIALECTS: Mapping[str, Callable[[], Dialect]] = {
    "postgresql": asyncpg.dialect,
    "sqlite": aiosqlite.dialect,
}

Process = Callable[[Any], Any]


@dataclass(frozen=True)
class Parameter:
    """A place for a value: `name` is empty for one that is always the same."""

    name: str
    value: Any = None


@dataclass(frozen=True)
class Statement:
    """SQL text with places for values, in order, and what becomes of its rows.

    The first column is the generation of access rights. `process` converts a named value into what
    the driver takes. `admissions` are what the viewer must hold, where an argument says so in the
    organization that a parameter names. There is one row, unless `many`.
    """

    sql: str
    parameters: tuple[Parameter, ...]
    process: Mapping[str, Process | None]
    admissions: tuple[tuple[Access, str], ...]
    source: str
    build: Callable[[Sequence[Any], Sequence[int]], dict[str, Any]]
    many: bool


def made(
    nodes: tuple[Node, ...],
    dialect: str,
    tables: Mapping[str, type[Table]],
) -> Statement:
    """The statement for a tree of fields; `tables` has the table of each stored type.

    Raises `Unplannable`.
    """
    viewer = AnyViewer(_home(nodes))
    making = Making(ENGINES[dialect], viewer, tables, {**objects.WRITE, **lists.WRITE})
    carrier = Carrier(making.engine, Form.ROW)
    carrier.reserve()(select(literal_column("1", BigInteger()).label("one")).subquery("t"))
    carrier.cell("generation", current_generation(), "count", nullable=False)
    try:
        members = [f"{node.name!r}: {_root(making, node, carrier)}" for node in nodes]
        statement = carrier.select(*carrier.selected()).order_by(*making.sorting)
    except TooWide:
        raise Unplannable((), "an object has too many fields") from None
    lines = ["r = rows[0]", f"return {{{', '.join(members)}}}"]
    build = making.code.function("rows, f", lines)
    sql, parameters, process = _compiled(statement, DIALECTS[dialect]())
    if dialect == "sqlite" and too_deep(sql):
        raise Unplannable((), "the lists are nested too deep for one statement of SQLite")
    admissions = tuple(
        (node.answer.access, node.key if isinstance(node.answer, Listed) else "")
        for node in nodes
        if not isinstance(node.answer, Typename)
    )
    code = making.code
    many, function = making.spine is not None, code.built(build)
    return Statement(sql, parameters, process, admissions, code.source, function, many)


def _compiled(
    statement: Any, dialect: Dialect
) -> tuple[str, tuple[Parameter, ...], dict[str, Process | None]]:
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    process: dict[str, Process | None] = {}
    parameters = []
    for name in compiled.positiontup:
        bind = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            process[name] = convert
            parameters.append(Parameter(name))
        else:
            value = bind.effective_value
            parameters.append(Parameter("", convert(value) if convert else value))
    return str(compiled), tuple(parameters), process


def _root(making: Making, node: Node, carrier: Carrier) -> str:
    match node.answer:
        case Typename():
            return repr(node.type.name)
        case Listed():
            return lists.listed(making, node, None, carrier)
        case One(table=table):
            return f"({_row(making, node.below, table, _key(node), carrier)} None)"
        case Current(table=table):
            return (
                f"({_row(making, node.below, table, making.viewer.user_id, carrier)} known(None))"
            )
        case Anyone():
            rows = [
                _row(making, below, making.tables[type_], _key(node), carrier)
                for type_, below in node.kinds.items()
            ]
            return f"({' '.join(rows)} None)"
    raise Unplannable(node.path, f"{type(node.answer).__name__} is interpreted here")


def _home(nodes: tuple[Node, ...]) -> BindParameter[Any] | None:
    """The organization that the only field asks about, if it does."""
    if len(nodes) != 1:
        return None
    match nodes[0].answer:
        case One(table=table) if table is Organization:
            return _key(nodes[0])
        case Listed(organization=True):
            return _key(nodes[0])
    return None


def _key(node: Node) -> BindParameter[Any]:
    return bindparam(node.key, type_=Uuid())


def _row(
    making: Making,
    below: tuple[Node, ...],
    table: type[Table],
    key: Any,
    carrier: Carrier,
) -> str:
    """Source of the object of an id, to be continued with what stands for one not to be seen."""
    source, place = making.source(table), carrier.reserve()
    present = carrier.reference(carrier.column(source, "id"))
    written = making.object(below, source, carrier)
    rows = source.columns().where(table.id == key, live(table), visible(table, making.viewer))
    place(rows.subquery(source.alias))
    return f"{written} if {present} is not None else"
