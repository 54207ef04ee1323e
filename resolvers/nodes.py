"""Look-ups by id alone: ids are unique across tables, so each table is asked in turn."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app.db.base import Table
from app.errors import LimitExceeded
from resolvers.access import VISIBLE
from resolvers.context import Context

MAX_IDS = 100


async def find_node(context: Context, row_id: UUID) -> Table | None:
    """The row of that id in whichever table holds it; None where the viewer may see none."""
    rows = await asyncio.gather(*(context.loaders.one(table, row_id) for table in VISIBLE))
    return next((row for row in rows if row is not None), None)


async def find_nodes(context: Context, ids: list[UUID]) -> list[Table | None]:
    """The rows of those ids, in their order."""
    if len(ids) > MAX_IDS:
        raise LimitExceeded(f"ids: at most {MAX_IDS} ids are allowed.", field="ids")
    return list(await asyncio.gather(*(find_node(context, each) for each in ids)))
