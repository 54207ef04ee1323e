"""A field that fails ends the fields beside it, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Result, text

from app.db.engine import Store
from app.limits import Limits
from app.operations import Operations
from app.vault import Vault
from resolvers.context import Context
from resolvers.grants import load_viewer
from schema import schema
from tests.world import World, build

SLOW = text("SELECT pg_sleep(30)")
BUSY = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")


@pytest.fixture
async def made(postgres_url: str) -> AsyncIterator[tuple[Store, World]]:
    store = Store.open(postgres_url)
    yield store, await build(store)
    await store.close()


class Slow(Context):
    """Waits for the database before each read."""

    async def read(self, *question: Any) -> Result[*tuple[Any, ...]]:
        await super().read(text("SELECT pg_sleep(0.05)"))
        return await super().read(*question)

    async def rows(self, *question: Any) -> Result[*tuple[Any, ...]]:
        await super().rows(text("SELECT pg_sleep(0.05)"))
        return await super().rows(*question)


async def context_of(made: tuple[Store, World], folder: Path, kind: type[Context]) -> Context:
    store, world = made
    viewer = await store.read(lambda session: load_viewer(session, world.ids["ann"]))
    return kind(store, Vault.from_file(folder / "keys"), viewer)


async def busy(store: Store, number: int) -> None:
    """Wait until so many statements are under way."""
    while await store.read(lambda session: session.scalar(BUSY)) != number:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)


async def test_what_fails_beside_a_read_leaves_the_snapshot_whole(
    made: tuple[Store, World], tmp_path: Path
) -> None:
    context = await context_of(made, tmp_path, Slow)
    source = f"""{{
        organization(id: "{made[1]["acme"]}") {{ name teams(after: "no cursor") {{ page }} }}
        keys {{ totalCount items {{ id }} page }}
            models {{ totalCount page }}
    }}"""
    result = await Operations(schema._schema, Limits()).execute(source, context=context)
    await context.close()
    codes = [(each.extensions or {})["code"] for each in result.errors or ()]
    assert codes == ["BAD_USER_INPUT"]


async def test_a_read_that_a_field_no_longer_waits_for_goes_on(
    made: tuple[Store, World], tmp_path: Path
) -> None:
    context = await context_of(made, tmp_path, Context)
    waiting = asyncio.create_task(context.read(text("SELECT pg_sleep(0.2)")))
    await asyncio.sleep(0.05)
    waiting.cancel()
    assert (await context.read(text("SELECT 1"))).scalar_one() == 1
    await context.close()


async def test_a_read_is_broken_off_when_nobody_waits_for_the_operation(
    made: tuple[Store, World], tmp_path: Path
) -> None:
    context = await context_of(made, tmp_path, Context)
    waiting = asyncio.create_task(context.read(SLOW))
    await busy(made[0], 1)
    await context.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await busy(made[0], 0)
