"""G16: of forty who read a row, and write it anew at the same time, no write is lost."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from app.demo import demo_id
from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, Served, on_postgresql, on_sqlite, served

WRITERS = 40
ENVIRONMENT = str(demo_id("environment", "staging"))
ORGANIZATION = str(demo_id("organization", "cooperative"))
PATH = f"/api/environments/{ENVIRONMENT}"
READ = "query($id: ID!) { node(id: $id) { ... on Environment { description version } } }"
WRITE = """mutation($id: ID!, $text: String!, $version: Int!) {
    updateEnvironment(input: {environmentId: $id, description: $text, expectedVersion: $version})
    { environment { version } } }"""


@dataclass
class Told:
    """How often a write took, and how often somebody else had been faster."""

    took: int = 0
    conflicts: Counter[str] = field(default_factory=Counter)


async def add_by_rest(caller: Caller, told: Told) -> bool:
    """Add one to the number that the row has; whether that took."""
    read = await caller.insist("GET", f"{PATH}?orgId={ORGANIZATION}")
    [row] = json.loads(read.body)["environments"]
    number = int(row["description"]) + 1
    body = {"name": "Staging", "organization_id": ORGANIZATION, "description": str(number)}
    answer = await caller.insist("PUT", PATH, body, {"If-Match": read.headers["etag"]})
    if answer.status != 200:
        told.conflicts[str(answer.status)] += 1
    return answer.status == 200


async def add_by_graphql(caller: Caller, told: Told) -> bool:
    row = (await ask(caller, READ, id=ENVIRONMENT))["data"]["node"]
    text = str(int(row["description"]) + 1)
    found = await ask(caller, WRITE, id=ENVIRONMENT, text=text, version=row["version"])
    for error in found.get("errors", ()):
        told.conflicts[error["extensions"]["code"]] += 1
    return "errors" not in found


async def ask(caller: Caller, query: str, **variables: object) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    found: dict[str, Any] = json.loads((await caller.insist("POST", "/graphql", body)).body)
    return found


Adding = Callable[[Caller, Told], Awaitable[bool]]
EXPECTED = {"412", "VERSION_CONFLICT"}
DOORS: tuple[Adding, ...] = (add_by_rest, add_by_graphql)


async def race(server: Served) -> tuple[Told, int]:
    """What the writers were told, half of them at each door; and the number in the end."""
    told = Told()

    async def work(add: Adding) -> None:
        caller = Caller(server.port, server.place.headers)
        while not await add(caller, told):
            pass
        told.took += 1
        await caller.close()

    owner = Caller(server.port, server.place.headers)
    body = {"name": "Staging", "organization_id": ORGANIZATION, "description": "0"}
    assert (await owner.ask("PUT", PATH, body)).status == 200
    await owner.close()
    await asyncio.gather(*(work(DOORS[number % 2]) for number in range(WRITERS)))
    row = (await ask(owner, READ, id=ENVIRONMENT))["data"]["node"]
    await owner.close()
    return told, int(row["description"])


def raced(engine: str, place: Place) -> tuple[bool, str]:
    with served(place) as server:
        told, number = asyncio.run(race(server))
    lost = WRITERS - number
    good = lost == 0 and told.took == WRITERS and told.conflicts.keys() <= EXPECTED
    return good, f"{engine}: {lost} of {told.took} lost, refused {dict(told.conflicts)}"


def measure() -> Measured:
    with on_sqlite() as place:
        sqlite = raced("SQLite", place)
    with on_postgresql() as (place, _):
        postgresql = raced("PostgreSQL", place)
    return Measured(sqlite[0] and postgresql[0], f"{sqlite[1]}; {postgresql[1]}")


if __name__ == "__main__":
    run("races", measure)
