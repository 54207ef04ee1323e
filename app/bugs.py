"""What the log says of an exception, and of what libraries log: never a value."""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType

import structlog

LONGEST = 200  # characters of a message; a literal of any length would be quoted back otherwise

#: A value in the message of an exception.
QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?""")


def describe(error: BaseException) -> dict[str, str]:
    """What a log says of an exception: its type, where it arose, and what it says but for values.

    Of PostgreSQL's that is the SQLSTATE: asyncpg quotes parameters, and a trigger says anything. Of
    others the first line, without what is in quotes: SQLAlchemy has statements in the next ones.
    """
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    return {
        "error": type(cause).__name__,
        "message": f"SQLSTATE {state}" if state else first_line(str(cause)),
        "where": _where(error.__traceback__),
    }


def first_line(text: str) -> str:
    """The first line without what is in quotes, and not much of it."""
    return cut(QUOTED.sub("…", (text.splitlines() or [""])[0]))


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _where(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


class Foreign(logging.Handler):
    """Has what libraries log be lines like all others, without tracebacks: those quote values."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        told = {"message": first_line(record.getMessage())} | (describe(error) if error else {})
        structlog.get_logger().log(record.levelno, "library", logger=record.name, **told)
