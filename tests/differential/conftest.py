"""One world per engine and worker, and both executors over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from app.db.engine import Store
from app.vault import Vault
from tests import stores
from tests.differential import world
from tests.differential.comparing import Comparing, executors


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def world_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("world")
        yield stores.sqlite_copy(request.getfixturevalue("sqlite_template"), folder)
        return
    server: stores.PostgreSQL = request.getfixturevalue("postgresql")
    with server.database() as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def comparing(
    world_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Comparing]:
    store = Store.open(world_url)
    vault = Vault.from_file(tmp_path_factory.mktemp("vault") / "keys")
    await world.build(store, vault)
    yield await Comparing.over(executors(store, vault), await world.viewers(store))
    await store.close()
