"""Bodies are read once, where that makes no difference to anybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.types import Scope

from app.errors import BadInput
from app.parameters import LONGEST_ADDRESS, LONGEST_BODY, MOST_BODIES, Addresses, Bodies


def body(**given: Any) -> bytes:
    return json.dumps({"query": "{ name }", **given}).encode()


@pytest.mark.parametrize(
    ("given", "once"),
    [
        (body(), True),
        (body(variables={"a": "x", "b": None, "c": 1.5}, operationName="A"), True),
        (body(variables={"a": {}}), False),
        (body(variables={"a": "x", "b": []}), False),
        (body(query="#" * LONGEST_BODY), False),
    ],
)
def test_a_body_is_read_once_if_nobody_can_change_it(given: bytes, once: bool) -> None:
    bodies = Bodies(32)
    first, second = bodies.read(given), bodies.read(given)
    assert first == second
    assert (first is second) == (first.memo is second.memo) == once


def test_the_longest_unused_bodies_go_first() -> None:
    bodies = Bodies(32)
    first, second = bodies.read(body(id=0)), bodies.read(body(id=1))
    for number in range(2, MOST_BODIES):
        bodies.read(body(id=number))
    assert bodies.read(body(id=0)) is first
    bodies.read(body(id=MOST_BODIES))
    assert bodies.read(body(id=0)) is first
    assert bodies.read(body(id=1)) is not second


def test_what_is_refused_is_refused_again() -> None:
    bodies = Bodies(32)
    for _ in range(2):
        with pytest.raises(BadInput, match='the key "a" is given twice'):
            bodies.read(b'{"query": "{ name }", "variables": {"a": 1, "a": 2}}')


def scope(path: str, query: bytes = b"", method: str = "GET") -> Scope:
    return {"type": "http", "method": method, "path": path, "query_string": query}


def test_requests_of_the_same_address_have_one_memo() -> None:
    addresses = Addresses()
    first = addresses.memo(scope("/a", b"x=1"))
    assert first is not None
    assert addresses.memo(scope("/a", b"x=1")) is first
    assert addresses.memo(scope("/a", b"x=2")) is not first
    assert addresses.memo(scope("/b", b"x=1")) is not first


def test_an_address_is_no_memo_where_it_is_not_all_that_is_asked() -> None:
    addresses = Addresses()
    assert addresses.memo(scope("/a", method="POST")) is None
    assert addresses.memo(scope("/a", b"x" * LONGEST_ADDRESS)) is None
