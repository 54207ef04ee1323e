"""What every stored item of the graph shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from app.db.base import Table
from resolvers.fields import column


@strawberry.interface(description="Anything with an id: look one up with `node`.")
class Node:
    id: strawberry.ID = column("id", "The id, a UUID unique across all types.")


@strawberry.interface(description="An item that is stored: it is dated, and deleted softly.")
class Stored(Node):
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When it was last changed.")
    deleted_at: datetime | None = column("deleted_at", "When it was deleted; null while live.")


def version() -> Any:
    """The field of a type whose rows count their changes."""
    return column(
        "version", "1 when it is new, and one more with each change: see `expectedVersion`."
    )


def expected_version() -> Any:
    """The field of an input that changes or deletes such a row."""
    return strawberry.field(
        default=None,
        description="The version that you have read: where it has another by now, nothing is "
        "changed, and the error is `VERSION_CONFLICT`.",
    )


@dataclass(frozen=True)
class row_of:  # noqa: N801 - read as a function where types are declared
    """`is_type_of` for a type whose values are the rows of a table."""

    table: type[Table]

    def __call__(self, value: Any, _info: Any) -> bool:
        return isinstance(value, self.table)
