"""What the log says of exceptions and of what libraries log: no values."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.testing import LogCapture

from app.bugs import LONGEST, Foreign, describe
from app.db.engine import Store
from tests.canaries import Canary

SECRET = Canary("secret").text

ERRORS = {
    "a key": (KeyError(SECRET), "…"),
    "a number": (ValueError(f"invalid literal for int() with base 10: {SECRET!r}"),
                 "invalid literal for int() with base 10: …"),
    "a quote within": (ValueError(f"""no "it's {SECRET}" here"""), "no … here"),
    "a quote that does not end": (ValueError(f"no '{SECRET}"), "no …"),
    "the lines that follow": (ValueError(f"one\n{SECRET}"), "one"),
    "nothing": (ValueError(), ""),
    "PostgreSQL": (asyncpg.DataError(f"invalid input for query argument $1: {SECRET}"),
                   "SQLSTATE 22000"),
    "SQLite": (DBAPIError(f"SELECT {SECRET}", {}, sqlite3.OperationalError("no such table: x")),
               "no such table: x"),
}  # fmt: skip


@pytest.mark.parametrize(("error", "message"), ERRORS.values(), ids=ERRORS)
def test_what_is_said_of_an_exception(error: Exception, message: str) -> None:
    told = describe(error)
    assert told["message"] == message
    assert SECRET not in str(told)


def test_what_is_said_is_short() -> None:
    assert len(describe(ValueError("x" * 999))["message"]) == LONGEST


async def test_what_a_database_says_of_a_parameter(store: Store) -> None:
    wrong = "SELECT CAST(:one AS integer)" if store.dialect == "postgresql" else "SELECT :one, x"
    with pytest.raises(DBAPIError) as raised:
        await store.write(lambda session: session.execute(text(wrong), {"one": SECRET}))
    assert SECRET not in str(describe(raised.value))


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    capture = LogCapture()
    structlog.configure(processors=[capture])
    yield capture.entries
    structlog.reset_defaults()


def test_what_a_library_logs(logs: list[Any]) -> None:
    logger = logging.getLogger("library")
    handler = Foreign()
    logger.addHandler(handler)
    try:
        dict[str, str]()[SECRET]
    except KeyError:
        logger.exception("failed for %r\n%s", SECRET, SECRET)
    logger.warning("odd")
    logger.removeHandler(handler)
    failed, odd = logs
    assert SECRET not in str(logs)
    assert (failed["event"], failed["log_level"], failed["error"]) == (
        "library",
        "error",
        "KeyError",
    )
    assert failed["where"].startswith(__file__)
    assert (odd["logger"], odd["message"], odd["log_level"]) == ("library", "odd", "warning")
