"""Plans: one statement, values only as parameters, remembered by what they depend on."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import get_variable_values

from app.compiling import Executed, LeftToInterpreter
from app.db.engine import Store
from app.limits import Limits
from app.operations import Operations
from app.vault import Vault
from resolvers.context import Context
from resolvers.grants import load_viewer
from resolvers.plan.calls import Call
from resolvers.plan.planner import Planner
from resolvers.viewer import Viewer
from schema import schema
from tests.world import World, build

ID = "01941f29-7c7b-7008-8000-000000000000"
CANARY = "zqx7'\"; DROP"
LISTS = """
query Q($id: ID!, $search: String, $kind: [String!], $name: String, $after: String, $page: Int) {
  zqx7: environment(id: $id) {
    zqx7: connections(search: $search, first: 2, filter: {kind: $kind, name: $name}) {
      totalCount items { zqx7: name } pageInfo { endCursor }
    }
    later: connections(first: 1, after: $after) { edges { cursor } }
    turned: connections(pageSize: 1, page: $page) { page items { id } }
  }
}
"""


@pytest.fixture
async def world(store: Store) -> World:
    return await build(store)


@pytest.fixture
async def context(store: Store, world: World, tmp_path: Path) -> Context:
    async with store.reading() as session:
        viewer = await load_viewer(session, world.ids["ann"])
    return Context(store, Vault.from_file(tmp_path / "keys"), viewer)


def planned(planner: Planner, source: str, variables: dict[str, Any]) -> Call:
    document = parse(source)
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    coerced = get_variable_values(schema._schema, operation.variable_definitions or (), variables)
    assert not isinstance(coerced, list)
    call = planner.plan(document, operation, variables, coerced)
    assert isinstance(call, Call)
    return call


async def test_no_value_becomes_sql(context: Context, world: World) -> None:
    planner = Planner(schema, context.store.dialect)
    first = planned(planner, LISTS, {"id": world["acme-env"]})
    data = await first.run(context)
    cursor = data["zqx7"]["zqx7"]["pageInfo"]["endCursor"]
    given = {
        "id": world["acme-env"], "search": CANARY, "kind": [CANARY, "zqx7"], "name": CANARY,
        "after": cursor, "page": 7_654_321,
    }  # fmt: skip
    statement = planned(planner, LISTS, given).question.statement
    for secret in ("zqx7", "DROP", "7654321", "7_654_321", cursor, world["acme-env"], "acme"):
        assert secret not in statement.sql
    assert world["acme-env"].replace("-", "") not in statement.sql
    assert CANARY not in statement.source


async def test_an_operation_is_one_statement(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fetch = context.store.direct.fetch

    async def watched(sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        seen.append(sql)
        return await fetch(sql, parameters)

    monkeypatch.setattr(context.store.direct, "fetch", watched)
    operations = Operations(
        schema._schema, Limits(), compiler=Planner(schema, context.store.dialect)
    )
    source = """{ organizations { totalCount items { name teams { totalCount items { name
        users { totalCount items { email } } } } environments { items { name } } } }
        connections { statusSummary items { name owner { email } } } viewer { user { email } } }"""
    result = await operations.execute(source, context=context)
    assert isinstance(result, Executed)
    assert (result.left, result.errors, len(seen)) == (None, None, 1)
    assert result.data is not None
    assert result.data["organizations"]["items"][0]["name"] == "Acme"


def test_a_statement_is_shared_by_all_values_of_one_shape() -> None:
    planner, source = Planner(schema, "sqlite"), parse(LISTS)
    (operation,) = source.definitions
    assert isinstance(operation, OperationDefinitionNode)
    statements = []
    for search in ("a", "b", None):
        variables = {"id": ID, "search": search}
        coerced = get_variable_values(
            schema._schema, operation.variable_definitions or (), variables
        )
        assert not isinstance(coerced, list)
        call = planner.plan(source, operation, variables, coerced)
        assert isinstance(call, Call)
        statements.append(call.question.statement)
        other = variables | {"id": "01941f29-7c7b-7008-8000-000000000001"}
        again = planner.planned(operation, other)
        assert isinstance(again, Call)
        assert again.question is call.question
    assert statements[0] is statements[1]
    assert statements[0] is not statements[2]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{ viewer { user { roleNames } } }", "viewer.user.roleNames: a function computes it"),
        ("{ nodes(ids: []) { id } }", "nodes: a function computes it"),
        ("{ __schema { description } }", "__schema: introspection is interpreted"),
        ('{ environment(id: "x") { id } }', "an argument is refused"),
        ("{ connections(pageSize: 0) { page } }", "an argument is refused"),
        (
            "mutation { a: deleteConnection(input: {connectionId: 1}) { deletedId } __typename }",
            "a mutation of several fields is interpreted",
        ),
    ],
)
def test_why_an_operation_is_left(source: str, reason: str) -> None:
    with pytest.raises(LeftToInterpreter) as left:
        planned(Planner(schema, "postgresql"), source, {})
    assert left.value.reason == reason


class Asking:
    """Something that whoever asks has."""


@pytest.mark.parametrize(
    "source",
    [
        "{ viewer { user { roleNames } } }",
        'mutation { createEvent(input: {description: "d"}) { event { user { email } } } }',
    ],
)
def test_what_is_left_keeps_nothing_of_those_who_ask(source: str) -> None:
    planner, document = Planner(schema, "sqlite"), parse(source)
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    coerced = get_variable_values(schema._schema, (), {})
    assert not isinstance(coerced, list)

    def ask() -> tuple[weakref.ref[Asking], str]:
        asking = Asking()
        try:
            planner.plan(document, operation, {}, coerced)
        except LeftToInterpreter as left:
            return weakref.ref(asking), left.reason
        raise AssertionError

    asked = [ask() for _ in range(3)]
    gc.collect()
    assert [asking() for asking, _ in asked] == [None] * 3
    assert len({reason for _, reason in asked}) == 1


async def test_rights_that_changed_are_not_relied_on(context: Context, world: World) -> None:
    call = planned(Planner(schema, context.store.dialect), LISTS, {"id": world["acme-env"]})
    context.viewer = replace(context.viewer, generation=context.viewer.generation - 1)
    with pytest.raises(LeftToInterpreter, match="rights have changed"):
        await call.run(context)


async def test_a_stranger_is_left_to_the_interpreter(context: Context, world: World) -> None:
    call = planned(Planner(schema, context.store.dialect), LISTS, {"id": world["acme-env"]})
    context.viewer = Viewer()
    with pytest.raises(LeftToInterpreter, match="may not ask"):
        await call.run(context)


async def test_a_statement_that_fails_is_told_of_and_interpreted(
    context: Context, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_sql: str, _parameters: Sequence[Any]) -> Sequence[Any]:
        raise asyncpg.UndefinedColumnError("column zqx7 does not exist")

    monkeypatch.setattr(context.store.direct, "row", broken)
    compiler = Planner(schema, context.store.dialect)
    operations = Operations(schema._schema, Limits(), compiler=compiler)
    source = f'{{ environment(id: "{world["acme-env"]}") {{ name }} }}'
    with structlog.testing.capture_logs() as logs:
        result = await operations.execute(source, context=context)
    await context.close()
    assert isinstance(result, Executed)
    assert (result.data, result.left) == (
        {"environment": {"name": "acme env"}},
        "its statement failed",
    )
    assert [each["event"] for each in logs] == ["plan_failed"]


async def test_a_bug_in_a_command_is_masked(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret zqx7")

    monkeypatch.setattr(type(context), "write", broken)
    compiler = Planner(schema, context.store.dialect)
    operations = Operations(schema._schema, Limits(), compiler=compiler)
    source = f'mutation {{ deleteConnection(input: {{connectionId: "{ID}"}}) {{ deletedId }} }}'
    with structlog.testing.capture_logs() as logs:
        result = await operations.execute(source, context=context)
    assert isinstance(result, Executed)
    assert (result.data, result.left) == (None, None)
    assert result.errors is not None
    (error,) = result.errors
    assert (error.message, error.path) == ("Internal error", ["deleteConnection"])
    assert error.extensions is not None
    assert error.extensions["code"] == "INTERNAL_SERVER_ERROR"
    assert [each["event"] for each in logs] == ["resolver_failed"]
