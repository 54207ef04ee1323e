"""What spares a list the question of visibility for each row is never more than visibility."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.db.base import live
from app.db.engine import Store
from resolvers.access import passable, visible
from resolvers.connections import CONNECTIONS_OF_ENVIRONMENT
from resolvers.grants import load_viewer
from resolvers.listing import Listing
from resolvers.teams import TEAMS_OF_ORGANIZATION
from resolvers.users import USERS_OF_ORGANIZATION
from tests.world import build

OPENING = {
    "connections": CONNECTIONS_OF_ENVIRONMENT,
    "teams": TEAMS_OF_ORGANIZATION,
    "users": USERS_OF_ORGANIZATION,
}


@pytest.mark.parametrize("listing", OPENING.values(), ids=OPENING)
@pytest.mark.parametrize("person", ["ann", "bob", "rae"])
async def test_what_a_parent_opens_is_visible(store: Store, person: str, listing: Listing) -> None:
    world = await build(store)
    via = listing.via
    assert via is not None
    assert via.opens is not None
    async with store.reading() as session:
        viewer = await load_viewer(session, world.ids[person])
        opened = select(func.count()).select_from(listing.table).where(live(listing.table))
        for table, on in via.joins:
            opened = opened.join(table, on).where(live(table), passable(table, viewer))
        opened = opened.where(via.opens(via.parent, viewer))
        hidden = opened.where(~visible(listing.table, viewer))
        assert await session.scalar(opened)
        assert await session.scalar(hidden) == 0
