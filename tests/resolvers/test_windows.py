"""What spares a list the question of visibility for each row is never more than visibility."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.db.base import live
from app.db.engine import Store
from app.db.users import User
from resolvers.access import passable, users_at_home, visible
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


@pytest.mark.parametrize("person", ["ann", "bob", "rae"])
@pytest.mark.parametrize("home", ["acme", "rival"])
async def test_who_is_found_at_home_is_visible(store: Store, person: str, home: str) -> None:
    world = await build(store)
    async with store.reading() as session:
        viewer = await load_viewer(session, world.ids[person])
        found = select(User.id).where(live(User), users_at_home(world.ids[home], viewer))
        hidden = found.where(~visible(User, viewer))
        at_home = world.ids[home] in viewer.organizations
        assert bool((await session.execute(found)).all()) == at_home
        assert (await session.execute(hidden)).all() == []
