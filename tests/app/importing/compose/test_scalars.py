from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.importing.compose.reading.scalars import (
    byte_count,
    flag,
    millicores,
    pairs,
    seconds,
    strings,
    text,
    whole,
    words,
)
from app.importing.refusals import Unreadable


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (seconds, "10s", 10),
        (seconds, "1m30s", 90),
        (seconds, "1h0.5s", 3600),
        (seconds, "1500ms", 1),
        (seconds, "2w", 1_209_600),
        (seconds, "0", 0),
        (byte_count, "50M", 50 * 1024**2),
        (byte_count, "1.5gb", 1536 * 1024**2),
        (byte_count, "64 KiB", 64 * 1024),
        (byte_count, 1024, 1024),
        (millicores, "0.5", 500),
        (millicores, 2, 2000),
        (millicores, ".001", 1),
        (whole, "12", 12),
        (whole, 3.0, 3),
        (flag, "true", True),
        (flag, None, False),
        (words, "a 'b c' d", ("a", "b c", "d")),
        (words, ["a b", "c"], ("a b", "c")),
    ],
)
def test_values_are_read(read: Callable[[Any, str], Any], written: Any, value: Any) -> None:
    assert read(written, "here") == value


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (seconds, "10"),
        (seconds, "ten seconds"),
        (seconds, "1s 2s"),
        (seconds, "-1s"),
        (seconds, "9999999w"),
        (byte_count, "1x"),
        (byte_count, "-1"),
        (byte_count, ""),
        (millicores, "half"),
        (millicores, "1e9"),
        (whole, "1.5"),
        (whole, -1),
        (whole, float("nan")),
        (whole, "9" * 30),
        (flag, "maybe"),
        (words, "a 'b"),
    ],
)
def test_others_are_refused(read: Callable[[Any, str], Any], written: Any) -> None:
    with pytest.raises(Unreadable, match=r"^here: "):
        read(written, "here")


@pytest.mark.parametrize(
    ("written", "read"), [(None, ""), (True, "true"), (3.0, "3"), (3.8, "3.8"), ("x", "x")]
)
def test_a_scalar_is_written_as_compose_writes_it(written: Any, read: str) -> None:
    assert text(written) == read


def test_lists_and_mappings_are_one() -> None:
    assert strings(None) == ()
    assert strings("a") == ("a",)
    assert strings(["a", 1]) == ("a", "1")
    assert pairs(["A=1=2", "B=", "C"]) == {"A": "1=2", "B": "", "C": None}
    assert pairs({"A": 1, "B": False, "C": None}) == {"A": "1", "B": "false", "C": None}
