"""Cursors come back as the place they stand for, or are refused by the name of the argument."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.errors import BadInput
from resolvers.cursors import decode_cursor, encode_cursor
from resolvers.teams import TEAMS

ROW = UUID("01900000-0000-7000-8000-000000000001")


def text(*parts: object) -> str:
    return encoded(json.dumps(parts))


def encoded(json_text: str) -> str:
    return base64.urlsafe_b64encode(json_text.encode()).decode()


@pytest.mark.parametrize(
    ("order", "value"),
    [
        ("NAME", "é \x1f 😀"),
        ("NAME", ""),
        ("UPDATED_AT", datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC)),
        ("UPDATED_AT", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_cursor_comes_back(order: str, value: Any) -> None:
    assert decode_cursor(TEAMS, order, encode_cursor(order, value, ROW), "after") == (value, ROW)


def test_a_moment_without_an_offset_is_the_same_wherever_the_service_runs() -> None:
    place = decode_cursor(TEAMS, "UPDATED_AT", text("UPDATED_AT", "2026-01-02", str(ROW)), "after")
    assert place[0] == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "cursor"),
    [
        ("NAME", ""),
        ("NAME", "é"),
        ("NAME", encoded("{}")),
        ("NAME", encoded("[" * 7_000)),
        ("NAME", encoded(f'["NAME", "\\u0000", "{ROW}"]')),
        ("NAME", encoded(f'["NAME", "\\ud800", "{ROW}"]')),
        ("NAME", encoded(f'["NAME", NaN, "{ROW}"]')),
        ("NAME", text("NAME", [["deep"]], str(ROW))),
        ("NAME", text("NAME", "a", "no id")),
        ("NAME", text("NAME", "a", 5)),
        ("UPDATED_AT", text("UPDATED_AT", "yesterday", str(ROW))),
        ("UPDATED_AT", text("UPDATED_AT", "0001-01-01T00:00:00+23:59", str(ROW))),
        ("UPDATED_AT", text("UPDATED_AT", "9999-12-31T23:59:59-23:59", str(ROW))),
        ("UPDATED_AT", text("NAME", "a", str(ROW))),
    ],
)
def test_what_is_no_cursor_is_refused(order: str, cursor: str) -> None:
    with pytest.raises(BadInput, match=r"^after: this ") as refusal:
        decode_cursor(TEAMS, order, cursor, "after")
    assert refusal.value.extensions["field"] == "after"
