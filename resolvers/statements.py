"""The statements of the loaders, each made once for all questions that differ in values alone.

To put a statement together takes SQLAlchemy longer than the database takes to answer it, and so
does finding out that one has been compiled before, unless it is the same object.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, select

from app.db.arrays import Array, any_of
from app.db.base import Table, live
from resolvers.access import visible
from resolvers.asks import parametrised, structure, values
from resolvers.listing import Ask
from resolvers.sights import AnyViewer, value_of
from resolvers.viewer import Viewer
from resolvers.windows import page_of, total_of

MOST_SHAPES = 1_000

#: The parameter for the ids of the rows that are wanted, or of their parents.
IDS = "ids"


@dataclass(frozen=True)
class Shape:
    """What questions have in common that are put by the same statement: `ask` is any of them."""

    structure: Hashable
    nested: bool
    columns: tuple[str, ...] | None
    ask: Ask = field(compare=False)


@dataclass(frozen=True)
class Standing:
    """A statement for any values, and the names of those that the viewer gives."""

    statement: Select[*tuple[Any, ...]]
    of_viewer: tuple[str, ...]

    def given(self, viewer: Viewer, rest: Mapping[str, Any]) -> dict[str, Any]:
        return {**{name: value_of(viewer, name) for name in self.of_viewer}, **rest}


#: A statement, and the values for it.
Question = tuple[Select[*tuple[Any, ...]], dict[str, Any]]


def page(
    ask: Ask, viewer: Viewer, parents: list[UUID] | None, columns: tuple[str, ...] | None
) -> Question:
    """As `page_of` has it: the windows of a list."""
    made = _page(Shape(structure(ask), parents is not None, columns, ask))
    return made.statement, made.given(viewer, {**values(ask, 0), IDS: parents})


def total(ask: Ask, viewer: Viewer, parents: list[UUID] | None) -> Question:
    """As `total_of` has it: how many rows a list has."""
    made = _total(Shape(structure(ask), parents is not None, None, ask))
    return made.statement, made.given(viewer, {**values(ask, 0), IDS: parents})


def rows(table: type[Table], viewer: Viewer, ids: list[UUID]) -> Question:
    """The live rows of those ids that the viewer may see."""
    made = _rows(table)
    return made.statement, made.given(viewer, {IDS: ids})


@lru_cache(maxsize=MOST_SHAPES)
def _page(shape: Shape) -> Standing:
    sight = AnyViewer()
    statement = page_of(parametrised(shape.ask, 0), sight, _parents(shape), shape.columns)
    return Standing(statement, tuple(sight.parameters))


@lru_cache(maxsize=MOST_SHAPES)
def _total(shape: Shape) -> Standing:
    sight = AnyViewer()
    statement = total_of(parametrised(shape.ask, 0), sight, _parents(shape))
    return Standing(statement, tuple(sight.parameters))


@lru_cache(maxsize=MOST_SHAPES)
def _rows(table: type[Table]) -> Standing:
    sight = AnyViewer()
    statement = select(table).where(any_of(table.id, _ids()), live(table), visible(table, sight))
    return Standing(statement, tuple(sight.parameters))


def _parents(shape: Shape) -> Any:
    return _ids() if shape.nested else None


def _ids() -> Any:
    return bindparam(IDS, type_=Array(Uuid()))
