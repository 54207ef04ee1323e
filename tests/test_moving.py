"""What a caller reads over REST in a loop, the query that replaces the loop answers at once."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.limits import Limits
from app.operations import Operations
from rest_compat.moving.report import found_in
from rest_compat.moving.sources import Source
from rest_compat.moving.study import Study
from schema import schema
from tests.asking import query
from tests.service import Service, opened

ORGS = "/api/identity/orgs"


@pytest.fixture
async def rest(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with opened("rest", database_url, tmp_path) as service:
        yield service


class Browser:
    """Calls as a page does that has no GraphQL, and keeps what a browser would capture."""

    def __init__(self, service: Service, person: str) -> None:
        self._service = service
        self._headers = {"Authorization": f"Bearer {service.token(person)}"}
        self.entries: list[dict[str, Any]] = []

    async def get(self, path: str) -> Any:
        answer = await self._service.client.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        content = {"size": len(answer.content), "mimeType": "application/json", "text": answer.text}
        self.entries.append(
            {
                "startedDateTime": f"2026-11-27T09:00:{len(self.entries):02}Z",
                "request": {"method": "GET", "url": f"https://meshery.example.org{path}"},
                "response": {"status": 200, "content": content},
            }
        )
        return answer.json()

    def study(self, fields: tuple[str, ...] | None = None) -> Study:
        raw = json.dumps({"log": {"version": "1.2", "entries": self.entries}}).encode()
        study = Study(schema._schema, 30, fields)
        study.follow(Source(io.BytesIO(raw)).calls())
        return study


async def test_a_team_page_becomes_one_query(rest: Service) -> None:
    acme = rest.world["acme"]
    for number in range(4):
        team = await rest.ok("ann", "createTeam", orgId=acme, name=f"crew {number}")
        for person in ("bob", "cid")[: number % 3]:
            await rest.ok("ann", "addUserToTeam", orgId=acme, teamId=team["id"], userId=person)
    browser = Browser(rest, "ann")
    seen = {}
    for team in (await browser.get(f"{ORGS}/{acme}/teams?pagesize=20&order=name%20asc"))["teams"]:
        members = (await browser.get(f"/api/identity/teams/{team['id']}/users"))[
            "teamsUsersMapping"
        ]
        users = [
            await browser.get(f"/api/identity/users/profile/{each['user_id']}") for each in members
        ]
        seen[team["name"]] = sorted(user["email"] for user in users)

    operations = Operations(schema._schema, Limits())
    (found,) = found_in(browser.study(("name", "email")), operations.examination.refusal)
    assert found.document.name == "getTeams_getTeamUsers_getUserProfileById"
    assert found.document.notes == ()
    assert found.loop.calls == len(browser.entries) > 10
    data = await query(rest, "ann", found.document.source, **found.document.variables)
    teams = data["organization"]["teams"]["items"]
    assert {
        team["name"]: sorted(each["user"]["email"] for each in team["memberships"]["items"])
        for team in teams
    } == seen
    assert len(json.dumps(data)) < found.loop.size / 4


async def test_items_by_their_ids_are_one_query(rest: Service) -> None:
    acme = rest.world["acme"]
    made = [
        await rest.ok("ann", "createEnvironment", name=f"e{n}", organization_id=acme)
        for n in range(3)
    ]
    browser = Browser(rest, "ann")
    for each in made:
        await browser.get(f"/api/environments/{each['id']}/connections")
    operations = Operations(schema._schema, Limits())
    (found,) = found_in(browser.study(), operations.examination.refusal)
    assert found.document.variables["ids"] == [each["id"] for each in made]
    data = await query(rest, "ann", found.document.source, **found.document.variables)
    assert [each["connections"]["totalCount"] for each in data["nodes"]] == [0, 0, 0]
