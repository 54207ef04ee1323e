"""Nothing is written over unseen: versions, entity tags and conditions, through every door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.connections import Connection
from app.db.designs import Design
from app.db.environments import Environment
from app.db.events import Event
from app.db.organizations import Organization
from app.db.teams import Team, TeamOrganization
from tests.asking import patiently, query, rows
from tests.service import Service, opened

CONNECTIONS = "/api/integrations/connections"
WRITERS = 40

#: operation of ann's → what it is given, the table's word, and the thing.
CHANGES: dict[str, tuple[dict[str, str], str]] = {
    "handleUpdateOrg": ({"orgId": "acme", "name": "Now"}, "organization"),
    "deleteOrg": ({"orgId": "acme"}, "organization"),
    "updateTeam": ({"orgId": "acme", "teamId": "acme-team", "name": "Now"}, "team"),
    "deleteTeam": ({"orgId": "acme", "teamId": "acme-team"}, "team"),
    "addTeamToOrg": ({"orgId": "acme", "teamId": "acme-team", "action": "DELETE"}, "team"),
    "removeTeamFromOrg": ({"orgId": "acme", "teamId": "acme-team"}, "team"),
    "updateEnvironment": (
        {"environmentId": "acme-env", "name": "Now", "organization_id": "acme"},
        "environment",
    ),
    "deleteEnvironment": ({"environmentId": "acme-env"}, "environment"),
    "updateConnection": ({"connectionId": "acme-conn-1", "name": "Now"}, "connection"),
    "deleteConnection": ({"connectionId": "acme-conn-1"}, "connection"),
}


def given(service: Service, operation: str) -> dict[str, str]:
    values = CHANGES[operation][0]
    return {name: str(service.world.ids.get(value, value)) for name, value in values.items()}


@pytest.mark.parametrize("operation", CHANGES)
async def test_a_change_of_another_version_than_expected(service: Service, operation: str) -> None:
    before = await everything(service)
    text = await service.refused(
        "VERSION_CONFLICT", "ann", operation, **given(service, operation), _ifMatch=7
    )
    assert f"{CHANGES[operation][1]} has version 1 by now, and not 7" in text
    assert await everything(service) == before
    await service.ok("ann", operation, **given(service, operation), _ifMatch=1)
    assert await everything(service) != before


async def everything(service: Service) -> list[tuple[Any, ...]]:
    return [
        (row.id, row.updated_at, row.deleted_at, getattr(row, "version", 0))
        for table in (Organization, Team, TeamOrganization, Environment, Connection, Event)
        for row in await rows(service, table)
    ]


async def test_a_version_grows_with_each_change(service: Service) -> None:
    team = {"orgId": service.world["acme"], "teamId": service.world["acme-team"]}
    for number in range(3):
        await service.ok("ann", "updateTeam", **team, name=f"Name {number}")
    assert {row.name: row.version for row in await rows(service, Team)} == {
        "Name 2": 4,
        "rival team": 1,
    }


async def test_who_may_not_change_it_learns_nothing_of_its_version(service: Service) -> None:
    team = {"orgId": service.world["acme"], "teamId": service.world["acme-team"]}
    await service.refused("FORBIDDEN", "bob", "updateTeam", **team, name="N", _ifMatch=7)
    await service.refused("NOT_FOUND", "rae", "updateTeam", **team, name="N", _ifMatch=7)


@pytest.fixture
async def rest(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    """The service on each engine, to be asked over HTTP."""
    async with opened("rest", database_url, tmp_path) as service:
        yield service


async def send(service: Service, method: str, path: str, **sent: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {service.token('ann')}", **sent.pop("headers", {})}
    return await patiently(lambda: service.client.request(method, path, headers=headers, **sent))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", CONNECTIONS + "/{acme-conn-1}", None),
        ("GET", "/api/environments/{acme-env}?orgId={acme}", None),
        ("GET", "/api/identity/orgs/{acme}", None),
        ("GET", "/api/identity/orgs/by-domain?domain=acme.org", None),
        ("GET", "/api/identity/orgs/{acme}/teams/{acme-team}", None),
        ("PUT", CONNECTIONS + "/{acme-conn-1}", {"name": "N"}),
        ("PUT", "/api/environments/{acme-env}", {"name": "N", "organization_id": "{acme}"}),
        ("PUT", "/api/identity/orgs/{acme}", {"name": "N"}),
        ("PUT", "/api/identity/orgs/{acme}/teams/{acme-team}", {"name": "N"}),
        ("POST", "/api/identity/orgs", {"name": "N"}),
        ("POST", "/api/identity/orgs/{acme}/teams", {"name": "N"}),
        ("POST", "/api/environments", {"name": "N", "organization_id": "{acme}"}),
        (
            "POST",
            CONNECTIONS,
            {"name": "N", "kind": "k", "type": "t", "subType": "s", "status": "connected"},
        ),
    ],
)
async def test_an_answer_of_one_row_has_its_tag(
    rest: Service, method: str, path: str, body: dict[str, str] | None
) -> None:
    def named(text: str) -> str:
        for name, row_id in rest.world.ids.items():
            text = text.replace(f"{{{name}}}", str(row_id))
        return text

    sent = body and {name: named(text) for name, text in body.items()}
    answer = await send(rest, method, named(path), json=sent)
    assert answer.is_success, answer.text
    assert answer.headers["etag"] == ('"2"' if method == "PUT" else '"1"')
    assert "version" not in answer.text
    assert "etag" not in answer.text


async def test_an_answer_of_many_rows_has_none(rest: Service) -> None:
    assert "etag" not in (await send(rest, "GET", CONNECTIONS)).headers


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"1"', 200),
        ("*", 200),
        (' "1" ', 200),
        ('"another", "1"', 200),
        ('"2"', 412),
        ('W/"1"', 412),
        ('"01"', 412),
        ('"a,b"', 412),
        ('"99999999999999999999"', 412),
        ('"1", "2"', 400),
        ("1", 400),
        ('"1', 400),
        ("", 400),
    ],
)
async def test_conditions(rest: Service, condition: str, status: int) -> None:
    """RFC 9110 §13.1.1: the comparison is the strong one."""
    path = f"{CONNECTIONS}/{rest.world['acme-conn-1']}"
    answer = await send(rest, "PUT", path, json={"name": "N"}, headers={"If-Match": condition})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.text.startswith("If-Match: ")
        assert (await send(rest, "GET", path)).headers["etag"] == '"1"'


async def test_forty_who_read_and_write_lose_nothing(rest: Service) -> None:
    path = f"{CONNECTIONS}/{rest.world['acme-conn-1']}"

    async def add() -> int:
        """How often it took."""
        for times in range(1, 10 * WRITERS):
            read = await send(rest, "GET", path)
            metadata = {"number": read.json()["metadata"]["number"] + 1}
            condition = {"If-Match": read.headers["etag"]}
            answer = await send(rest, "PUT", path, json={"metadata": metadata}, headers=condition)
            if answer.status_code == 200:
                return times
            assert answer.status_code == 412, answer.text
        raise AssertionError("it never took")

    times = await asyncio.gather(*(add() for _ in range(WRITERS)))
    read = await send(rest, "GET", path)
    assert read.json()["metadata"] == {"number": 1 + WRITERS}
    assert read.headers["etag"] == f'"{1 + WRITERS}"'
    assert max(times) > 1  # or they were not at once


async def test_expected_version_in_the_graph(rest: Service) -> None:
    source = """mutation ($id: ID!, $version: Int) {
      updateOrganization(input: {organizationId: $id, name: "N", expectedVersion: $version}) {
        organization { version } } }"""
    organization = rest.world["acme"]
    changed = await query(rest, "ann", source, id=organization, version=1)
    assert changed == {"updateOrganization": {"organization": {"version": 2}}}
    body = {"query": source, "variables": {"id": organization, "version": 1}}
    error = (await send(rest, "POST", "/graphql", json=body)).json()["errors"][0]
    assert error["extensions"] == {
        "code": "VERSION_CONFLICT",
        "field": "expectedVersion",
        "expected": 1,
        "version": 2,
    }
    whatever = await query(rest, "ann", source, id=organization, version=None)
    assert whatever == {"updateOrganization": {"organization": {"version": 3}}}


async def test_a_row_that_changed_since_it_was_read_is_read_again(rest: Service) -> None:
    """Also by work that takes no lock: what it wrote of an older version is written anew."""
    if rest.store.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    seen: list[int] = []
    row_id = rest.world.ids["acme"]

    async def change(session: AsyncSession) -> None:
        row = await session.get_one(Organization, row_id)
        seen.append(row.version)
        if len(seen) == 1:
            await rest.ok("ann", "handleUpdateOrg", orgId=str(row_id), name="Theirs")
        row.description = "Ours"

    await rest.store.write(change)
    assert seen == [1, 2]
    row = next(each for each in await rows(rest, Organization) if each.id == row_id)
    assert (row.name, row.description, row.version) == ("Theirs", "Ours", 3)


async def test_a_design_is_deleted_as_it_was_read(rest: Service) -> None:
    files = {"file": ("a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")}
    assert (await send(rest, "POST", "/api/pattern/import", files=files)).is_success
    (design,) = await rows(rest, Design)
    source = """mutation ($id: ID!, $version: Int) {
      deleteDesign(input: {designId: $id, expectedVersion: $version}) { deletedId } }"""
    body = {"query": source, "variables": {"id": str(design.id), "version": 2}}
    answer = (await send(rest, "POST", "/graphql", json=body)).json()
    assert answer["errors"][0]["extensions"]["code"] == "VERSION_CONFLICT"
    await query(rest, "ann", source, id=str(design.id), version=1)
