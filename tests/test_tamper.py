"""What was told stays as it was told: through the product, and for the role it runs under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from app.db.events import Event
from tests.asking import rows
from tests.service import Service, opened
from tests.test_trail import COMMANDS, IDS

#: What the owner of an event may change of it, and what the service notes of that.
OWNERS = {"status", "updated_at", "deleted_at"}
README = Path(__file__).parent.parent / "README.md"

Told = dict[str, dict[str, Any]]


async def told(service: Service) -> Told:
    """All events there are, column by column."""
    columns = [column.key for column in Event.__mapper__.column_attrs]
    return {
        str(row.id): {name: getattr(row, name) for name in columns}
        for row in await rows(service, Event)
    }


def lasting(before: Told, after: Told) -> Iterator[tuple[str, str]]:
    """What has changed of the events that there were, but for what is their owner's to change."""
    for row_id, columns in before.items():
        found = after.get(row_id, {})
        yield from (
            (row_id, name) for name in columns.keys() - OWNERS if found.get(name) != columns[name]
        )


async def run(service: Service) -> None:
    """Every command once; some of them find no more what another one has deleted."""
    for case in COMMANDS:
        world = service.world
        sent = {name: world[value] if name in IDS else value for name, value in case.given.items()}
        await service.ask("ann", case.operation, **sent)


async def test_no_command_changes_what_others_have_told(database_url: str, tmp_path: Path) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        before: Told = {}
        for _ in range(2):
            await run(service)
            after = await told(service)
            assert len(after) > len(before)
            assert list(lasting(before, after)) == []
            for row_id, columns in before.items():
                assert after[row_id] == columns
            before = after


async def test_what_its_owner_does_with_an_event_leaves_what_it_tells(service: Service) -> None:
    await service.ok("ann", "createTeam", orgId=service.world["acme"], name="one")
    before = await told(service)
    (row_id,) = before
    await service.ok("ann", "putEventsIdStatus", id=row_id, status="READ")
    await service.ok("ann", "putEventsStatus", ids=[row_id], status="UNREAD")
    await service.ok("ann", "deleteEventsId", id=row_id)
    await service.ask("ann", "postEventsDelete", ids=[row_id])
    after = await told(service)
    assert list(lasting(before, after)) == []
    assert after[row_id]["deleted_at"] is not None


async def test_an_event_of_ones_own_is_no_event_of_an_organization(
    database_url: str, tmp_path: Path
) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        acme, bob = service.world["acme"], service.world["bob"]
        await service.ok("ann", "createTeam", orgId=acme, name="one")
        ((first, columns),) = (await told(service)).items()
        forged = {
            "id": first, "user_id": bob, "userId": bob, "owner": bob, "organization_id": acme,
            "organizationId": acme, "created_at": "2001-01-01T00:00:00Z", "position": 0,
            "category": "team", "action": "delete", "description": "forged", "actedUpon": acme,
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {service.token('ann')}"}
        answer = await service.client.post("/events", json=forged, headers=headers)
        assert answer.status_code == 201
        after = await told(service)
        assert after.pop(first) == columns
        ((_, made),) = after.items()
        assert (str(made["user_id"]), made["organization_id"]) == (service.world["ann"], None)
        assert made["created_at"].year > 2001
        assert made["position"] > 0


def recipe() -> str:
    """The statements of the README that make a role for the service."""
    (found,) = re.findall(r"```sql\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return str(found)


async def statement(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


TAMPERING = (
    "UPDATE events SET description = 'nothing'",
    "UPDATE events SET user_id = NULL, organization_id = NULL",
    "UPDATE events SET created_at = now()",
    "DELETE FROM events",
    "TRUNCATE events",
    "DROP TABLE events",
    "ALTER TABLE events DISABLE TRIGGER ALL",
)


async def test_the_role_of_the_service_cannot_change_the_trail(
    direct_url: str, tmp_path: Path
) -> None:
    await statement(direct_url, recipe())
    url = make_url(direct_url).set(username="meshgraph").render_as_string(hide_password=False)
    try:
        async with opened("rest", url, tmp_path) as service:
            await run(service)
            before = await told(service)
            assert before
            for sql in TAMPERING:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await statement(url, sql)
            row_id = next(iter(before))
            await service.ok("ann", "putEventsIdStatus", id=row_id, status="READ")
            await service.ok("ann", "deleteEventsId", id=row_id)
            assert list(lasting(before, await told(service))) == []
    finally:
        await statement(direct_url, "DROP OWNED BY meshgraph; DROP ROLE meshgraph")
