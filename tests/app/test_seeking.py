"""Which answers have found nothing of what was asked for in particular."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from app.documents import chosen
from app.guard import fragments_of
from app.seeking import Search, Seeking, failed

ROW: dict[str, Any] = {"id": "1", "name": None, "tags": []}
EMPTY: dict[str, Any] = {"items": [], "totalCount": 0}
FULL = {"items": [ROW], "totalCount": 1}

#: The document, what came of it, and whether that is nothing.
CASES: dict[str, tuple[str, Any, bool]] = {
    "a thing": ("{ team(id: 1) { id name tags } }", {"team": ROW}, False),
    "no thing": ("{ team(id: 1) { id } }", {"team": None}, True),
    "by another name": ("{ it: team(id: 1) { id } }", {"it": None}, True),
    "one of two": (
        "{ a: team(id: 1) { id } b: team(id: 2) { id } }",
        {"a": ROW, "b": None},
        True,
    ),
    "what was skipped": ("{ team(id: 1) @skip(if: true) { id } name }", {"name": "x"}, False),
    "what nobody named": ("{ mine { id } }", {"mine": None}, False),
    "a text": ("{ shown(as: YAML) }", {"shown": None}, False),
    "a change": ("mutation { rename(input: {id: 1}) { id } }", {"rename": None}, True),
    "below another": (
        "{ organization(id: 1) { name team(id: 2) { id } } }",
        {"organization": {"name": "x", "team": None}},
        True,
    ),
    "in a fragment": (
        "{ organization(id: 1) { ...T } } fragment T on O { ... { team(id: 2) { id } } }",
        {"organization": {"team": None}},
        True,
    ),
    "below each of many": (
        "{ organizations { items { team(id: 2) { id } } } }",
        {"organizations": {"items": [{"team": ROW}, {"team": None}]}},
        True,
    ),
    "all of several": ("{ nodes(ids: [1, 2]) { id } }", {"nodes": [ROW, ROW]}, False),
    "not all of several": ("{ nodes(ids: [1, 2]) { id } }", {"nodes": [ROW, None]}, True),
    "a page": ("{ users(filter: {teamId: 1}) { items { id } } }", {"users": FULL}, False),
    "an empty page": ("{ users(filter: {teamId: 1}) { items { id } } }", {"users": EMPTY}, True),
    "by another name of its rows": (
        "{ users(filter: {teamId: 1}) { body: items { id } } }",
        {"users": {"body": []}},
        True,
    ),
    "a page with a number alone": (
        "{ users(filter: {teamId: 1}) { totalCount } }",
        {"users": {"totalCount": 0}},
        True,
    ),
    "a page that shows nothing": (
        "{ users(filter: {teamId: 1}) { pageInfo { hasNextPage } } }",
        {"users": {"pageInfo": {"hasNextPage": False}}},
        True,
    ),
    "a page whose rows were skipped": (
        "{ users(filter: {teamId: 1}) { items @skip(if: true) { id } pageInfo { hasNextPage } } }",
        {"users": {"pageInfo": {"hasNextPage": False}}},
        True,
    ),
    "an empty page of all there is": (
        "{ users(first: 5, orderBy: {field: NAME}) { items { id } } }",
        {"users": EMPTY},
        False,
    ),
    "empty pages below": (
        "{ teams { items { users(first: 5) { items { id } } } } }",
        {"teams": {"items": [{"users": EMPTY}]}},
        False,
    ),
}


@pytest.mark.parametrize(("source", "data", "expected"), CASES.values(), ids=CASES)
def test_what_has_found_nothing(source: str, data: Any, *, expected: bool) -> None:
    document = parse(source)
    assert failed(data, Seeking().of(document, chosen(document, None))) is expected


def test_what_asks_for_nothing_in_particular_costs_nothing_to_look_at() -> None:
    document = parse("{ teams(first: 5) { items { id owner { name } } } viewer { user { id } } }")
    assert Seeking().of(document, chosen(document, None)) == {}


def test_the_searches_of_an_operation_are_found_once() -> None:
    document, seeking = parse("{ team(id: 1) { id } }"), Seeking()
    operation = chosen(document, None)
    first = seeking.of(document, operation)
    assert first == {"team": Search(particular=True)}
    assert fragments_of(document) == {}
    assert seeking.of(document, operation) is first
