"""By every door, an answer that has found nothing waits for the tick, with nothing taken."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from app import ticks
from tests.service import Service

NOBODYS = "00000000-0000-4000-8000-000000000000"

#: The operation, what is given besides by its name in the world, and the id in question: what ann
#: finds, and what she may not see.
SOUGHT: dict[str, tuple[Mapping[str, str], str, str, str]] = {
    "getConnectionById": ({}, "connectionId", "acme-conn-1", "rival-conn-1"),
    "getTeamById": ({"orgId": "acme"}, "teamId", "acme-team", "rival-team"),
    "getOrg": ({}, "orgId", "acme", "rival"),
    "getUserProfileById": ({}, "id", "bob", "ron"),
    "getUsersForOrg": ({"orgId": "acme"}, "teamId", "acme-team", "rival-team"),
    "updateConnection": ({}, "connectionId", "acme-conn-1", "rival-conn-1"),
    "deleteConnection": ({}, "connectionId", "acme-conn-1", "rival-conn-1"),
}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, service: Service) -> list[int]:
    """Of each answer that is held, how many connections to the database are taken meanwhile."""
    found = list[int]()

    async def until(moment: int) -> None:
        del moment
        found.append(sum(each.taken for each in service.store.pools().values()))

    monkeypatch.setattr(ticks, "until", until)
    return found


@pytest.mark.parametrize("operation", SOUGHT)
async def test_what_is_foreign_and_what_is_nothing_is_held_and_what_is_found_is_not(
    service: Service, held: list[int], operation: str
) -> None:
    besides, variable, own, foreign = SOUGHT[operation]
    given = {name: service.world[each] for name, each in besides.items()}
    for number, row_id in enumerate((service.world[foreign], NOBODYS), 1):
        await service.ask("ann", operation, **given, **{variable: row_id})
        assert held == [0] * number
    await service.ok("ann", operation, **given, **{variable: service.world[own]})
    assert held == [0, 0]
