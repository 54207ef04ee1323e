"""The ledger of REST calls in the graph."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app.db import rest_calls as tables
from app.db.users import User as UserRow
from app.permissions import Permission
from resolvers import rest_calls as resolve
from resolvers.fields import column, listing, related
from schema.listing import RestCallFilter, RestCallOrder
from schema.nodes import Stored, row_of
from schema.paging import Page
from schema.users import User

_RestCall = tables.RestCall


@strawberry.type(
    description="How often somebody called a REST endpoint. It is some seconds behind the calls."
)
class RestCall(Stored):
    is_type_of = row_of(_RestCall)

    endpoint: str = column(
        _RestCall.endpoint, "The endpoint, by the name of its operation, such as `getOrgs`."
    )
    user_id: strawberry.ID | None = column(
        _RestCall.user_id, "The id of the caller; null for calls without a valid token."
    )
    user: User | None = related(
        _RestCall.user_id, UserRow, "The caller, where you may see that user."
    )
    client: str = column(
        _RestCall.client,
        "The product named first in the calls' `User-Agent`, without its version; empty when none "
        "is named, `(others)` when there were too many at once.",
    )
    calls: int = column(_RestCall.calls, "How many calls; it stops at 2147483647.")
    errors: int = column(_RestCall.errors, "How many of them were answered with 400 or more.")
    last_used_at: datetime = column(_RestCall.last_used_at, "When the last call was answered.")


@strawberry.type
class RestCallQuery:
    rest_calls: Page[RestCall] = listing(
        resolve.REST_CALLS,
        "Who still calls which REST endpoint: for those who hold the key everywhere.",
        order=RestCallOrder,
        filter=RestCallFilter,
        access=Permission.VIEW_EVENTS,
    )
