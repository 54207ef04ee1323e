"""What is stored of a text or an object, and what is refused by the name of its field."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import BadInput
from resolvers import texts


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "m: expected a JSON object."),
        ("", "m: expected a JSON object."),
        ({"a": float("inf")}, "m: this cannot be written as JSON."),
        ({"a": [float("nan")]}, "m: this cannot be written as JSON."),
        ({"a": [b"of a file"]}, "m: this cannot be written as JSON."),
        ({"a": "\0"}, "m: a: the character NUL is not allowed."),
        ({"a": "x" * 65_536}, "m: at most 65536 bytes are allowed."),
        (nested(2_000), "m: .*"),
        (nested(33), "m: .*nested deeper than 32 levels."),
    ],
)
def test_an_object_is_as_strict_as_a_body(value: object, message: str) -> None:
    with pytest.raises(BadInput, match=f"^{message}$") as refusal:
        texts.json_object(value, "m")
    assert refusal.value.extensions["field"] == "m"


@pytest.mark.parametrize("value", [{}, {"a": [1.5, None, "é", 2**70]}, nested(32)])
def test_an_object_stays_as_it_is(value: dict[str, Any]) -> None:
    assert texts.json_object(value, "m") == value


def test_characters_newer_than_the_service_may_be_in_a_name() -> None:
    assert texts.name("\U0001faff\U000323b0", "name") == "\U0001faff\U000323b0"
