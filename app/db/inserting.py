"""One row as one statement: the insert that needs no session, and no transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, exists, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import aiosqlite

from app.db.access import current_generation
from app.db.base import Table
from app.strict_json import encode

GENERATION = "generation"
#: What the parameters of the row beside begin with.
BESIDE = "beside_"
DIALECTS: dict[str, Any] = {
    "postgresql": (asyncpg.dialect, postgresql.insert),
    "sqlite": (aiosqlite.dialect, sqlite.insert),
}


class Draft(SimpleNamespace):
    """A row of `table` that is not there yet: all its values, by attribute.

    The row `beside` it is inserted if it is. An object of the ORM would watch over each of the
    values, and no session is to know of this one.
    """

    def __init__(
        self, table: type[Table], /, *, beside: Draft | None = None, **values: Any
    ) -> None:
        super().__init__(**values)
        self.table = table
        self.beside = beside


@dataclass(frozen=True)
class Statement:
    """SQL, and how its parameters are made of a row: `read` gives all of them, in their order."""

    sql: str
    read: Callable[[Draft], tuple[Any, ...]]
    process: tuple[tuple[int, Callable[[Any], Any]], ...]

    def parameters(self, row: Draft, generation: int) -> list[Any]:
        """The values as the driver takes them."""
        row.generation = generation
        found = list(self.read(row))
        for place, process in self.process:
            found[place] = process(found[place])
        return found


@cache
def insertion(
    table: type[Table], beside: type[Table] | None, dialect: str
) -> tuple[Statement, ...]:
    """INSERT of a row, while rights are those of a generation, unless its id is taken.

    On PostgreSQL it is one statement, which always has one row: whether it inserted anything. On
    SQLite the first has one row if it inserted that, and else none; then there is nothing more to
    do, and else the row beside is inserted by another statement.
    """
    make, insert = DIALECTS[dialect]
    known = make(json_serializer=lambda value: encode(value).decode())
    values = _values(table, "")
    same = current_generation() == bindparam(GENERATION, type_=BigInteger())
    first = _from(insert(table), values, select(*values.values()).where(same))
    first = first.on_conflict_do_nothing(index_elements=["id"]).returning(table.id)
    others = {} if beside is None else _values(beside, BESIDE)
    if dialect == "sqlite":
        second = [] if beside is None else [_from(insert(beside), others, select(*others.values()))]
        return tuple(_compiled(each, known) for each in (first, *second))
    made = first.cte("made")
    done = select(exists().select_from(made))
    if beside is not None:
        rows = select(*others.values()).select_from(made)
        done = done.add_cte(_from(insert(beside), others, rows).cte("beside"))
    return (_compiled(done, known),)


def _from(insert: Any, values: Mapping[str, ColumnElement[Any]], rows: Any) -> Any:
    return insert.from_select(list(values), rows)


def _values(table: type[Table], prefix: str) -> Mapping[str, ColumnElement[Any]]:
    """What each column is given: a parameter, or the expression that is its default."""
    columns = {each.key: each.columns[0] for each in inspect(table).column_attrs}
    return {
        column.name: column.default.arg
        if column.default is not None and column.default.is_clause_element
        else bindparam(prefix + key, type_=column.type)
        for key, column in columns.items()
    }


def _compiled(statement: Any, dialect: Any) -> Statement:
    compiled = statement.compile(dialect=dialect)
    types = [compiled.binds[name].type for name in compiled.positiontup]
    process = [each.dialect_impl(dialect).bind_processor(dialect) for each in types]
    made = tuple((place, each) for place, each in enumerate(process) if each is not None)
    return Statement(str(compiled), attrgetter(*map(_place, compiled.positiontup)), made)


def _place(parameter: str) -> str:
    """Where a draft has the value of a parameter, as `attrgetter` has it."""
    if parameter.startswith(BESIDE):
        return f"beside.{parameter.removeprefix(BESIDE)}"
    return parameter
