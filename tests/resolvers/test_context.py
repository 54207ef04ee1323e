"""The snapshot of an operation is given back, however the operation ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Result, select

from app.db.engine import Store
from app.db.environments import Environment
from app.db.keys import Role
from app.errors import Unavailable
from app.limits import Limits
from app.operations import Operations
from app.vault import Vault
from resolvers.context import Context
from resolvers.grants import load_viewer
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
