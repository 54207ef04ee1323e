"""The trail: every command leaves an event in its own transaction, and who may read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from strawberry.types import get_object_definition

from app.db.connections import Connection
from app.db.events import Event
from app.db.teams import Team
from resolvers.answers import Command
from schema import schema
from tests.asking import count, query, rows
from tests.service import Service, opened
from tests.world import World

#: Commands without an event of the table below, and why.
APART = {
    "create_event": "it is an event itself",
    "delete_events": "what its owner does with an event changes nothing but that",
    "delete_event": "as above",
    "update_events_status": "as above",
    "update_event_status": "as above",
    "import_design": "its event has what the import found",
    "delete_design": "its event is written by the command",
    "register_models": "its events are one for each package",
    "evaluate_design": "it changes nothing but leaves an event",
}


class Case(NamedTuple):
    """A REST operation of ann's and its event: the thing and the organization by name, or None."""

    operation: str
    given: dict[str, str]
    event: str
    thing: str | None
    home: str | None


NEW = {"kind": "grafana", "name": "New", "type": "platform", "subType": "x", "status": "DISCOVERED"}
TEAM = {"orgId": "acme", "teamId": "acme-team"}
COMMANDS = [
    Case("createOrg", {"name": "New"}, "organization create", None, None),
    Case(
        "handleUpdateOrg", {"orgId": "acme", "name": "Now"}, "organization update", "acme", "acme"
    ),
    Case("deleteOrg", {"orgId": "acme"}, "organization delete", "acme", "acme"),
    Case(
        "addUserToOrg", {"orgId": "acme", "userId": "rae"}, "organization add_user", "acme", "acme"
    ),
    Case(
        "deleteUserFromOrg",
        {"orgId": "acme", "userId": "bob"},
        "organization remove_user",
        "acme",
        "acme",
    ),
    Case("createTeam", {"orgId": "acme", "name": "New"}, "team create", None, "acme"),
    Case("updateTeam", {**TEAM, "name": "Now"}, "team update", "acme-team", "acme"),
    Case("deleteTeam", TEAM, "team delete", "acme-team", "acme"),
    Case("removeTeamFromOrg", TEAM, "team update", "acme-team", "acme"),
    Case("addUserToTeam", {**TEAM, "userId": "cid"}, "team add_user", "acme-team", "acme"),
    Case("removeUserFromTeam", {**TEAM, "userId": "bob"}, "team remove_user", "acme-team", "acme"),
    Case(
        "createEnvironment",
        {"organization_id": "acme", "name": "New"},
        "environment create",
        None,
        "acme",
    ),
    Case(
        "updateEnvironment",
        {"environmentId": "acme-env", "organization_id": "acme", "name": "Now"},
        "environment update",
        "acme-env",
        "acme",
    ),
    Case(
        "deleteEnvironment", {"environmentId": "acme-env"}, "environment delete", "acme-env", "acme"
    ),
    Case(
        "addConnectionToEnvironment",
        {"environmentId": "acme-env", "connectionId": "acme-conn-0"},
        "environment assign",
        "acme-env",
        "acme",
    ),
    Case(
        "removeConnectionFromEnvironment",
        {"environmentId": "acme-env", "connectionId": "acme-conn-1"},
        "environment unassign",
        "acme-env",
        "acme",
    ),
    Case("registerConnection", NEW, "connection create", None, None),
    Case(
        "updateConnection",
        {"connectionId": "acme-conn-1", "name": "Now"},
        "connection update",
        "acme-conn-1",
        "acme",
    ),
    Case(
        "deleteConnection",
        {"connectionId": "acme-conn-1"},
        "connection delete",
        "acme-conn-1",
        "acme",
    ),
]
IDS = {"orgId", "teamId", "userId", "environmentId", "connectionId", "organization_id"}


def test_every_command_tells_what_it_did() -> None:
    assert schema.mutation is not None
    silent = {
        field.python_name
        for field in get_object_definition(schema.mutation, strict=True).fields
        if isinstance(answer := field.metadata["answer"], Command) and answer.tells is None
    }
    assert silent == set(APART)


@pytest.mark.parametrize("case", COMMANDS, ids=[each.operation for each in COMMANDS])
async def test_the_event_of_a_command(case: Case, database_url: str, tmp_path: Path) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        world = service.world
        sent = {name: world[value] if name in IDS else value for name, value in case.given.items()}
        await service.ok("ann", case.operation, **sent)
        [event] = await rows(service, Event)
        assert f"{event.category} {event.action}" == case.event
        assert (event.severity, str(event.user_id)) == ("success", world["ann"])
        assert {str(event.acted_upon)} & known(world) == (
            {world[case.thing]} if case.thing else set()
        )
        home = {str(event.organization_id)} & known(world)
        assert home == ({world[case.home]} if case.home else set())


def known(world: World) -> set[str]:
    return {str(each) for each in world.ids.values()}


async def test_what_changes_nothing_and_what_fails_leave_no_event(service: Service) -> None:
    world = service.world
    member = {"orgId": world["acme"], "userId": world["bob"]}
    await service.ok("ann", "addUserToOrg", **member)
    await service.refused("FORBIDDEN", "bob", "createTeam", orgId=world["acme"], name="x")
    await service.refused(
        "NOT_FOUND", "ann", "updateTeam", orgId=world["acme"], teamId=world["rival-team"], name="x"
    )
    await service.refused("BAD_USER_INPUT", "ann", "registerConnection", kind="x", name="x" * 999)
    assert await count(service, Event) == 0


async def test_a_transaction_that_ends_badly_takes_its_event_with_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise RuntimeError("power")

    monkeypatch.setattr("app.db.engine.advance", fail)
    before = await count(service, Team)
    reply = await service.ask("ann", "createTeam", orgId=service.world["acme"], name="x")
    assert reply.code != "OK"
    assert (await count(service, Team), await count(service, Event)) == (before, 0)


async def test_a_connection_and_its_event_are_both_there_or_neither(service: Service) -> None:
    before = await count(service, Connection)
    await service.ok("ann", "registerConnection", **{**NEW, "name": "one"})
    assert (await count(service, Connection), await count(service, Event)) == (before + 1, 1)


TRAIL = """query ($id: ID!) {
  organization(id: $id) { events { totalCount items { category action owner { email } } } }
  events { totalCount countsByStatus }
}"""


async def test_who_reads_the_trail_of_an_organization(service: Service) -> None:
    acme = service.world["acme"]
    await service.ok("ann", "createTeam", orgId=acme, name="one")
    await service.ok("bob", "postEvents", category="test")
    team = {"orgId": acme, "teamId": service.world["acme-team"]}
    await service.ok("ann", "addUserToTeam", **team, userId=service.world["cid"])
    admin = await query(service, "ann", TRAIL, id=acme)
    assert admin["organization"]["events"]["totalCount"] == 2
    assert admin["events"] == {"totalCount": 2, "countsByStatus": {"unread": 2}}
    member = await query(service, "bob", TRAIL, id=acme)
    assert member["organization"]["events"]["totalCount"] == 0
    assert member["events"]["totalCount"] == 1
    assert (await query(service, "rae", TRAIL, id=acme))["organization"] is None


async def test_what_its_owner_deletes_stays_in_the_trail(service: Service) -> None:
    acme = service.world["acme"]
    await service.ok("ann", "createTeam", orgId=acme, name="one")
    [event] = await rows(service, Event)
    await service.ok("ann", "deleteEventsId", id=str(event.id))
    found: Any = await query(service, "ann", TRAIL, id=acme)
    assert found["events"]["totalCount"] == 0
    assert found["organization"]["events"]["items"] == [
        {"category": "team", "action": "create", "owner": {"email": "ann@example.org"}}
    ]


async def test_nobody_changes_the_event_of_another_that_they_see(service: Service) -> None:
    acme = service.world["acme"]
    await service.ok("ann", "createTeam", orgId=acme, name="one")
    [event] = await rows(service, Event)
    given = {"orgId": acme, "userId": service.world["bob"]}
    await service.ok("ann", "deleteUserFromOrg", **given)
    for person in ("bob", "rae"):
        await service.refused("NOT_FOUND", person, "deleteEventsId", id=str(event.id))
        await service.refused(
            "NOT_FOUND", person, "putEventsIdStatus", id=str(event.id), status="READ"
        )
