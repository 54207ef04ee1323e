"""What is said of endpoints that will go, and when they do not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from app.errors import Unauthenticated
from rest_compat import table
from rest_compat.deprecations import NAMES, DeprecationsError, read, read_file
from rest_compat.endpoints import ENDPOINTS, Endpoint

FILE = """
["*"]
since = 2026-12-01

[getOrgs]
since = 2026-12-01T12:00:00+02:00
sunset = 2027-06-01
link = "https://example.org/moving?to=graphql"
brownouts = [
  { from = 2027-03-01, until = 2027-03-01T01:00:00Z },
  { from = 2027-04-01T09:00:00, until = 2027-04-01T10:00:00Z },
]

[getUsers]
since = 2026-12-01
brownouts = [{ from = 2027-03-01, until = 2027-03-02 }]
"""
ORGS = "/api/identity/orgs"
NAMED = {
    "deprecation": "@1796119200",
    "sunset": "Tue, 01 Jun 2027 00:00:00 GMT",
    "link": '<https://example.org/moving?to=graphql>; rel="deprecation"; type="text/html"',
}


class Fake:
    """A service whose clock is set, and which answers nothing to nobody else."""

    def __init__(self) -> None:
        self.moment = datetime(2027, 1, 1, tzinfo=UTC)
        self.seen: list[tuple[str, int]] = []
        self.known = True

    def clock(self) -> datetime:
        return self.moment

    def observe(self, _request: Request, endpoint: Endpoint, status: int) -> None:
        self.seen.append((endpoint.operation, status))

    async def admit(self, _request: Request) -> None:
        if not self.known:
            raise Unauthenticated("Sign in first.")

    async def execute(self, *_: Any) -> ExecutionResult:
        await self.admit(_[0])
        return ExecutionResult({"body": {}})


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def client(graph: GraphQLSchema, fake: Fake) -> Iterator[TestClient]:
    routes = table(
        graph,
        fake.execute,
        admit=fake.admit,
        named=False,
        observe=fake.observe,
        deprecations=read(FILE),
        clock=fake.clock,
    )
    with TestClient(Starlette(routes=[routes]), raise_server_exceptions=False) as client:
        yield client


def test_the_star_is_every_endpoint_that_is_not_named() -> None:
    found = read(FILE)
    assert set(found) == NAMES
    assert found["getOrg"].headers == ((b"deprecation", b"@1796083200"),)


def test_only_what_is_named_is_deprecated() -> None:
    assert set(read("[getOrgs]\nsince = 2026-12-01")) == {"getOrgs"}
    assert read("") == {}


@pytest.mark.parametrize("known", [True, False])
def test_every_answer_of_the_endpoint_says_so(client: TestClient, fake: Fake, known: bool) -> None:
    fake.known = known
    answer = client.get(ORGS)
    assert answer.status_code == (200 if known else 401)
    assert {name: answer.headers[name] for name in NAMED} == NAMED
    other = client.get("/api/environments")
    assert other.headers["deprecation"] == "@1796083200"
    assert "sunset" not in other.headers


def test_the_link_to_the_operation_is_beside_that_to_the_reason(
    graph: GraphQLSchema, fake: Fake
) -> None:
    routes = table(graph, fake.execute, deprecations=read(FILE))
    answer = TestClient(Starlette(routes=[routes])).get(ORGS)
    links = answer.headers.get_list("link")
    assert len(links) == 2
    assert 'rel="alternate"' in links[0]
    assert links[1] == NAMED["link"]


@pytest.mark.parametrize(
    ("moment", "status", "wait"),
    [
        (datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC), 200, None),
        (datetime(2027, 3, 1, tzinfo=UTC), 503, "3600"),
        (datetime(2027, 3, 1, 0, 59, 59, 999_999, tzinfo=UTC), 503, "1"),
        (datetime(2027, 3, 1, 1, tzinfo=UTC), 200, None),
        (datetime(2027, 4, 1, 9, 30, tzinfo=UTC), 503, "1800"),
    ],
)
def test_a_brown_out_ends_when_it_is_said(
    client: TestClient, fake: Fake, moment: datetime, status: int, wait: str | None
) -> None:
    fake.moment = moment
    answer = client.get(ORGS)
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, wait)
    assert answer.headers["deprecation"] == NAMED["deprecation"]
    assert fake.seen == [("getOrgs", status)]


def test_a_brown_out_names_the_operation(client: TestClient, fake: Fake) -> None:
    fake.moment = datetime(2027, 3, 1, tzinfo=UTC)
    answer = client.get(ORGS)
    assert answer.headers["content-type"].startswith("text/plain")
    assert "operation getOrgs to /graphql" in answer.text
    assert "2027-03-01T01:00:00Z" in answer.text
    assert client.get("/api/environments").status_code == 400  # it needs an orgId


def test_who_is_not_known_is_told_that_first(client: TestClient, fake: Fake) -> None:
    """But where nobody needs to be: there the brown-out is for all."""
    fake.moment, fake.known = datetime(2027, 3, 1, tzinfo=UTC), False
    assert client.get(ORGS).status_code == 401
    assert client.get("/api/users").status_code == 503


def test_a_bug_is_observed_as_one(graph: GraphQLSchema, fake: Fake) -> None:
    async def fail(_request: Request, _document: DocumentNode, *_: Any) -> ExecutionResult:
        raise RuntimeError("bug")

    routes = table(graph, fail, observe=fake.observe)
    client = TestClient(Starlette(routes=[routes]), raise_server_exceptions=False)
    assert client.get(ORGS).status_code == 500
    assert fake.seen == [("getOrgs", 500)]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[getOrgs", ["this is not TOML"]),
        ("[getOrg]\n", ["[getOrg]: `since` is missing"]),
        ("getOrg = 1", ["[getOrg]: expected a table"]),
        ("[nothing]\nsince = 2026-12-01", ["[nothing]: there is no such endpoint"]),
        ("[getOrg]\nsince = 2026-12-01\nuntil = 1", ["[getOrg] until: allowed are since, sunset"]),
        ("[getOrg]\nsince = '2026-12-01'", ["[getOrg] since: expected a date such as"]),
        (
            "[getOrg]\nsince = 2026-12-01\nlink = 'javascript:x'",
            ["[getOrg] link: expected an "],
        ),
        ("[getOrg]\nsince = 2026-12-01\nlink = 'https://a/>x'", ["[getOrg] link"]),
        ('[getOrg]\nsince = 2026-12-01\nlink = "https://a/\\r\\nx"', ["[getOrg] link"]),
        ("[getOrg]\nsince = 2026-12-01\nlink = 5", ["[getOrg] link"]),
        ("[getOrg]\nsince = 2026-12-02\nsunset = 2026-12-01", ["[getOrg] sunset: it must not be"]),
        (
            "[getOrg]\nsince = 2026-12-02\nbrownouts = [{from = 2027-01-02, until = 2027-01-01}]",
            ["[getOrg] brownouts: `until` must be after"],
        ),
        (
            "[getOrg]\nsince = 2026-12-02\nbrownouts = [{from = 2026-01-01, until = 2027-01-01}]",
            ["[getOrg] brownouts: none may begin before"],
        ),
        ("[getOrg]\nsince = 2026-12-02\nbrownouts = [1]", ["[getOrg] brownouts: expected a list"]),
        ("[getOrg]\nsince = 2026-12-02\nbrownouts = 5", ["[getOrg] brownouts: expected a list"]),
        ("[a]\n[getOrg]\nsince = 1\nx = 1", ["[a]: ", "[a]: ", "[getOrg] x", "[getOrg] since"]),
    ],
)
def test_all_that_is_wrong_is_told(text: str, problems: list[str]) -> None:
    with pytest.raises(DeprecationsError) as told:
        read(text)
    assert len(told.value.problems) == len(problems)
    for found, expected in zip(told.value.problems, problems, strict=True):
        assert found.startswith(expected), found


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeprecationsError, match="No such file"):
        read_file(tmp_path / "none.toml")
    (tmp_path / "wrong.toml").write_bytes(b"\xff")
    with pytest.raises(DeprecationsError, match="not UTF-8 at byte 0"):
        read_file(tmp_path / "wrong.toml")
    (tmp_path / "bad.toml").write_text("[a]\n")
    with pytest.raises(DeprecationsError, match=r"bad\.toml: \[a\]: there is no such"):
        read_file(tmp_path / "bad.toml")
    assert read_file(None) == {}


def test_every_endpoint_documents_what_a_503_is_taken_for() -> None:
    """RFC 9110 §15: a status that is not known is that of its class."""
    assert [each.operation for each in ENDPOINTS if 500 not in each.statuses] == []
