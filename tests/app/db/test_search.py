"""Both engines agree on which texts a pattern matches."""

from __future__ import annotations

import pytest
from sqlalchemy import literal, null, select

from app.db.engine import Store
from app.db.search import alike

FOUND = [
    ("Horváth", "%HORVÁTH%"),
    ("ŁÓDŹ", "%łódź%"),
    ("Ελλάδα", "%ΕΛΛΆΔΑ%"),
    ("МОСКВА", "%москва%"),
    ("abc", "%B%"),
    ("abc", "a_c"),
    ("a\nc", "a_c"),
    ("a\nc", "%c"),
    ("abc", "%%"),
    ("", "%"),
    ("100%", "%0\\%%"),
    ("a_b", "%A\\_%"),
    ("a\\b", "%\\\\%"),
    ("a.c", "%.%"),
    ("😀 smile", "%😀%"),
]
NOT_FOUND = [
    ("Horvath", "%HORVÁTH%"),
    ("abc", "%x%"),
    ("abc", "b"),
    ("100", "%0\\%%"),
    ("axb", "%a\\_%"),
    ("abc", "%.%"),
    ("", "_"),
]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [(*pair, True) for pair in FOUND] + [(*pair, False) for pair in NOT_FOUND],
)
async def test_alike(store: Store, text: str, pattern: str, *, expected: bool) -> None:
    async with store.reading() as session:
        assert (await session.execute(select(alike(literal(text), pattern)))).scalar() is expected


async def test_nothing_is_alike_nothing(store: Store) -> None:
    async with store.reading() as session:
        assert (await session.execute(select(alike(null(), "%")))).scalar() is None
