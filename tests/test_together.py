"""Callers who ask at the same moment share a way to the database, and nothing else."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from app.db import convoy
from tests.doors import Reply
from tests.service import Service

NOBODYS = "00000000-0000-4000-8000-000000000000"
PEOPLE = ("ann", "bob", "rae", "ron")
TIMES = 3
WAIT = 0.02

#: The operation, what it asks by, rows by their names in the world, and an organization if it is
#: asked about one.
LOOK_UPS: dict[str, tuple[str, tuple[str, ...], str | None]] = {
    "getConnectionById": ("connectionId", ("acme-conn-1", "acme-conn-2", "rival-conn-1"), None),
    "getEnvironmentById": ("environmentId", ("acme-env", "rival-env"), "acme"),
    "getOrg": ("orgId", ("acme", "rival"), None),
}


@pytest.fixture
def journeys(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many went together each time. They wait for each other a little, as they never do."""
    sizes = list[int]()
    arrive, depart = convoy._Group.arrive, convoy.Convoy._depart

    def late(self: convoy.Convoy, group: convoy._Group) -> None:
        asyncio.get_running_loop().call_later(WAIT, depart, self, group)

    def watched(group: convoy._Group, rows: list[object]) -> None:
        sizes.append(len(rows))
        arrive(group, rows)

    monkeypatch.setattr(convoy.Convoy, "_depart", late)
    monkeypatch.setattr(convoy.Convoy, "_room", lambda *_: convoy.MOST)
    monkeypatch.setattr(convoy._Group, "arrive", watched)
    return sizes


@pytest.mark.parametrize("service", ["graphql", "rest"], indirect=True)  # which compile
@pytest.mark.parametrize("operation", LOOK_UPS)
async def test_everybody_is_answered_as_if_alone(
    service: Service, journeys: list[int], operation: str
) -> None:
    variable, names, home = LOOK_UPS[operation]
    besides = {} if home is None else {"orgId": service.world[home]}
    ids = [*(service.world[name] for name in names), NOBODYS]
    asked = list(product(PEOPLE, ids))

    async def ask(person: str, id_: str) -> Reply:
        return await service.ask(person, operation, **besides, **{variable: id_})

    alone = [await ask(*each) for each in asked]
    del journeys[:]
    together = await asyncio.gather(*(ask(*each) for each in asked * TIMES))
    assert together == alone * TIMES
    assert len({repr(reply) for reply in alone}) > 1
    assert max(journeys) > 1
