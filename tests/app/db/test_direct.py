"""Single statements: which SQLite cannot even read, and what becomes of connections."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from sqlalchemy import make_url

from app.db.connecting import Line
from app.db.direct import PostgreSQL, too_deep
from app.db.room import Room
from tests import stores


@pytest.mark.parametrize(
    ("sql", "deep"),
    [
        ("SELECT 1", False),
        ("SELECT missing FROM nowhere WHERE a = ?", False),
        ("SELECT " + "(SELECT " * 10 + "1" + ")" * 10, False),
        ("SELECT " + "(SELECT " * 60 + "1" + ")" * 60, True),
    ],
)
def test_what_is_too_deep(sql: str, *, deep: bool) -> None:
    assert too_deep(sql) is deep


def test_connections_that_were_closed_are_not_tried(postgresql: stores.PostgreSQL) -> None:
    async def backends(url: str) -> list[int]:
        """Who answers first, again, and after that one was closed; and how many stay."""
        direct = PostgreSQL(Line(make_url(url)), Room(2))
        ask = partial(direct.fetch, "SELECT pg_backend_pid()", ())
        found = [(await ask())[0][0] for _ in range(2)]
        await direct._free[0].close()
        found += [(await ask())[0][0], len(direct._free)]
        await direct.close()
        return found

    with postgresql.database() as url:
        first, again, other, kept = asyncio.run(backends(url))
    assert again == first
    assert other != first
    assert kept == 1
