"""The scalars of the graph, and how their values travel."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import NewType

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
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


Bytes = NewType("Bytes", bytes)
WHITE_SPACE = b" \t\r\n"


def parse_bytes(value: object) -> bytes:
    """Base64 (RFC 4648 §4), a data URL (RFC 2397), an array of byte integers, or bytes."""
    if isinstance(value, bytes):
        return value
    try:
        if isinstance(value, list):
            return bytes(value)
        if isinstance(value, str):
            text = value.partition(",")[2] if value.startswith("data:") else value
            return base64.b64decode(text.encode().translate(None, WHITE_SPACE), validate=True)
    except (ValueError, TypeError, binascii.Error):
        pass
    raise ValueError("Invalid base64: expected base64 text, a data URL or an array of bytes.")


def format_bytes(value: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(value).decode("ascii")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, as RFC 3339: `2026-01-31T12:00:00.5Z`.",
        serialize=format_time,
        parse_value=parse_time,
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
    ),
    Bytes: strawberry.scalar(
        name="Bytes",
        description="Bytes, as base64. A data URL, an array of byte integers, and a file of a "
        "multipart request are accepted too.",
        serialize=format_bytes,
        parse_value=parse_bytes,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc4648#section-4",
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
