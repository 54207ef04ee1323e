"""One row as one statement: the insert that needs no session, and no transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, bindparam, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import aiosqlite

from app.db.access import current_generation
from app.db.base import Table
from app.strict_json import encode

GENERATION = "generation"
DIALECTS: dict[str, Any] = {
    "postgresql": (asyncpg.dialect, postgresql.insert),
    "sqlite": (aiosqlite.dialect, sqlite.insert),
}


class Draft(SimpleNamespace):
    """A row of `table` that is not there yet: all its values, by attribute.

    An object of the ORM would watch over each of them, and no session is to know of this one.
    """

    def __init__(self, table: type[Table], /, **values: Any) -> None:
        super().__init__(**values)
        self.table = table


@dataclass(frozen=True)
class Insertion:
    """INSERT of a row of one table, while rights are those of a generation, unless its id is taken.

    Its result is one row if the row was inserted, and else none. `attributes` are the values in
    order, as attributes of the row.
    """

    sql: str
    attributes: tuple[str, ...]
    process: tuple[Callable[[Any], Any] | None, ...]

    def parameters(self, row: Draft, generation: int) -> list[Any]:
        """The values as the driver takes them."""
        found = []
        for attribute, process in zip(self.attributes, self.process, strict=True):
            value = generation if attribute == GENERATION else getattr(row, attribute)
            found.append(process(value) if process else value)
        return found


@cache
def insertion(table: type[Table], dialect: str) -> Insertion:
    """The statement for a table, the same for all its rows."""
    make, insert = DIALECTS[dialect]
    known = make(json_serializer=lambda value: encode(value).decode())
    columns = {each.key: each.columns[0] for each in inspect(table).column_attrs}
    values = [bindparam(key, type_=column.type) for key, column in columns.items()]
    same = current_generation() == bindparam(GENERATION, type_=BigInteger())
    statement = insert(table).from_select(
        [column.name for column in columns.values()], select(*values).where(same)
    )
    statement = statement.on_conflict_do_nothing(index_elements=["id"]).returning(table.id)
    compiled = statement.compile(dialect=known)
    types = [compiled.binds[name].type for name in compiled.positiontup]
    process = [each.dialect_impl(known).bind_processor(known) for each in types]
    return Insertion(str(compiled), tuple(compiled.positiontup), tuple(process))
