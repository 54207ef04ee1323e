"""The tabs that the explorer opens with are useful on the demo data."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from graphql import OperationDefinitionNode, OperationType, parse, validate

from app.explorer.serving import BUILT
from schema import schema

TABS = sorted((BUILT.parent / "src" / "tabs").glob("*.graphql"))


def operation(tab: Path) -> OperationDefinitionNode:
    (node,) = parse(tab.read_text("utf-8")).definitions
    assert isinstance(node, OperationDefinitionNode)
    return node


def each(tabs: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tab", tabs, ids=[tab.stem for tab in tabs])


QUERIES = [tab for tab in TABS if operation(tab).operation is OperationType.QUERY]


@each(TABS)
def test_a_tab_is_one_named_operation_that_fits_the_schema(tab: Path) -> None:
    assert operation(tab).name is not None
    assert validate(schema._schema, parse(tab.read_text("utf-8"))) == []


@each(QUERIES)
def test_a_tab_shows_something_of_the_demo(client: httpx2.Client, tab: Path) -> None:
    file = tab.with_suffix(".json")
    variables = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    body = {"query": tab.read_text("utf-8"), "variables": variables}
    answer = client.post("/graphql", json=body).json()
    assert "errors" not in answer
    assert all(_items(value) for value in answer["data"].values())


def test_the_first_tab_has_no_variables_of_its_own() -> None:
    """GraphiQL shows the variables of a tab only when it is chosen."""
    assert not TABS[0].with_suffix(".json").exists()


def _items(value: object) -> bool:
    """Whether something is listed anywhere in it."""
    if isinstance(value, dict):
        return any(map(_items, value.values()))
    return isinstance(value, list) and bool(value)
