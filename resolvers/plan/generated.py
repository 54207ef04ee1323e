"""The source of a plan's function, and what that source calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from app.compiling import LeftToInterpreter
from resolvers.cursors import encode_cursor

#: Stand between the values of a split column, and for NULL among them. A text may hold either: a
#: column is believed only when the numbers of its values and of its NULLs are as counted.
SEPARATOR = "\x1f"
NULL = "\x1e"


#: What asyncpg makes of the first and the last moment that Python knows, and PostgreSQL of that.
ENDS = {
    "-infinity": datetime.min.replace(tzinfo=UTC),
    "infinity": datetime.max.replace(tzinfo=UTC),
}


class NotAsPlanned(LeftToInterpreter):
    """What was read does not fit the plan."""

    def __init__(self, reason: str = "a value does not fit the plan") -> None:
        super().__init__(reason)


def column(text: str | None, number: int) -> list[str]:
    """The values of a split column without NULLs."""
    if not number:
        return []
    values = text.split(SEPARATOR) if text is not None else []
    if len(values) != number:
        raise NotAsPlanned
    return values


def nullable(text: str | None, number: int, known: int) -> list[str | None]:
    """The values of a split column of which `known` are not NULL."""
    values = column(text, number)
    if values.count(NULL) != number - known:
        raise NotAsPlanned
    return [None if value == NULL else value for value in values]


def time(text: str) -> datetime:
    """A moment in UTC, written without an offset."""
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return ENDS[text]


def dashed(text: str) -> str:
    """A UUID of 32 digits, written as RFC 9562 does."""
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def cursor(order: str, value: object, row: str) -> str:
    return encode_cursor(order, value, UUID(row))


def known(value: Any) -> Any:
    """A value that the schema does not allow to be null."""
    if value is None:
        raise NotAsPlanned
    return value


CALLED: dict[str, Any] = {
    "column": column,
    "nullable": nullable,
    "time": time,
    "dashed": dashed,
    "cursor": cursor,
    "known": known,
    "Fragment": orjson.Fragment,
    "loads": orjson.loads,
    "EMPTY": orjson.Fragment("{}"),
}


@dataclass
class Code:
    """Functions in the making. Names of the response are quoted; no value ever becomes source."""

    functions: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)

    def constant(self, value: Any) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def function(self, parameters: str, body: list[str]) -> str:
        """Define a function of these lines; returns its name."""
        name = f"f{len(self.functions)}"
        lines = "\n".join(f"    {line}" for line in body)
        self.functions.append(f"def {name}({parameters}):\n{lines}\n")
        return name

    @property
    def source(self) -> str:
        return "\n".join(self.functions)

    def built(self, name: str) -> Callable[..., Any]:
        namespace = {**CALLED, **self.constants}
        exec(compile(self.source, "<plan>", "exec"), namespace)  # noqa: S102 - made here, of names and numbers
        function: Callable[..., Any] = namespace[name]
        return function
