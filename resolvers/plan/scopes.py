"""The columns and cells of one SELECT, and how each engine carries a value to the function.

A `Source` is a subquery of whole rows, narrowed and windowed: its columns are the table's own. A
`Carrier` is the SELECT around it: its cells are what travels. They travel as a row of the driver,
as a JSON array, or split: one text for each column of a whole list, its values in order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    Uuid,
    cast,
    func,
    inspect,
    literal_column,
    select,
    true,
)
from sqlalchemy.types import JSON

from app.db.base import Table, UtcDateTime

Kind = Literal["text", "uuid", "time", "json", "number", "nested", "count", "opaque"]

#: More arguments than PostgreSQL (100) and SQLite (127) take in one call.
MOST_CELLS = 99


#: What a text of many values holds of each as text of its own.
AS_TEXT: tuple[Kind, ...] = ("nested", "number")


class TooWide(Exception):
    """An object has more fields than a function of the database takes arguments."""


class Form(Enum):
    ROW = "row"
    ARRAY = "array"
    SPLIT = "split"


@dataclass(frozen=True)
class Engine:
    """What differs between databases. `decoding` makes source of a reference to a cell."""

    name: str
    lateral: bool
    array: Any
    aggregate: Any
    decoding: Mapping[Kind, str]

    def carried(self, kind: Kind, value: ColumnElement[Any], form: Form) -> ColumnElement[Any]:
        """The expression as it travels."""
        if self.name == "sqlite":
            return func.json(value) if kind == "nested" and form is Form.ARRAY else value
        if kind == "time" and form is not Form.ROW:
            return cast(func.timezone("UTC", value), Text)
        if kind == "json" or (kind == "uuid" and form is not Form.ARRAY):
            return cast(value, Text)
        return cast(value, Text) if kind in AS_TEXT and form is Form.SPLIT else value

    def decoded(self, kind: Kind, form: Form, reference: str, *, nullable: bool) -> str:
        """Source of the value that arrived."""
        template = self.decoding.get(kind, "{}")
        if kind == "nested" and form is Form.ARRAY:
            template = "{}"
        if kind == "number" and form is Form.SPLIT:
            template = "int({})"
        if kind == "time" and form is Form.ROW and self.name != "sqlite":
            template = "{}"
        if template == "{}" or not nullable:
            return template.format(reference)
        return f"(None if {reference} is None else {template.format(reference)})"


_BOTH: Mapping[Kind, str] = {"time": "time({})", "json": "Fragment({})", "nested": "loads({})"}
ENGINES: Mapping[str, Engine] = {
    "postgresql": Engine(
        "postgresql", lateral=True, array=func.json_build_array, aggregate=func.json_agg,
        decoding=_BOTH,
    ),
    "sqlite": Engine(
        "sqlite", lateral=False, array=func.json_array, aggregate=func.json_group_array,
        decoding={**_BOTH, "uuid": "dashed({})"},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    expression: ColumnElement[Any]
    kind: Kind
    nullable: bool


@dataclass
class Source:
    """Rows of one table under an alias; `raw` are the columns that the cells refer to."""

    alias: str
    table: type[Table]
    raw: dict[str, SQLColumnExpression[Any]] = field(default_factory=dict)

    def column(self, attribute: str) -> ColumnElement[Any]:
        """The row's own column, as the SELECT around the subquery names it."""
        own = getattr(self.table, attribute)
        return self.named(f"c_{attribute}", own)

    def named(self, label: str, expression: SQLColumnExpression[Any]) -> ColumnElement[Any]:
        self.raw.setdefault(label, expression)
        return literal_column(f"{self.alias}.{label}", expression.type)  # type: ignore[attr-defined]

    @property
    def id(self) -> ColumnElement[Any]:
        return self.column("id")

    def columns(self) -> Select[*tuple[Any, ...]]:
        """SELECT the raw columns FROM the table, to be narrowed."""
        labelled: list[ColumnElement[Any]] = [
            expression.label(label) for label, expression in self.raw.items()
        ]
        return select(*labelled).select_from(self.table)


@dataclass
class Carrier:
    """The cells of one SELECT, which come from any number of sources."""

    engine: Engine
    form: Form
    cells: list[Cell] = field(default_factory=list)
    in_spine: bool = False
    _joined: list[FromClause | None] = field(default_factory=list)
    _spined: list[FromClause | None] = field(default_factory=list)
    _known: dict[Hashable, int] = field(default_factory=dict)

    def reserve(self) -> Callable[[FromClause], None]:
        """Keep the place of a source among the others; call what is returned to fill it.

        Those of the spine come after all others, which are read once and not for each of its rows.
        """
        joined = self._spined if self.in_spine else self._joined
        place = len(joined)
        joined.append(None)
        return lambda source: joined.__setitem__(place, source)

    def cell(
        self, key: Hashable, expression: ColumnElement[Any], kind: Kind, *, nullable: bool
    ) -> int:
        """The number of the cell for an expression; `key` tells it from others."""
        if key not in self._known:
            self._known[key] = len(self.cells)
            self.cells.append(Cell(expression, kind, nullable))
        return self._known[key]

    def column(self, source: Source, attribute: str) -> int:
        expression = source.column(attribute)
        kind, nullable = kind_of(source.table, attribute)
        return self.cell((source.alias, attribute), expression, kind, nullable=nullable)

    def reference(self, number: int) -> str:
        return f"v{number}" if self.form is Form.SPLIT else f"r[{number}]"

    def value(self, number: int) -> str:
        """Source of a cell's value, for the row `r` (or split: the variables) at hand."""
        return self.decode(number, self.reference(number))

    def decode(self, number: int, reference: str) -> str:
        cell = self.cells[number]
        return self.engine.decoded(cell.kind, self.form, reference, nullable=cell.nullable)

    def selected(self) -> list[ColumnElement[Any]]:
        return [self.engine.carried(each.kind, each.expression, self.form) for each in self.cells]

    def select(self, *expressions: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
        """SELECT the expressions of all sources: of the first, with NULL where others have none."""
        first, *others = (each for each in (*self._joined, *self._spined) if each is not None)
        origin: FromClause = first
        for each in others:
            origin = origin.outerjoin(each, true())
        return select(*expressions).select_from(origin)

    def one_array(self) -> Select[*tuple[Any, ...]]:
        """The only row as a JSON array."""
        return self.select(self._array().label("value"))

    def all_arrays(self) -> Select[*tuple[Any, ...]]:
        """All rows as a JSON array of arrays, or NULL."""
        return self.select(self.engine.aggregate(self._array()).label("value"))

    def read(
        self,
        key: Hashable,
        alias: str,
        value: Select[*tuple[Any, ...]],
        kind: Kind,
        *,
        nullable: bool,
    ) -> int:
        """The number of the cell for the only `value` of another SELECT, or NULL."""
        if key in self._known:
            return self._known[key]
        if self.form is Form.ROW and self.engine.lateral:
            self.reserve()(value.lateral(alias))
            column = literal_column(f"{alias}.value", value.selected_columns[0].type)
            return self.cell(key, column, kind, nullable=nullable)
        return self.cell(key, value.scalar_subquery(), kind, nullable=nullable)

    def _array(self) -> Any:
        if len(self.cells) > MOST_CELLS:
            raise TooWide
        return self.engine.array(*self.selected())


def kind_of(table: type[Table], attribute: str) -> tuple[Kind, bool]:
    """How a column's values travel, and whether there may be none; `opaque` ones do not."""
    column = inspect(table).columns[attribute]
    kinds: tuple[tuple[type, Kind], ...] = (
        (Uuid, "uuid"), (UtcDateTime, "time"), (JSON, "json"), (Text, "text"), (Integer, "number"),
    )  # fmt: skip
    known = (kind for type_, kind in kinds if isinstance(column.type, type_))
    return next(known, "opaque"), bool(column.nullable)
