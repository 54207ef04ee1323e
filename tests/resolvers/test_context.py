"""The snapshot of an operation is given back, however the operation ends."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.db.engine import Store
from app.db.keys import Role
from app.errors import Unavailable
from app.limits import Limits
from app.operations import Operations
from app.vault import Vault
from resolvers.access import Viewer
from resolvers.context import Context
from schema import schema


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
