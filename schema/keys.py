"""Permission keys and roles in the graph."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from app.db import keys as tables
from app.permissions import Permission
from resolvers import keys as resolve
from resolvers.answers import Public
from resolvers.context import Context
from resolvers.fields import column, computed, listing
from schema.listing import KeyOrder, RoleOrder
from schema.nodes import Stored, row_of
from schema.paging import Page


@strawberry.type(description="A permission: the right to do one thing.")
class Key(Stored):
    is_type_of = row_of(tables.Key)

    owner_id: strawberry.ID = column(tables.Key.owner, "Who made it; the nil UUID when shipped.")
    function: str = column(tables.Key.function, "What it permits, such as `View Environment`.")
    category: str = column(tables.Key.category, "The area it belongs to.")
    subcategory: str = column(tables.Key.subcategory, "The part of that area.")
    description: str = column(tables.Key.description, "What it permits, in a sentence.")


@strawberry.type(description="A named set of permissions, held everywhere or in one place.")
class Role(Stored):
    is_type_of = row_of(tables.Role)

    role_name: str = column(tables.Role.role_name, "Its name, such as `organization admin`.")
    description: str = column(tables.Role.description, "What it is for.")


def held_keys(description: str) -> Any:
    """The keys the viewer holds in the organization of the row, always all of them."""
    return computed(lambda context, row: resolve.held(context, row.id), description)


def viewer_keys(description: str) -> Any:
    """The keys the viewer holds in the organization of an argument, or everywhere."""

    def answer(context: Context, _: Any, organization_id: UUID | None = None) -> Any:
        return resolve.held(context, organization_id)

    text = "An organization of yours; without one, the keys you hold everywhere."
    return computed(
        answer, description, ("organization_id", strawberry.ID | None, text, strawberry.UNSET)
    )


@strawberry.type
class KeyQuery:
    keys: Page[Key] = listing(
        resolve.KEYS, "The permission catalogue.", order=KeyOrder, access=Permission.VIEW_KEYS
    )
    roles: Page[Role] = listing(
        resolve.ROLES, "The roles there are.", order=RoleOrder, access=Public.SIGNED_IN
    )
