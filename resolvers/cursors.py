"""Cursors: a place in an ordered list, as text that a caller gives back to page on."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

from app.errors import BadInput
from app.strict_json import decode
from resolvers.listing import Listing, Place


def encode_cursor(order: str, value: object, row: UUID) -> str:
    """An opaque cursor: the order it belongs to, the row's sort value and its id."""
    text = _aware(value).isoformat() if isinstance(value, datetime) else str(value)
    return base64.urlsafe_b64encode(json.dumps([order, text, str(row)]).encode()).decode()


def _aware(moment: datetime) -> datetime:
    """The first moment of all has no offset where the driver of PostgreSQL made it."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def decode_cursor(listing: Listing, order: str, cursor: str, argument: str) -> Place:
    """Raise `BadInput` for text that is no cursor, or one of a list in another order."""
    try:
        made_for, value, row = decode(base64.urlsafe_b64decode(cursor.encode()), max_depth=2)
        if made_for == order:
            return listing.order[order].load(str(value)), UUID(row)
    except (ValueError, TypeError, AttributeError, OverflowError, BadInput) as error:
        raise BadInput(f"{argument}: this is not a cursor of this list.", field=argument) from error
    message = f"{argument}: this cursor belongs to the list ordered by {str(made_for)[:40]}."
    raise BadInput(message, field=argument)
