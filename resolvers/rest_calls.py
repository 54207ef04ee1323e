"""The ledger of REST calls, as a list."""

from __future__ import annotations

from sqlalchemy import Boolean

from app.db.base import UtcDateTime
from app.db.rest_calls import RestCall
from resolvers.listing import Filter, Listing, Order

REST_CALLS = Listing(
    RestCall,
    search=(RestCall.endpoint, RestCall.client),
    order={
        "ENDPOINT": Order.text(RestCall.endpoint),
        "CLIENT": Order.text(RestCall.client),
        "CALLS": Order.number(RestCall.calls),
        "ERRORS": Order.number(RestCall.errors),
        "LAST_USED_AT": Order.time(RestCall.last_used_at),
        "CREATED_AT": Order.time(RestCall.created_at),
        "UPDATED_AT": Order.time(RestCall.updated_at),
    },
    filters={
        "endpoint": Filter.among(RestCall.endpoint),
        "client": Filter.among(RestCall.client),
        "user_id": Filter.equals(RestCall.user_id),
        "anonymous": Filter(lambda wanted, _: RestCall.user_id.is_(None) == wanted, Boolean()),
        "since": Filter(lambda moment, _: RestCall.last_used_at >= moment, UtcDateTime()),
        "until": Filter(lambda moment, _: RestCall.last_used_at < moment, UtcDateTime()),
    },
    default_order="LAST_USED_AT",
)
