from __future__ import annotations

from typing import Any

import pytest

from app.importing.compose.reading.interpolation import interpolate
from app.importing.refusals import Refused


@pytest.mark.parametrize(
    ("written", "read", "unset"),
    [
        ("plain", "plain", set()),
        ("a$$b", "a$b", set()),
        ("$$${A}", "$", {"A"}),
        ("$A-${B}.", "-.", {"A", "B"}),
        ("${A:-x}${B-y}", "xy", set()),
        ("${A:-}", "", set()),
        ("${A:+x}${B+y}", "", set()),
        ("${A:-${B:-z}}!", "z!", set()),
        ("${A:-${B}}", "", {"B"}),
        ("${A:-http://$$h:80/}", "http://$h:80/", set()),
        ({"$K": ["${A-1}", 2, None]}, {"$K": ["1", 2, None]}, set()),
    ],
)
def test_variables_take_their_default(written: Any, read: Any, unset: set[str]) -> None:
    assert interpolate(written) == (read, frozenset(unset))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("${A:?say it}", "x[0].y: the variable A must be set: say it"),
        ("${A?}", "x[0].y: the variable A must be set: "),
        ("$1", "x[0].y: a “$” begins no variable"),
        ("cost: 5$", "x[0].y: a “$” begins no variable"),
        ("${", "x[0].y: a “${” is followed by no name"),
        ("${A", "x[0].y: “${A” is not closed."),
        ("${A:-b", "x[0].y: a “${” is not closed."),
        ("${A!}", "x[0].y: “${A” is not closed."),
    ],
)
def test_what_is_no_variable_is_refused(written: str, says: str) -> None:
    with pytest.raises(Refused) as caught:
        interpolate({"x": [{"y": written}]})
    assert caught.value.message.startswith(says)
