"""The events of engines: what is done with each connection, and with what is sent on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.pragmas import apply
from app.db.search import like
from app.figures import current


def prepare(engine: AsyncEngine, pragmas: Mapping[str, object], begin: str) -> None:
    """Set each new connection up, and begin its transactions in the way that is asked for."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.create_function("like", 3, like, deterministic=True)
        apply(connection, pragmas)

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    count_statements(engine)


def count_statements(engine: AsyncEngine) -> None:
    """Count what sessions send to the database, for the request that is answered by it."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            current().statements += 1


def read_json(text: str | bytes) -> Any:
    """The value of a stored JSON text, as Python's decoder finds it, in a third of the time."""
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:  # NaN, or what is beyond a double: only others can have stored it
        return json.loads(text)
