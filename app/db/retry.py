"""Which failures of a database pass by themselves, and trying again until they have."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import StaleDataError

from app.errors import SnapshotLost, Unavailable, Unwritable
from app.interruptions import Deadline

T = TypeVar("T")

#: Beginnings of SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html).
PASSING_STATES = (
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "57P01",  # admin_shutdown
    "57P02",  # crash_shutdown
    "57P03",  # cannot_connect_now
    "08",  # connection_exception
    "53300",  # too_many_connections
)
#: Trying again at once does not help; the caller may, later.
REFUSING_STATES = ("53100", "53200", "25006")  # disk_full, out_of_memory, read_only_sql_transaction
#: The database gave up by itself: its statement_timeout was over before our deadline was.
LATE_STATES = ("57014",)  # query_canceled

#: Primary result codes (sqlite.org/rescode.html).
PASSING_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
REFUSING_CODES = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}

#: What a driver raises, itself or through SQLAlchemy. Connecting fails without its wrapping.
FAILURES = (
    DBAPIError,
    NoConnectionFree,
    OSError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SnapshotLost,
    StaleDataError,
)

#: A connection that cannot be had, or that asyncpg found gone (InternalClientError: while sending);
#: and what was read and is not so any more.
LOST = (
    OSError,
    NoConnectionFree,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SnapshotLost,
    StaleDataError,
)

UNREACHABLE = "The database could not be reached in time; try again."
UNWRITABLE = "The database cannot store anything at the moment; try again later."
LATE = "The database did not answer in time; try again."
BUSY = "All connections to the database are in use; try again."

SHORTEST_DELAY = 0.02
LONGEST_DELAY = 0.5

#: A row with the same key is there already: work that looks before it writes finds it next time.
TAKEN_STATE = "23505"  # unique_violation
TAKEN_CODES = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}

log = structlog.get_logger()


async def retrying(attempt: Callable[[], Awaitable[T]], timeout: float) -> T:  # noqa: ASYNC109
    """Await `attempt` until it succeeds, or fails with what will not pass by itself.

    A key that is taken passes once: who looks first then finds the row, or takes another key.

    Raises Unavailable when neither has happened after `timeout` seconds. What the last
    attempt did is then unknown: it may have been committed.
    """
    try:
        with Deadline(timeout):
            return await _attempts(attempt)
    except TimeoutError as error:
        raise unavailable() from error


def passes(error: BaseException) -> bool:
    """Whether the same work may succeed a moment later, on a new connection if need be."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return any(
        isinstance(each, LOST)
        or _state(each).startswith(PASSING_STATES)
        or _code(each) in PASSING_CODES
        for each in _causes(error)
    )


def collides(error: BaseException) -> bool:
    """Whether somebody else has just written a row of the same key."""
    return any(
        _state(each) == TAKEN_STATE or getattr(each, "sqlite_errorcode", None) in TAKEN_CODES
        for each in _causes(error)
    )


def refuses(error: BaseException) -> bool:
    """Whether the database has run out of something that only an operator can give it."""
    return any(
        _state(each).startswith(REFUSING_STATES) or _code(each) in REFUSING_CODES
        for each in _causes(error)
    )


def is_late(error: BaseException) -> bool:
    """Whether the database itself ended a statement that took too long."""
    return any(_state(each).startswith(LATE_STATES) for each in _causes(error))


def unavailable() -> Unavailable:
    """The answer to a caller who may send the same request again."""
    return Unavailable(UNREACHABLE)


async def _attempts(attempt: Callable[[], Awaitable[T]]) -> T:
    collided = False
    for delay in _delays():
        try:
            return await attempt()
        except FAILURES as error:
            if refuses(error):
                raise Unwritable(UNWRITABLE) from error
            if is_late(error):
                raise Unavailable(LATE) from error
            if not passes(error) and (collided or not collides(error)):
                raise
            collided = collided or collides(error)
            log.warning("database.retry", error=type(error).__name__, delay=delay)
        await asyncio.sleep(delay)
    raise AssertionError("delays never end")


def _delays() -> Iterator[float]:
    """Growing and random, so that writers who collided do not collide again."""
    longest = SHORTEST_DELAY
    while True:
        yield random.uniform(longest / 2, longest)  # noqa: S311 - not a secret
        longest = min(longest * 2, LONGEST_DELAY)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what the driver said: SQLAlchemy keeps that in `orig`, and in its cause."""
    yield error
    if isinstance(error, DBAPIError) and error.orig is not None:
        yield error.orig
        if error.orig.__cause__ is not None:
            yield error.orig.__cause__


def _state(error: BaseException) -> str:
    return getattr(error, "sqlstate", None) or ""


def _code(error: BaseException) -> int | None:
    """The primary result code: the low byte of an extended one."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
