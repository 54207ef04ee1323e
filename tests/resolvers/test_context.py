"""The snapshot of an operation is given back, however the operation ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from graphql import ExecutionResult
from sqlalchemy import Result, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.engine import Store
from app.db.environments import Environment
from app.db.keys import Role
from app.db.retry import BUSY
from app.errors import Unavailable
from app.limits import Limits
from app.operations import Operations
from app.vault import Vault
from resolvers.context import Context
from resolvers.grants import load_viewer
from resolvers.once import Once
from resolvers.viewer import Viewer
from schema import schema
from tests.stores import disconnect
from tests.world import World, build


@pytest.fixture
def context(store: Store, tmp_path: Path) -> Context:
    return Context(store, Vault.from_file(tmp_path / "keys"), Viewer(uuid4()))


async def test_an_error_that_empties_the_answer_leaves_no_read_behind(context: Context) -> None:
    source = f'{{ connection(id: "{uuid4()}") {{ id }} keys {{ totalCount }} }}'
    result = await Operations(schema._schema, Limits()).execute(source, context=context)
    await context.close()
    assert result.data is None
    assert [error.path for error in result.errors or ()] == [["keys"]]
    assert context.store.reader.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_nothing_is_read_once_the_operation_has_ended(context: Context) -> None:
    await context.close()
    with pytest.raises(Unavailable):
        await context.read(select(Role))


class Interrupted(Context):
    """Loses its connection after the first read of it all."""

    lost = False

    async def read(self, *question: Any) -> Result[*tuple[Any, ...]]:
        result = await super().read(*question)
        if not self.lost:
            self.lost = True
            await disconnect(self.store)
        return result


@pytest.fixture
async def made(postgres_url: str) -> AsyncIterator[tuple[Store, World]]:
    store = Store.open(postgres_url)
    yield store, await build(store)
    await store.close()


@pytest.fixture
async def interrupted(made: tuple[Store, World], tmp_path: Path) -> AsyncIterator[Interrupted]:
    store, world = made
    viewer = await store.read(lambda session: load_viewer(session, world.ids["ann"]))
    context = Interrupted(store, Vault.from_file(tmp_path / "keys"), viewer)
    yield context
    await context.close()


NESTED = "{ teams { items { name users { items { firstName } } } } }"
FOUND = {"teams": {"items": [{"name": "acme team", "users": {"items": [{"firstName": "Bob"}]}}]}}


async def test_a_query_that_loses_its_snapshot_is_answered_from_another(
    interrupted: Interrupted, made: tuple[Store, World]
) -> None:
    source = f'{{ organization(id: "{made[1]["acme"]}") {NESTED} }}'
    result = await Operations(schema._schema, Limits()).execute(source, context=interrupted)
    assert interrupted.lost
    assert result.errors is None
    assert result.data == {"organization": FOUND}


async def test_a_mutation_whose_payload_is_lost_is_not_done_again(
    interrupted: Interrupted, made: tuple[Store, World]
) -> None:
    store, world = made
    given = f'{{ name: "Once", organizationId: "{world["acme"]}" }}'
    payload = f"{{ environment {{ organization {NESTED} }} }}"
    source = f"mutation {{ createEnvironment(input: {given}) {payload} }}"
    result = await Operations(schema._schema, Limits()).execute(source, context=interrupted)
    assert [(each.extensions or {})["code"] for each in result.errors or ()] == ["UNAVAILABLE"]
    once = select(Environment.id).where(Environment.name == "Once")
    assert len((await store.read(lambda session: session.scalars(once))).all()) == 1


SECONDS = 0.1


@pytest.fixture
async def narrow(database_url: str) -> AsyncIterator[tuple[Store, World]]:
    """A store with a single connection for sessions that read, and a world in it."""
    store = Store.open(database_url, pool_size=1, pool_seconds=SECONDS)
    yield store, await build(store)
    await store.close()


async def asked_of_a_full_pool(store: Store, context: Context, source: str) -> ExecutionResult:
    """Ask while somebody reads for longer than who only reads waits for a connection."""
    async with AsyncExitStack() as kept:
        session = await kept.enter_async_context(store.reading())
        await session.execute(text("SELECT 1"))
        running = Operations(schema._schema, Limits()).execute(source, context=context)
        asking = asyncio.create_task(running)
        await asyncio.sleep(4 * SECONDS)
        await kept.aclose()
        return await asking


TEAM = '{organizationId: "%(id)s", name: "New"}'
SOURCES = {
    "query": "{ events { totalCount } }",
    "mutation": f"mutation {{ createTeam(input: {TEAM}) {{ team {{ name }} }} }}",
}


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("kind", SOURCES)
async def test_what_a_mutation_reads_before_it_writes_waits_as_its_writes_do(
    narrow: tuple[Store, World], tmp_path: Path, kind: str, *, keyed: bool
) -> None:
    """It looks for a right that was given a moment ago, or for the answer to its key."""
    store, world = narrow

    async def reload(session: AsyncSession) -> Viewer:
        return await load_viewer(session, world.ids["ann"])

    vault = Vault.from_file(tmp_path / "keys")
    context = Context(store, vault, Viewer(world.ids["ann"]), reload)
    if keyed:
        context.once = Once(context, "a-key", timedelta(hours=1))
    result = await asked_of_a_full_pool(store, context, SOURCES[kind] % {"id": world["acme"]})
    await context.close()
    refused = [each.message for each in result.errors or ()]
    assert refused == ([BUSY] if kind == "query" else [])
