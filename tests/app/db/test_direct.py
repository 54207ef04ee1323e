"""Single statements: which of them SQLite cannot even read."""

from __future__ import annotations

import pytest

from app.db.direct import too_deep


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
