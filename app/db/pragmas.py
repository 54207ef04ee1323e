"""The settings of a connection to SQLite, which are read back: it keeps silent about refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

READER_PRAGMAS = {"query_only": 1, "busy_timeout": 5000}
#: synchronous = FULL (2): with NORMAL, a WAL loses acknowledged writes when the power fails.
WRITER_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "fullfsync": 1,
    "foreign_keys": 1,
    "busy_timeout": 5000,
}


class NotDurable(RuntimeError):
    """SQLite refuses a setting without which an acknowledged write could be lost."""


def apply(connection: Any, pragmas: Mapping[str, object]) -> None:
    """Set them; raises `NotDurable` for one that is not kept, such as WAL on a network drive."""
    cursor = connection.cursor()
    for name, value in pragmas.items():
        cursor.execute(f"PRAGMA {name} = {value}")
        cursor.execute(f"PRAGMA {name}")
        if (found := cursor.fetchone()[0]) != value:
            raise NotDurable(f"SQLite keeps {name} at {found}; {value} is needed.")
    cursor.close()
