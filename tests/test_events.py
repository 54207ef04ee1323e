"""Events: whose they are, and what can be done with them; through each door, on each engine."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app import preparing
from app.db.base import now
from app.db.events import SYSTEM_ID, Event
from tests.asking import count, post, query, rows
from tests.doors import RestDoor
from tests.service import Service

ABSENT = "01900000-0000-7000-8000-000000000000"


async def made(service: Service, person: str, number: int) -> list[str]:
    """The ids of that many new events of a person."""
    for each in range(number):
        await service.ok(person, "postEvents", description=f"{person} {each}", category="test")
    mine = [row for row in await rows(service, Event) if row.description.startswith(person)]
    return [str(row.id) for row in mine]


async def test_an_event_is_what_was_sent_but_for_its_id_and_times(service: Service) -> None:
    sent = {
        "action": "deploy",
        "category": "pattern",
        "severity": "WARNING",
        "status": "READ",
        "description": "Deployed.",
        "acted_upon": ABSENT,
        "operation_id": ABSENT,
        "system_id": ABSENT,
        "metadata": {"deep": [1, {"é": None}]},
    }
    assert await service.ok("bob", "postEvents", **sent) is None
    [row] = await rows(service, Event)
    assert str(row.user_id) == service.world["bob"]
    found = {
        "action": row.action,
        "category": row.category,
        "severity": row.severity.upper(),
        "status": row.status.upper(),
        "description": row.description,
        "acted_upon": str(row.acted_upon),
        "operation_id": str(row.operation_id),
        "system_id": str(row.system_id),
        "metadata": row.metadata_,
    }
    assert found == sent
    assert str(row.id) != ABSENT


async def test_what_is_left_out_has_a_default(service: Service) -> None:
    await service.ok("bob", "postEvents")
    [row] = await rows(service, Event)
    assert (row.severity, row.status, row.system_id) == ("informational", "unread", SYSTEM_ID)
    assert (row.action, row.category, row.description, row.metadata_) == ("", "", "", {})


async def test_bulk_changes_tell_exactly_what_they_changed(service: Service) -> None:
    mine, others = await made(service, "bob", 3), await made(service, "ann", 1)
    ids = [mine[2], mine[0], ABSENT, others[0], mine[0]]
    marked = await service.ok("bob", "putEventsStatus", ids=ids, status="READ")
    assert marked == {"updated": [mine[2], mine[0]]}
    deleted = await service.ok("bob", "postEventsDelete", ids=ids)
    assert deleted == {"deleted": [mine[2], mine[0]]}
    assert await service.ok("bob", "postEventsDelete", ids=ids) == {"deleted": []}
    assert await service.ok("bob", "putEventsStatus", ids=[], status="READ") == {"updated": []}
    left = [row for row in await rows(service, Event) if row.deleted_at is None]
    assert {(str(row.id), row.status) for row in left} == {
        (mine[1], "unread"),
        (others[0], "unread"),
    }


async def test_one_event(service: Service) -> None:
    [mine], [other] = await made(service, "bob", 1), await made(service, "ann", 1)
    done = await service.ok("bob", "putEventsIdStatus", id=mine, status="READ")
    assert done == {"event_id": mine, "status": "read", "message": "The event is read now."}
    assert await service.ok("bob", "deleteEventsId", id=mine) is None
    for absent in (mine, other, ABSENT):
        await service.refused("NOT_FOUND", "bob", "deleteEventsId", id=absent)
        await service.refused("NOT_FOUND", "bob", "putEventsIdStatus", id=absent, status="READ")


@pytest.mark.parametrize(
    ("operation", "given", "named"),
    [
        ("postEvents", {"severity": "DIRE"}, "severity"),
        ("postEvents", {"status": "COMPLETED"}, "status"),
        ("postEvents", {"acted_upon": "x"}, "UUID"),
        ("postEvents", {"metadata": []}, "metadata"),
        ("postEvents", {"description": "x" * 5_001}, "description"),
        ("putEventsStatus", {"ids": [ABSENT], "status": "COMPLETED"}, "status"),
        ("putEventsIdStatus", {"id": ABSENT}, "status"),
        ("postEventsDelete", {}, "ids"),
        ("postEventsDelete", {"ids": ["x"]}, "UUID"),
    ],
)
async def test_what_is_refused(
    service: Service, operation: str, given: dict[str, Any], named: str
) -> None:
    text = await service.refused("BAD_USER_INPUT", "bob", operation, **given)
    assert named in text
    assert await count(service, Event) == 0


async def test_nobody_without_a_token(service: Service) -> None:
    await service.refused("UNAUTHENTICATED", None, "postEvents")
    await service.refused("UNAUTHENTICATED", None, "postEventsDelete", ids=[ABSENT])


async def test_the_list_and_its_counts(service: Service) -> None:
    await made(service, "ann", 1)
    mine = await made(service, "bob", 3)
    await service.ok("bob", "postEvents", severity="ERROR", category="other", acted_upon=ABSENT)
    await service.ok("bob", "putEventsStatus", ids=mine[:1], status="READ")
    source = """query ($filter: EventFilter) {
      events(filter: $filter) {
        totalCount countsBySeverity countsByStatus items { severity owner { email } }
      }
    }"""
    found = (await query(service, "bob", source))["events"]
    assert found["totalCount"] == 4
    assert found["countsBySeverity"] == {"informational": 3, "error": 1}
    assert found["countsByStatus"] == {"read": 1, "unread": 3}
    assert {each["owner"]["email"] for each in found["items"]} == {"bob@example.org"}
    moment = now() + timedelta(hours=1)
    for narrowed, number in (
        ({"severity": ["ERROR", "ALERT"]}, 1),
        ({"status": ["READ"]}, 1),
        ({"category": ["other"]}, 1),
        ({"actedUpon": ABSENT}, 1),
        ({"since": moment.isoformat()}, 0),
        ({"until": moment.isoformat()}, 4),
    ):
        asked = await query(service, "bob", source, filter=narrowed)
        assert asked["events"]["totalCount"] == number, narrowed


async def test_the_addresses_of_real_callers(service: Service) -> None:
    if not isinstance(service.door, RestDoor):
        pytest.skip("addresses are of REST")
    sent = {"actedUpon": ABSENT, "systemId": ABSENT, "id": ABSENT}
    assert (await post(service, "bob", "/api/events", json=sent)).status_code == 201
    [row] = await rows(service, Event)
    assert (str(row.acted_upon), str(row.system_id)) == (ABSENT, ABSENT)
    headers = {"Authorization": f"Bearer {service.token('bob')}"}
    for path in (
        f"/api/events/{row.id}/status",
        f"/api/system/events/status/{row.id}",
        "/api/events/status",
        "/api/system/events/status/bulk",
    ):
        body = {"ids": [str(row.id)], "status": "read"}
        done = await service.client.put(path, json=body, headers=headers)
        assert done.status_code == 200, path
    done = await service.client.delete(f"/api/system/events/{row.id}", headers=headers)
    assert done.status_code == 204


async def test_old_events_are_pruned(service: Service, database_url: str) -> None:
    if not isinstance(service.door, RestDoor):
        pytest.skip("once is enough")
    mine = await made(service, "bob", 3)
    long_ago = now() - timedelta(days=40)
    await service.store.write(
        lambda session: session.execute(
            update(Event).where(Event.id == UUID(mine[0])).values(created_at=long_ago)
        )
    )
    await service.store.close()  # SQLite has one writing process
    assert await asyncio.to_thread(preparing.prune_events, database_url, 30) == 1
    assert await asyncio.to_thread(preparing.prune_events, database_url, 30) == 0
