"""Texts that match a LIKE pattern without regard to case, in whichever script they are.

SQLite itself folds ASCII letters only, and so does PostgreSQL where a column sorts by code point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, SQLColumnExpression
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ESCAPE = "\\"


class alike(FunctionElement[bool]):  # noqa: N801 - named as SQLAlchemy's own functions are
    """The text matches the pattern, in which a backslash makes a wildcard an ordinary character."""

    type = Boolean()
    name = "alike"
    inherit_cache = True

    def __init__(self, text: SQLColumnExpression[Any], pattern: Any) -> None:
        super().__init__(text, pattern)


@compiles(alike, "postgresql")
def _postgresql(element: alike, compiler: Any, **options: Any) -> str:
    """By the rules of the database's own locale; a backslash is PostgreSQL's default escape."""
    text, pattern = (compiler.process(each, **options) for each in element.clauses)
    return f'({text}) COLLATE "default" ILIKE ({pattern}) COLLATE "default"'


@compiles(alike, "sqlite")
def _sqlite(element: alike, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(each, **options) for each in element.clauses)
    return f"{text} LIKE {pattern} ESCAPE '{ESCAPE}'"


def like(pattern: str | None, text: str | None, escape: str) -> bool | None:
    """What SQLite calls for `text LIKE pattern ESCAPE escape`, once it is told to."""
    if pattern is None or text is None:
        return None
    return _test(pattern, escape)(str(text).lower())


@lru_cache(maxsize=256)
def _test(pattern: str, escape: str) -> Callable[[str], bool]:
    """Whether a text in lower case matches the pattern."""
    tokens = re.findall(f"{re.escape(escape)}.|.", pattern.lower(), re.DOTALL)
    inner = tokens[1:-1]
    if tokens[:1] == tokens[-1:] == ["%"] and inner and not {"%", "_"} & set(inner):
        part = "".join(token[-1] for token in inner)
        return lambda text: part in text
    wildcards = {"%": ".*", "_": "."}
    expression = "".join(wildcards.get(token) or re.escape(token[-1]) for token in tokens)
    match = re.compile(expression, re.DOTALL).fullmatch
    return lambda text: match(text) is not None
