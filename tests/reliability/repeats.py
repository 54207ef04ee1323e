"""G17: forty equal requests at once with one idempotency key are done once and answered alike."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from app.demo import demo_id
from tests.reliability.calling import Answer, Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, Served, on_postgresql, on_sqlite, served

TIMES = 40
ORGANIZATION = str(demo_id("organization", "cooperative"))
CREATE = """mutation($name: String!, $id: ID!) {
    createTeam(input: {name: $name, organizationId: $id}) { team { id name createdAt } } }"""
COUNT = """query($id: ID!) { organization(id: $id) {
    environments(search: "forty times") { totalCount }
    teams(search: "forty times") { totalCount } } }"""
#: Path and body of what is sent, the status of its answer, and the list that grows by it.
SENT: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    (
        "/api/environments",
        {"name": "forty times", "organization_id": ORGANIZATION},
        201,
        "environments",
    ),
    (
        "/graphql",
        {"query": CREATE, "variables": {"name": "forty times", "id": ORGANIZATION}},
        200,
        "teams",
    ),
)


@dataclass(frozen=True)
class Found:
    """What forty were answered, and how many rows that made."""

    answers: list[Answer]
    status: int
    rows: int

    @property
    def equal(self) -> int:
        """How many have the body of the first and the status that is right."""
        first = self.answers[0].body
        return sum((each.status, each.body) == (self.status, first) for each in self.answers)

    @property
    def replayed(self) -> int:
        return sum(each.headers.get("idempotency-replayed") == "true" for each in self.answers)

    @property
    def good(self) -> bool:
        return (self.rows, self.equal, self.replayed) == (1, TIMES, TIMES - 1)


async def repeat(server: Served) -> list[Found]:
    callers = [Caller(server.port, server.place.headers) for _ in range(TIMES)]
    given: list[tuple[list[Answer], int, str]] = []
    for path, body, status, where in SENT:
        key = {"Idempotency-Key": f"once-{where}"}
        asked = (caller.insist("POST", path, body, key) for caller in callers)
        given.append((await asyncio.gather(*asked), status, where))
    question = {"query": COUNT, "variables": {"id": ORGANIZATION}}
    counted = json.loads((await callers[0].insist("POST", "/graphql", question)).body)["data"]
    for caller in callers:
        await caller.close()
    return [
        Found(answers, status, counted["organization"][where]["totalCount"])
        for answers, status, where in given
    ]


def repeated(engine: str, place: Place) -> tuple[bool, str]:
    with served(place) as server:
        rest, graphql = asyncio.run(repeat(server))
    found = (
        f"{engine}: REST {rest.rows} row, {rest.equal} equal, "
        f"GraphQL {graphql.rows} row, {graphql.equal} equal"
    )
    return rest.good and graphql.good, found


def measure() -> Measured:
    with on_sqlite() as place:
        sqlite = repeated("SQLite", place)
    with on_postgresql() as (place, _):
        postgresql = repeated("PostgreSQL", place)
    return Measured(sqlite[0] and postgresql[0], f"{sqlite[1]}; {postgresql[1]}")


if __name__ == "__main__":
    run("repeats", measure)
