"""G15: no byte of another organization over HTTP, and no telling an id of theirs from none."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2

from app.db.engine import Store
from app.local_tokens import local_secret
from app.media_types import EVENT_STREAM
from app.vault import Vault
from rest_compat.documents import load
from rest_compat.endpoints import ENDPOINTS
from tests.reliability.calling import Caller
from tests.reliability.gates import Measured, run
from tests.reliability.places import Place, served
from tests.stores import postgresql
from tests.tenancy.doors import GRAPHQL_OVER_HTTP, REST, SCHEMA, WIDE, Answer, OverHTTP, tokens
from tests.tenancy.positions import graph, rest
from tests.tenancy.streams import FOREIGNER, Streams
from tests.tenancy.sweep import Report, Sweep
from tests.tenancy.values import Question, everything, read
from tests.tenancy.world import ADMIN, absent, build, foreign, own

PAIRS, RUNS = 500, 3
LARGEST_AUC = 0.55
WARMING = 30

#: Stands for the id in question.
SOUGHT = "THE-ID"
TEAM = f"/api/identity/orgs/{own('Organization')}/teams/"
NODE = "query ($id: ID!) { node(id: $id) { id ... on Design { name } } }"
BELOW = "query ($id: ID!, $home: ID!) { organization(id: $home) { name team(id: $id) { id } } }"
AMONG = """query ($id: ID!, $home: ID!) {
    organization(id: $home) { users(filter: {teamId: $id}) { items { id } } }
}"""
HOME = {"home": own("Organization")}
Row = tuple[str, str, str, Any, str]


def asking(query: str, **variables: str) -> dict[str, Any]:
    return {"query": query, "variables": {"id": SOUGHT, **variables}}


#: What is timed: a name, the method, the path, the body, and the kind of the id in one of them.
TIMED: tuple[Row, ...] = (
    ("organization", "GET", f"/api/identity/orgs/{SOUGHT}", None, "Organization"),
    ("connection", "GET", f"/api/integrations/connections/{SOUGHT}", None, "Connection"),
    ("profile", "GET", f"/api/identity/users/profile/{SOUGHT}", None, "User"),
    ("team", "GET", f"{TEAM}{SOUGHT}", None, "Team"),
    ("users of a team", "GET", f"/api/identity/teams/{SOUGHT}/users", None, "Team"),
    ("node", "POST", "/graphql", asking(NODE), "Design"),
    ("team beside a name", "POST", "/graphql", asking(BELOW, **HOME), "Team"),
    ("filter by a team", "POST", "/graphql", asking(AMONG, **HOME), "Team"),
    ("change a team", "PUT", f"{TEAM}{SOUGHT}", {"name": "x"}, "Team"),
    ("delete a connection", "DELETE", f"/api/integrations/connections/{SOUGHT}", None,
     "Connection"),
    ("leave a team", "DELETE", f"{TEAM}{own('Team')}/users/{SOUGHT}", None, "User"),
)  # fmt: skip
#: Statuses of answers that have found nothing.
NOTHING = (200, 404)


@dataclass(frozen=True)
class Follower:
    """Subscriptions as server-sent events."""

    http: OverHTTP

    @asynccontextmanager
    async def following(
        self, caller: str | None, question: Question
    ) -> AsyncIterator[Answer | AsyncIterator[Answer]]:
        token = self.http.tokens[caller]
        headers = {
            "Accept": EVENT_STREAM,
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        message = {"query": question.source, "variables": question.variables}
        sent = self.http.client.stream("POST", "/graphql", json=message, headers=headers)
        async with sent as response:
            yield _results(response)


async def _results(response: httpx2.Response) -> AsyncIterator[Answer]:
    """What each event says; of an answer that is no stream, all of it."""
    whole = b""
    async for line in response.aiter_lines():
        if line.startswith("data:") and line != "data:":
            yield Answer(response.status_code, (), line.encode(), good=True)
        whole += line.encode()
    yield Answer(response.status_code, (), whole, good=False)


def auc(first: list[float], second: list[float]) -> float:
    """How well a threshold tells one from the other: 0.5 is not at all, 1 is always."""
    ranked = sorted([(each, 0) for each in first] + [(each, 1) for each in second])
    wins = ranks = 0
    for _, which in ranked:
        wins += ranks if which else 0
        ranks += 1 - which
    share = wins / (len(first) * len(second))
    return max(share, 1 - share)


async def timed(port: int, headers: Mapping[str, str], row: Row) -> float:
    """The AUC between a foreign id and one of nothing; if it is large, the median of three runs."""
    _, method, path, body, kind = row
    caller = Caller(port, headers)

    async def seconds(row_id: str) -> float:
        content = None if body is None else json.dumps(body).replace(SOUGHT, row_id).encode()
        answer = await caller.ask(method, path.replace(SOUGHT, row_id), content)
        assert answer.status in NOTHING, answer
        assert b"errors" not in answer.body, answer
        return answer.seconds

    ids = [foreign(kind), absent(foreign(kind))]
    for each in ids * WARMING:
        await seconds(each)
    found: list[float] = []
    while len(found) < RUNS and (not found or found[0] > LARGEST_AUC):
        samples: dict[str, list[float]] = {each: [] for each in ids}
        for _ in range(PAIRS):
            for each in random.sample(ids, 2):
                samples[each].append(await seconds(each))
        found.append(auc(*samples.values()))
    await caller.close()
    return median(found)


@dataclass
class Seen:
    report: Report = field(default_factory=Report)
    aucs: dict[str, float] = field(default_factory=dict)


async def attack(place: Place, port: int) -> Seen:
    """The sweep over HTTP, and then the times."""
    seen, known = Seen(), tokens(local_secret(place.folder / "jwt.secret"), FOREIGNER)
    store, positions, operations = Store.open(place.url), graph(SCHEMA), load(SCHEMA)
    base = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=base, trust_env=False, timeout=60) as client:
        http = OverHTTP(client, known)
        graphql = Sweep(GRAPHQL_OVER_HTTP, http, store, seen.report)
        endpoints = Sweep(REST, http, store, seen.report)
        await graphql.everything(everything())
        await graphql.graph(each for each in positions if each.root != "subscription")
        await endpoints.everything(read(operations))
        await endpoints.rest(rest(ENDPOINTS, operations))
        streams = Streams("subscriptions", Follower(http), http, seen.report)
        await streams.sweep(each for each in positions if each.root == "subscription")
    await store.close()
    headers = {"Authorization": f"Bearer {known[ADMIN]}"}
    for row in TIMED:
        seen.aucs[row[0]] = await timed(port, headers, row)
    return seen


async def _build(place: Place) -> None:
    store = Store.open(place.url)
    await build(store, Vault.from_file(place.folder / "vault.keys"))
    await store.close()


def measure() -> Measured:
    wide = {name.removeprefix("MESHGRAPH_"): value for name, value in WIDE.items()}
    with postgresql() as server, server.database() as url, TemporaryDirectory() as folder:
        place = Place(url, Path(folder))
        asyncio.run(_build(place))
        with served(place, **wide) as running:
            seen = asyncio.run(attack(place, running.port))
    for finding in seen.report.findings:
        print(finding[:1000])
    counts = seen.report.counts
    asked = sum(count for name, count in counts.items() if name.endswith("requests"))
    places = sum(count for name, count in counts.items() if name.endswith("positions"))
    worst = max(seen.aucs, key=lambda name: seen.aucs[name])
    print(
        seen.report, *(f"AUC of {name}: {each:.3f}" for name, each in seen.aucs.items()), sep="\n"
    )
    found = (
        f"{len(seen.report.findings)} leaks or differences in {asked:,} requests at {places} "
        f"positions, AUC ≤ {seen.aucs[worst]:.2f} ({worst})"
    )
    return Measured(not seen.report.findings and seen.aucs[worst] <= LARGEST_AUC, found)


if __name__ == "__main__":
    run("tenants", measure)
