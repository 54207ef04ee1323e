"""All tables: importing this module completes `Table.metadata`."""

from __future__ import annotations

from app.db import (
    access,
    connections,
    designs,
    environments,
    events,
    idempotency,
    keys,
    organizations,
    registry,
    rest_calls,
    teams,
    users,
)
from app.db.base import Table

__all__ = [
    "Table",
    "access",
    "connections",
    "designs",
    "environments",
    "events",
    "idempotency",
    "keys",
    "organizations",
    "registry",
    "rest_calls",
    "teams",
    "users",
]
