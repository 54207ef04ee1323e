"""The permission catalogue, and the keys of a viewer."""

from __future__ import annotations

from uuid import UUID

from app.db.keys import Key, Role
from resolvers.context import Context
from resolvers.listing import Ask, Filter, Listing, Order, Window
from resolvers.pages import Page

KEYS = Listing(
    Key,
    search=(Key.function, Key.category, Key.subcategory),
    order={
        "FUNCTION": Order.text(Key.function),
        "CATEGORY": Order.text(Key.category),
        "SUBCATEGORY": Order.text(Key.subcategory),
        "CREATED_AT": Order.time(Key.created_at),
        "UPDATED_AT": Order.time(Key.updated_at),
    },
    filters={"ids": Filter.among(Key.id)},
)
ROLES = Listing(
    Role,
    search=(Role.role_name, Role.description),
    order={
        "ROLE_NAME": Order.text(Role.role_name),
        "CREATED_AT": Order.time(Role.created_at),
        "UPDATED_AT": Order.time(Role.updated_at),
    },
)


async def held(context: Context, organization: UUID | None) -> Page:
    """The keys which the viewer holds there, or everywhere: all of them, on one page."""
    viewer = await context.settled()
    ids = tuple(sorted(viewer.keys(organization)))
    return Page(Ask(KEYS, filters=(("ids", ids),), window=Window(KEYS.all_rows, every=True)))
