"""A column compared with many values that travel as one: one statement serves any number."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class Array(TypeDecorator[Collection[Any]]):
    """Values of one type: an array on PostgreSQL, the text of a JSON array on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        stored = self.item.dialect_impl(dialect)
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(stored))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return None if value is None else list(value)
        convert: Callable[[Any], Any] | None = self.item.dialect_impl(dialect).bind_processor(
            dialect
        )
        return json.dumps([convert(each) if convert else each for each in value])


class any_of(FunctionElement[bool]):  # noqa: N801 - named as SQLAlchemy's own functions are
    """The column equals one of the values: a collection, or a parameter that stands for one."""

    type = Boolean()
    name = "any_of"
    inherit_cache = True

    def __init__(
        self,
        column: ColumnElement[Any] | InstrumentedAttribute[Any],
        values: Collection[Any] | BindParameter[Any],
    ) -> None:
        if not isinstance(values, BindParameter):
            values = bindparam(None, values, Array(column.type))
        super().__init__(column, values)

    def self_group(self, against: Any = None) -> any_of:  # noqa: ARG002 - SQLAlchemy's signature
        """Itself among conditions: on SQLite `… = 1` would follow, and no index be used."""
        return self


@compiles(any_of, "postgresql")
def _postgresql(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = _operands(element, compiler, options)
    return f"{column} = ANY ({values})"


@compiles(any_of, "sqlite")
def _sqlite(element: any_of, compiler: Any, **options: Any) -> str:
    column, values = _operands(element, compiler, options)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both are SQL


def _operands(element: any_of, compiler: Any, options: dict[str, Any]) -> tuple[str, str]:
    column, values = element.clauses
    return compiler.process(column, **options), compiler.process(values, **options)
