"""What callers without a token are told of the graph: nothing, unless it is shown to everybody."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import get_introspection_query

from app.cli_serving import shown
from app.media_types import EVENT_STREAM, GRAPHQL, HTML, JSON
from rest_compat.endpoints import ENDPOINTS
from tests.doors import OPERATIONS
from tests.service import Service, opened
from tests.stores import sqlite_copy

INTROSPECTION = get_introspection_query()
PUBLIC = "{ publicUsers { totalCount } }"
HASH = sha256(PUBLIC.encode()).hexdigest()

#: What an anonymous caller may try, some of it right and some of it wrong.
TRIED: list[dict[str, Any]] = [
    {"query": "{ organizations { totalCount } }"},
    {"query": "{ organisations { totalCount } }"},
    {"query": "{ organizations { totalCounts } }"},
    {"query": "{ organization(idd: 1) { id } }"},
    {"query": "{ publicUsers { totalCount } }"},
    {"query": "{ __typename }"},
    {"query": "{ __schema { types { name } } }"},
    {"query": INTROSPECTION},
    {"query": "{"},
    {"query": "query Q($x: Nope) { a }", "variables": {"x": 1}},
    {"query": "mutation { __typename }"},
    {"query": "subscription { events { id } }"},
    {"documentId": "getOrgs"},
    {"documentId": "nothing"},
    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
    {
        "query": PUBLIC,
        "extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}},
    },
]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """On one engine: nothing is read from it."""
    return sqlite_copy(sqlite_template, tmp_path)


async def post(service: Service, body: Any, person: str | None = None, **headers: str) -> Any:
    named = {"authorization": f"Bearer {service.token(person)}"} if person else {}
    return await service.client.post("/graphql", json=body, headers={**named, **headers})


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, EVENT_STREAM])
async def test_whatever_a_stranger_asks_is_one_refusal(
    database_url: str, tmp_path: Path, accept: str
) -> None:
    async with opened("graphql", database_url, tmp_path) as service:
        for body in TRIED:
            await post(service, body, "ann")  # what came before is remembered, of whoever it was
        answers = [await post(service, body, accept=accept) for body in TRIED]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    (error,) = answers[0].json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "locations" not in error


async def test_with_get_as_well(database_url: str, tmp_path: Path) -> None:
    async with opened("graphql", database_url, tmp_path) as service:
        queries = ("{ organizations { totalCount } }", "{ nothing }", "{ __typename }")
        asked = [{"query": query} for query in queries]
        answers = [await service.client.get("/graphql", params=each) for each in asked]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1


async def test_who_has_a_token_is_shown_all(database_url: str, tmp_path: Path) -> None:
    async with opened("graphql", database_url, tmp_path) as service:
        answer = await post(service, {"query": INTROSPECTION}, "ann")
        wrong = await post(service, {"query": "{ organisations { id } }"}, "ann")
    assert answer.json()["data"]["__schema"]["queryType"] == {"name": "Query", "kind": "OBJECT"}
    assert "Did you mean" in wrong.json()["errors"][0]["message"]


async def test_public_documents_are_for_everybody(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "faces.graphql").write_text("{ publicUsers { totalCount } }")
    (tmp_path / "mixed.graphql").write_text("{ publicUsers { page } viewer { user { id } } }")
    (tmp_path / "spread.graphql").write_text("{ ...F } fragment F on Query { __typename }")
    variables = {"MESHGRAPH_DOCUMENTS_DIR": str(tmp_path)}
    async with opened("graphql", database_url, tmp_path, **variables) as service:
        for body in ({"documentId": "faces"}, {"query": PUBLIC}, {"documentId": f"sha256:{HASH}"}):
            assert (await post(service, body)).json()["data"]["publicUsers"]["totalCount"], body
        for name in ("mixed", "spread", "getTeams"):
            assert (await post(service, {"documentId": name})).status_code == 401
        found = await post(
            service, {"documentId": "getOrgByDomain", "variables": {"domain": "acme.org"}}
        )
    assert found.json()["data"]


async def test_public_documents_are_those_of_public_endpoints(
    database_url: str, tmp_path: Path
) -> None:
    async with opened("graphql", database_url, tmp_path) as service:
        answers = {name: await post(service, {"documentId": name}) for name in OPERATIONS}
    taken = {name for name, answer in answers.items() if answer.status_code != 401}
    assert taken == {each.operation for each in ENDPOINTS if each.public}


@pytest.mark.parametrize(("cookie", "status"), [("", 401), ("token=nonsense", 401), ("ann", 200)])
async def test_the_explorer_is_for_who_has_a_token(
    database_url: str, tmp_path: Path, cookie: str, status: int
) -> None:
    async with opened("graphql", database_url, tmp_path) as service:
        sent = f"token={service.token('ann')}" if cookie == "ann" else cookie
        headers = {"accept": f"{HTML}, */*", **({"cookie": sent} if sent else {})}
        answer = await service.client.get("/graphql", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(HTML if status == 200 else JSON)


async def test_a_public_graph_is_shown_to_everybody(database_url: str, tmp_path: Path) -> None:
    async with opened("graphql", database_url, tmp_path, MESHGRAPH_PUBLIC_GRAPH="true") as service:
        answer = await post(service, {"query": INTROSPECTION})
        page: httpx2.Response = await service.client.get("/graphql", headers={"accept": HTML})
        table = await service.client.get("/rest-map")
    assert answer.json()["data"]["__schema"]
    assert (page.status_code, table.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("demo", "told", "expected"),
    [(True, "", "true"), (False, "", None), (True, "false", None), (False, "true", None)],
)
def test_a_demo_is_public_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, demo: bool, told: str, expected: str | None
) -> None:
    monkeypatch.setenv("MESHGRAPH_PUBLIC_GRAPH", told)
    assert shown(demo=demo) == expected
