"""Progress is told of what lasts, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.db.engine import Store
from app.db.events import Event
from app.vault import Vault
from resolvers.context import Context
from resolvers.progress import Progress
from resolvers.viewer import Viewer
from tests.world import build


def ticking(*moments: float) -> Iterator[float]:
    yield from moments


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        ((0, 0.1, 0.2, 0.9), []),
        ((0, 1.0, 1.5, 2.1), ["step 1", "step 3"]),
        ((0, 5.0, 6.0, 7.0), ["step 1", "step 2", "step 3"]),
    ],
)
async def test_steps(store: Store, moments: tuple[float, ...], told: list[str]) -> None:
    world = await build(store)
    context = Context(store, Vault(()), Viewer(world.ids["ann"]))
    clock = ticking(*moments)
    progress = Progress(context, "model", "register", clock=lambda: next(clock))
    for number in (1, 2, 3):
        await progress.step(f"step {number}", number, 3)
    async with store.reading() as session:
        rows = list(await session.scalars(select(Event).order_by(Event.id)))
    assert [row.description for row in rows] == told
    assert {row.operation_id for row in rows} <= {progress.operation_id}
    assert all(row.metadata_["total"] == 3 for row in rows)
