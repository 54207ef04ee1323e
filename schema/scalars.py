"""The scalars of the graph, and how their values travel."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition


def parse_time(value: object) -> datetime:
    """RFC 3339; a time without an offset is UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"Expected an RFC 3339 time, found {str(value)[:60]!r}.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_time(value: datetime) -> str:
    """RFC 3339 in UTC with the suffix `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, as RFC 3339: `2026-01-31T12:00:00.5Z`.",
        serialize=format_time,
        parse_value=parse_time,
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
    ),
    strawberry.scalars.JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, stored and returned as it was given.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
    ),
}


def configuration() -> StrawberryConfig:
    """The configuration of the schema.

    It is not sorted: sorting copies the enums, and the copies forget their Python members.
    """
    return StrawberryConfig(scalar_map=SCALARS)
