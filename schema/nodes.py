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


@dataclass(frozen=True)
class row_of:  # noqa: N801 - read as a function where types are declared
    """`is_type_of` for a type whose values are the rows of a table."""

    table: type[Table]

    def __call__(self, value: Any, _info: Any) -> bool:
        return isinstance(value, self.table)
