"""An operation gives the same data, in the same order, and the same errors as by graphql-core."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import Executor, GraphQLSchema, execute, parse, validate
from sqlalchemy import event
from strawberry.scalars import JSON

from app.db.connections import Connection
from app.db.engine import Store
from app.vault import Vault
from resolvers.context import Context
from resolvers.executor import ColumnExecutor
from resolvers.fields import column, computed
from resolvers.grants import load_viewer
from schema import schema
from schema.scalars import configuration
from tests import world


async def answer(
    executor: type[Executor[Any]] | None,
    graph: GraphQLSchema,
    text: str,
    context: object = None,
    variables: dict[str, Any] | None = None,
) -> tuple[str, list[str]]:
    """The data as JSON text, and the errors, whose order is not specified."""
    document = parse(text)
    assert validate(graph, document) == []
    result = execute(
        graph,
        document,
        context_value=context,
        variable_values=variables,
        executor_class=executor,
    )
    if inspect.isawaitable(result):
        result = await result
    errors = sorted(json.dumps(each.formatted, sort_keys=True) for each in result.errors or ())
    return json.dumps(result.data, default=str), errors


CORPUS = {
    "nested": """{ organizations { items { id name teams { totalCount items { id name
        users(pageSize: 100) { items { id email firstName lastName status } } } } } } }""",
    "wide": """query ($acme: ID!) { environments(organizationId: $acme) { totalCount items { name
        connections { page pageSize totalCount items { id name kind type subType status statusText
        metadata credentialId ownerId createdAt updatedAt deletedAt schemaVersion } } } } }""",
    "cursors": """{ users(first: 1) { pageInfo { hasNextPage endCursor }
        edges { cursor node { email ...More } } items { username } } }
        fragment More on User { id ... on Stored { createdAt } ... on Node { other: id } }""",
    "order of the response": """{ teams { items { z: name organizations { items { name } }
        __typename a: id owner { lastName email } m: name } __typename totalCount } }""",
    "the same row, narrow and whole": """{ connections { statusSummary
        items { name owner { email roleNames } environments { items { id owner { bio } } } } }
        users { items { email } whole: edges { node { roleNames provider } } } }""",
    "merged fields": """{ teams { items { name } items { id owner { id } } edges { node { name } }
        edges { node { description } } } }""",
    "directives": """query ($yes: Boolean!, $no: Boolean!) { users { items {
        id email @include(if: $no) username @skip(if: $no) status @include(if: $yes) } } }""",
    "no column at all": "{ users { __typename items { __typename } edges { __typename } } }",
    "nodes": """query ($acme: ID!, $env: ID!) { node(id: $env) { __typename id
        ... on Environment { name organization { name } } }
        nodes(ids: [$acme, $env]) { id ... on Stored { updatedAt } } }""",
    "a page of one": """query ($env: ID!) { environment(id: $env) { metadata asPage {
        items { id name } edges { cursor node { name } } pageInfo { startCursor } } } }""",
    "memberships": """{ organizations { items { memberships { items { userId joinedAt
        user { email } role { roleName } } } viewerKeys { totalCount items { function } } } } }""",
    "the directory": "{ publicUsers { items { id userId username email status createdAt } } }",
    "many roots": """{ viewer { user { email teams { items { name } } } } a: users { totalCount }
        connections(orderBy: {field: NAME}, last: 2) { items { name } } roles { items { id } } }""",
    "all below rows": """{ organizations { items { name teams(first: 2) { totalCount page pageSize
        __typename pageInfo { hasNextPage endCursor } edges { cursor node { name owner { email }
        users(last: 2, orderBy: {field: EMAIL}) { items { email } pageInfo { hasPreviousPage } } } }
        items { id } } all: teams(all: true) { pageSize items { name } } } } }""",
    "two lists below rows": """{ environments(organizationId: "ACME") { items { schemaVersion
        organization { name owner { email } } connections { items { name owner { id } } }
        none: connections(search: "no such") { totalCount items { id } } } } }""",
    "an error among rows": """{ teams { items { name users(after: "x") { totalCount } } } }""",
    "an error beside rows": """{ users { items { email } }
        organizations(before: "?") { items { id } } }""",
}


@dataclass
class Setting:
    store: Store
    context: Context
    variables: dict[str, Any]


@pytest.fixture
async def setting(store: Store, tmp_path: Path) -> AsyncIterator[Setting]:
    """The world as Ann, its administrator, sees it."""
    built = await world.build(store)
    async with store.reading() as session:
        viewer = await load_viewer(session, built.ids["ann"])
    context = Context(store, Vault.from_file(tmp_path / "keys"), viewer)
    values = {"acme": built["acme"], "env": built["acme-env"], "yes": True, "no": False}
    yield Setting(store, context, values)
    await context.close()


async def test_the_graph_is_answered_alike(setting: Setting) -> None:
    for name, spelled in CORPUS.items():
        text = spelled.replace("ACME", str(setting.variables["acme"]))
        answers = []
        for executor in (None, ColumnExecutor):
            context = Context(setting.store, setting.context.vault, setting.context.viewer)
            answers.append(await answer(executor, schema._schema, text, context, setting.variables))
            await context.close()
        assert (name, answers[1]) == (name, answers[0])
        assert ("error" in name) == bool(answers[0][1]), answers[0]


@pytest.mark.parametrize(
    ("selected", "read"),
    [
        ("id status ownerId", {"id", "status", "user_id"}),
        ("metadata __typename", {"id", "metadata"}),
        ("owner { id } environments { totalCount }", {"id", "user_id"}),
        ("name schemaVersion", {"id", "name"}),
        ("name kubernetesContext", None),
    ],
)
async def test_of_a_page_no_column_is_read_in_vain(
    setting: Setting, selected: str, read: set[str] | None
) -> None:
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731 - one line is all it is
    event.listen(setting.store.reader.sync_engine, "before_cursor_execute", listener)
    text = f"{{ connections {{ items {{ {selected} }} }} }}"
    _, errors = await answer(ColumnExecutor, schema._schema, text, setting.context)
    event.remove(setting.store.reader.sync_engine, "before_cursor_execute", listener)
    assert errors == []
    [shown] = [each.split("FROM")[0] for each in seen if "sort_value" in each]
    found = {each.strip().partition(".")[2] for each in shown.split(",") if "connections." in each}
    every = {each.name for each in Connection.__table__.columns}
    assert found == (every if read is None else read)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{ connections { page items { id name metadata owner { email } } } }",
            {"connections", "page", "items"},
        ),
        (CORPUS["all below rows"], {"organizations", "items"}),
        (CORPUS["nested"], {"organizations", "items"}),
    ],
)
async def test_what_is_declared_is_not_resolved_row_by_row(
    setting: Setting, text: str, expected: set[str]
) -> None:
    resolved: list[str | int] = []

    class Watched(ColumnExecutor):
        def execute_field(self, *given: Any) -> Any:
            resolved.append(given[3].key)
            return super().execute_field(*given)

    _, errors = await answer(Watched, schema._schema, text, setting.context)
    assert errors == []
    assert set(resolved) == expected


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


strawberry.enum(Colour)


@dataclass
class Row:
    """A row whose values can be anything."""

    name: Any = "n"
    note: Any = None
    count: Any = 1
    colour: Any = "red"
    at: Any = field(default_factory=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    data: Any = field(default_factory=dict)

    @property
    def broken(self) -> Any:
        raise ValueError("broken")


@strawberry.type
class Thing:
    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        return isinstance(value, Row)

    name: str = column("name", "")
    note: str | None = column("note", "")
    count: int = column("count", "")
    colour: Colour | None = column("colour", "")
    at: datetime | None = column("at", "")
    data: JSON | None = column("data", "")
    broken: str | None = column("broken", "")
    missing: str = column("missing", "")
    later: str = computed(lambda *_: "later", "")


def graph_of(values: list[Any]) -> GraphQLSchema:
    @strawberry.type
    class Query:
        strict: list[Thing] | None = computed(lambda *_: values, "")
        lenient: list[Thing | None] = computed(lambda *_: values, "")
        lazy: list[Thing | None] = computed(lambda *_: iter(values), "")
        first: Thing | None = computed(lambda *_: values[0], "")

    return strawberry.Schema(Query, config=configuration())._schema


@pytest.mark.parametrize("selected", ["name", "note count", "colour at data", "note later colour"])
@pytest.mark.parametrize("parent", ["strict", "lenient", "lazy", "first"])
@pytest.mark.parametrize(
    "value",
    [
        Row(),
        Row(note="x", colour=None, at=None, data=None),
        Row(name=None),
        Row(name=5, count="5", note=["a"]),
        Row(note=ValueError("a value"), count=None),
        Row(count="many", colour="green"),
        Row(colour=Colour.BLUE, at="yesterday", data=[None]),
        "no row",
        None,
    ],
    ids=repr,
)
async def test_values_are_completed_or_refused_alike(
    value: Any, parent: str, selected: str
) -> None:
    graph = graph_of([value, Row()])
    text = f"{{ {parent} {{ {selected} __typename }} }}"
    expected = await answer(None, graph, text)
    assert await answer(ColumnExecutor, graph, text) == expected


@pytest.mark.parametrize("selected", ["broken", "missing", "name broken later", "later missing"])
async def test_attributes_that_cannot_be_read_are_reported_alike(selected: str) -> None:
    graph = graph_of([Row()])
    text = f"{{ strict {{ {selected} }} }}"
    expected = await answer(None, graph, text)
    assert expected[1]
    assert await answer(ColumnExecutor, graph, text) == expected
