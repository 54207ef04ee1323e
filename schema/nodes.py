"""What every stored item of the graph shares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import strawberry

from app.db.base import Table
from resolvers.fields import column


@strawberry.interface(description="Anything with an id: look one up with `node`.")
class Node:
    id: strawberry.ID = strawberry.field(description="The id, a UUID unique across all types.")


@strawberry.interface(description="An item that is stored: it is dated, and deleted softly.")
class Stored(Node):
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When it was last changed.")
    deleted_at: datetime | None = column("deleted_at", "When it was deleted; null while live.")


def row_of(table: type[Table]) -> Callable[[Any, Any], bool]:
    """`is_type_of` for a type whose values are rows of a table."""

    def is_type_of(value: Any, _info: Any) -> bool:
        return isinstance(value, table)

    return is_type_of
