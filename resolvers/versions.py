"""Changes of what the caller has read, and of nothing newer."""

from __future__ import annotations

from typing import Any

from app.db.base import Versioned
from app.errors import VersionConflict

FIELD = "expectedVersion"


def expect(row: Versioned, given: Any) -> None:
    """Raise `VersionConflict` if the input expects another version than that of the locked row."""
    expected = given.expected_version
    if expected is not None and expected != row.version:
        name = type(row).__name__.lower()
        raise VersionConflict(
            f"{FIELD}: this {name} has version {row.version} by now, and not {expected}: "
            "read it again, and decide anew.",
            field=FIELD,
            expected=expected,
            version=row.version,
        )
