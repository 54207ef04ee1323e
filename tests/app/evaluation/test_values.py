from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.names import is_exactly, is_plain, means
from app.evaluation.strategies import agree, known, mutated_keys, mutator_keys
from app.evaluation.values import equal, frozen, marshalled, printed
from tests.app.evaluation.material import OBJECTS, VALUES


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1], [True], False),
        ({"a": [1]}, {"a": [1.0]}, True),
        ({"a": 1}, {"a": True}, False),
        (["bool", 1], True, False),
        ("1", 1, False),
        (None, {}, False),
    ],
)
def test_equal(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same
    assert (frozen(one) == frozen(other)) is same


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1234567.5, "-1.2345675e+06"),
        (1e-7, "1e-07"),
        (0.0, "0"),
        (10**30, "1e+30"),
        ([{"a": None}], "[map[a:<nil>]]"),
    ],
)
def test_printed(value: Any, text: str) -> None:
    assert printed(value) == text


def test_marshalled_escapes_what_html_and_javascript_may_not_have() -> None:
    assert marshalled({"<": "a&b\u2028"}) == '{"\\u003c":"a\\u0026b\\u2028"}'


STRATEGY = st.lists(
    st.sampled_from(["equal", "equal_as_strings", "to_contains_from", "not_null"]), max_size=3
)
ANY = VALUES | OBJECTS | st.lists(VALUES, max_size=2) | st.dictionaries(st.just("a"), OBJECTS)


@given(STRATEGY, ANY, ANY)
def test_values_that_agree_share_a_key(names: list[str], mutator: Any, mutated: Any) -> None:
    strategies = known(names)
    if agree(strategies, mutator, mutated):
        shared = set(mutator_keys(strategies, mutator)) & set(mutated_keys(strategies, mutated))
        assert shared


#: Of a backtracking engine the first of these takes longer than the universe has lasted.
BOMBS = ["(a+)+$", "(a|a)*b", "(.*a){50}$", "((a{1,100}){1,100}){1,100}"]


@pytest.mark.parametrize("pattern", BOMBS)
def test_patterns_take_linear_time(pattern: str) -> None:
    means(pattern, "a" * 50_000 + "!")


@pytest.mark.parametrize(
    ("pattern", "name", "found", "exactly"),
    [
        ("Pod", "PodTemplate", True, False),
        ("Pod", "Pod", True, True),
        ("*", "Pod", True, True),
        ("Pod$", "MyPod", True, False),
        ("(", "(", True, True),
        ("(", "a(", False, False),
        ("(?!Pod)", "Node", False, False),
        ("", "Pod", True, False),
    ],
)
def test_means(pattern: str, name: str, found: bool, exactly: bool) -> None:
    assert (means(pattern, name), is_exactly(pattern, name)) == (found, exactly)


@pytest.mark.parametrize(("pattern", "plain"), [("Pod", True), ("*", False), ("", False)])
def test_is_plain(pattern: str, plain: bool) -> None:
    assert is_plain(pattern) is plain
