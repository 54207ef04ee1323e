from __future__ import annotations

from typing import Any

import pytest

from app.evaluation.paths import Unwritable, get, removed, resolved, values_at, written

VALUE: Any = {"a": [{"b": 1}, {"b": 2}, {}], "c": {"0": "zero"}}


def path(text: str) -> tuple[str, ...]:
    return tuple(text.split("."))


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("a.0.b", 1),
        ("a.3.b", None),
        ("a.-1", None),
        ("a.x", None),
        ("c.0", "zero"),
        ("c.0.0", None),
        ("a.٣", None),
        ("a.9999999", None),
    ],
)
def test_get(at: str, found: Any) -> None:
    assert get(VALUE, path(at)) == found


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ("a._.b", [1, 2, None]),
        ("a.-1.b", [1, 2, None]),
        ("c._", ["zero"]),
        ("missing._.b", [None]),
        ("a.0.b", [1]),
    ],
)
def test_values_at(at: str, found: list[Any]) -> None:
    assert values_at(VALUE, path(at)) == found


@pytest.mark.parametrize(
    ("at", "place"),
    [("a._.b", "a.2.b"), ("a.-1", "a.3"), ("x._.y._", "x.0.y._"), ("x.-1", "x.0"), ("c.0", "c.0")],
)
def test_resolved(at: str, place: str) -> None:
    assert resolved(VALUE, path(at)) == path(place)


@pytest.mark.parametrize(
    ("value", "at", "after"),
    [
        (None, "a.b", {"a": {"b": "new"}}),
        (None, "1", [None, "new"]),
        ({"a": None}, "a.0", {"a": ["new"]}),
        ({}, "1", {"1": "new"}),
        ([1, 2], "1", [1, "new"]),
        ({"a": {"b": 1, "c": 2}}, "a.b", {"a": {"b": "new", "c": 2}}),
        ({"a.b": 1}, "a", {"a.b": 1, "a": "new"}),
    ],
)
def test_written(value: Any, at: str, after: Any) -> None:
    assert written(value, path(at), "new") == after


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("text", "a"),
        ({"a": 1}, "a.b"),
        ([1], "a"),
        ([1], "-1"),
        (None, "5000"),
        ([], "99999999999999999999"),
        (None, "a._"),
        (None, "999999"),
    ],
)
def test_what_cannot_be_written(value: Any, at: str) -> None:
    with pytest.raises(Unwritable):
        written(value, path(at), "new")


@pytest.mark.parametrize(
    ("at", "after"),
    [
        ("a.0", {"a": [{"b": 2}, {}], "c": {"0": "zero"}}),
        ("a.0.b", {"a": [{}, {"b": 2}, {}], "c": {"0": "zero"}}),
        ("c", {"a": [{"b": 1}, {"b": 2}, {}]}),
    ],
)
def test_removed(at: str, after: Any) -> None:
    assert removed(VALUE, path(at)) == after


@pytest.mark.parametrize("at", ["x", "a.7", "a.0.x", "c.0.0", "a.x"])
def test_nothing_is_removed_where_nothing_is(at: str) -> None:
    assert removed(VALUE, path(at)) is VALUE


def test_only_the_path_is_copied() -> None:
    after = written(VALUE, path("a.0.b"), 3)
    assert after["c"] is VALUE["c"]
    assert after["a"][1] is VALUE["a"][1]
    assert VALUE["a"][0] == {"b": 1}
