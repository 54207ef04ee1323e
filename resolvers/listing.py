"""A list as data: where its rows come from, and how they are searched, ordered, filtered, paged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, func, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from app.db.arrays import Array, any_of
from app.db.base import Sorted, Table, UtcDateTime
from app.db.search import alike
from resolvers.access import Sight

#: How many rows `all: true` gives at most, unless the list says less.
ALL_ROWS = 10_000
#: How many rows a page has when nothing is asked for: fewer below a row, as sizes multiply.
DEFAULT_PAGE_SIZE = 25
NESTED_PAGE_SIZE = 10
MAX_PAGE_SIZE = 100
MAX_SEARCH = 100
#: The largest number that a column of 32 bits holds.
MAX_NUMBER = 2**31 - 1

EPOCH = datetime(1, 1, 1, tzinfo=UTC)

Expression = SQLColumnExpression[Any]
Criterion = ColumnElement[bool]


@dataclass(frozen=True)
class Filter:
    """A condition of a list. `load` makes of what the caller gave the value that is bound.

    The criterion gets the value, or a parameter for it, and whoever asks. `holds` says the same of
    a row that is at hand, for lists that can be followed.
    """

    criterion: Callable[[Any, Sight], Criterion]
    type: TypeEngine[Any]
    load: Callable[[Any], Any] = lambda value: value
    holds: Callable[[Any, Any], bool] | None = None

    @classmethod
    def equals(cls, column: InstrumentedAttribute[Any]) -> Filter:
        return cls(
            lambda value, _: column == value,
            column.type,
            holds=lambda row, value: getattr(row, column.key) == value,
        )

    @classmethod
    def among(cls, column: InstrumentedAttribute[Any]) -> Filter:
        return cls(
            lambda values, _: any_of(column, values),
            Array(column.type),
            holds=lambda row, values: getattr(row, column.key) in values,
        )

    @classmethod
    def contains(cls, column: InstrumentedAttribute[Any]) -> Filter:
        """The column's text contains the value, without regard to case."""
        return cls(lambda like, _: matches(like, (column,)), Sorted, pattern)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > MAX_NUMBER:
        raise OverflowError(text)
    return number


#: What a cursor holds as text → the sort value.
_LOADS: Mapping[str, Callable[[str], object]] = {"text": str, "time": _moment, "number": _whole}
_TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": Sorted,
    "time": UtcDateTime(),
    "number": Integer(),
}


@dataclass(frozen=True)
class Order:
    """A column to sort by, as an expression that is never NULL, so that a cursor can hold it."""

    expression: Expression
    kind: Literal["text", "time", "number"] = "text"

    @classmethod
    def text(cls, column: InstrumentedAttribute[Any]) -> Order:
        """Sort without regard to (ASCII) case; NULL sorts as the empty string."""
        value = func.coalesce(column, "") if column.nullable else column
        return cls(func.lower(value))

    @classmethod
    def time(cls, column: InstrumentedAttribute[Any]) -> Order:
        """Sort by moment; NULL sorts before all others."""
        return cls(func.coalesce(column, EPOCH) if column.nullable else column, "time")

    @classmethod
    def number(cls, column: InstrumentedAttribute[int]) -> Order:
        """Sort by size; for a column of 32 bits that is never NULL."""
        return cls(column, "number")

    def load(self, value: str) -> object:
        """The sort value that a cursor holds as text; raises ValueError or OverflowError."""
        return _LOADS[self.kind](value)

    @property
    def type(self) -> TypeEngine[Any]:
        """The type that a sort value is bound with."""
        return _TYPES[self.kind]


@dataclass(frozen=True)
class Via:
    """How a parent reaches the rows: tables joined to theirs, and the column of the parent's id.

    `opens(id, viewer)` is enough for all rows that a parent reaches to be visible. It is asked
    once for the parent, where visibility is asked for each row. `together(home, viewer)` is enough
    for a row to be visible, and cheaper to ask of many.
    """

    parent: InstrumentedAttribute[Any]
    joins: tuple[tuple[type[Table], Criterion], ...] = ()
    where: tuple[Criterion, ...] = ()
    opens: Callable[[Any, Sight], Criterion] | None = None
    together: Callable[[Any, Sight], Criterion] | None = None


@dataclass(frozen=True, eq=False)
class Listing:
    """One list of the graph. Compared by identity: each is declared once.

    `otherwise` names a filter which, when false, turns the list into another one. `mine` narrows
    it by who asks, beyond what they may see; `lasting` rows are listed also when deleted.
    """

    table: type[Table]
    search: tuple[Expression, ...]
    order: Mapping[str, Order]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    via: Via | None = None
    default_order: str = "UPDATED_AT"
    all_rows: int = ALL_ROWS
    otherwise: tuple[str, Listing] | None = None
    everyone: bool = False
    mine: Callable[[Sight], Criterion] | None = None
    lasting: bool = False

    def under(
        self,
        parent: InstrumentedAttribute[Any],
        *joins: tuple[type[Table], Criterion],
        opens: Callable[[Any, Sight], Criterion] | None = None,
        together: Callable[[Any, Sight], Criterion] | None = None,
    ) -> Listing:
        """The same list, of the rows one parent reaches."""
        return replace(self, via=Via(parent, joins, opens=opens, together=together))


#: A place in an ordered list: the sort value and the id of the row there, or expressions for them.
Place = tuple[Any, Any]


@dataclass(frozen=True)
class Window:
    """Which rows of the ordered list: by number, or by keyset after or before a cursor."""

    limit: int = DEFAULT_PAGE_SIZE
    start: Any = 0
    page: int = 0
    after: Place | None = None
    before: Place | None = None
    backwards: bool = False
    every: bool = False


@dataclass(frozen=True)
class Ask:
    """One list with all its arguments: what a loader is keyed by.

    What is bound (the pattern of a search, the values of filters, the places and the start of the
    window) may be expressions instead: the same question for values to be given later.
    """

    listing: Listing
    search: Any = None
    order: str = "UPDATED_AT"
    descending: bool = True
    deleted: bool = False
    filters: tuple[tuple[str, Any], ...] = ()
    window: Window = field(default_factory=Window)

    def narrowed(self) -> Ask:
        """The same question without its window and order: what a total is keyed by."""
        return replace(self, order="", descending=True, window=Window())


def pattern(term: str) -> str:
    """The LIKE pattern of texts that contain the term, its own wildcards escaped."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def matches(like: Any, columns: tuple[Expression, ...]) -> Criterion:
    """One of the columns matches the pattern, without regard to case."""
    return or_(*(alike(column, like) for column in columns))
