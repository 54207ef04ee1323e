"""What probes are told, and when; which hosts are answered; what a server says that stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.draining import Drain
from app.errors import Unavailable
from app.hosts import Hosts
from app.local_tokens import issue, local_secret
from app.main import create_app
from app.middleware import Envelope
from app.readiness import PATHS, health_routes
from app.settings import Settings
from tests.stores import Databases


class Database:
    """Says whether it can be read and written, and counts how often it is asked."""

    reads = writes = True
    asked = 0

    async def check_reading(self) -> None:
        self.asked += 1
        if not self.reads:
            raise Unavailable("gone.")

    async def check_writing(self) -> None:
        self.asked += 1
        if not self.writes:
            raise Unavailable("full.")


@pytest.mark.parametrize(
    ("reads", "writes", "path", "status", "text"),
    [
        (True, True, "/readyz", 200, "ready"),
        (True, False, "/readyz", 503, "not ready to write: full."),
        (True, False, "/readyz?only=reads", 200, "ready"),
        (False, False, "/readyz", 503, "not ready to read: gone."),
        (False, False, "/readyz?only=reads", 503, "not ready to read: gone."),
        (False, False, "/livez", 200, "ok"),
        (False, False, "/healthz", 200, "ok"),
    ],
)
def test_probes(*, reads: bool, writes: bool, path: str, status: int, text: str) -> None:
    database = Database()
    database.reads, database.writes = reads, writes
    answer = TestClient(Starlette(routes=health_routes(database, Drain(0)))).get(path)
    assert (answer.status_code, answer.text) == (status, text)


def test_the_database_is_not_asked_for_every_probe() -> None:
    database = Database()
    client = TestClient(Starlette(routes=health_routes(database, Drain(0))))
    with client:
        for _ in range(20):
            assert client.get("/readyz").status_code == 200
    assert database.asked <= 4  # two things, and a second may have passed


def test_a_server_that_stops_tells_everybody() -> None:
    drain = Drain(60)
    application = Starlette(routes=health_routes(Database(), drain))
    client = TestClient(Envelope(application, drain=drain))
    assert "connection" not in client.get("/readyz").headers
    drain.under_way = True
    stopping = client.get("/readyz")
    assert (stopping.status_code, stopping.headers["connection"]) == (503, "close")
    assert client.get("/livez").headers["connection"] == "close"


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("api.example.org", "/absent", 404),
        ("API.example.org", "/absent", 404),
        ("api.example.org:80", "/absent", 421),
        ("evil.example", "/absent", 421),
        ("", "/absent", 421),
        ("10.0.0.7:9876", "/livez", 200),
    ],
)
def test_hosts(host: str, path: str, status: int) -> None:
    application = Starlette(routes=health_routes(Database(), Drain(0)))
    client = TestClient(Hosts(application, ["api.example.org"], PATHS))
    assert client.get(path, headers={"Host": host}).status_code == status


def test_limits_are_told_through_both_doors(databases: Databases, tmp_path: Path) -> None:
    """A caller whose budget is spent gets 429, the limit by name, and when to come again."""
    with databases() as url:
        settings = Settings.from_environ(
            {
                "MESHGRAPH_DATABASE_URL": url,
                "MESHGRAPH_DATA_DIR": str(tmp_path),
                "MESHGRAPH_BUDGET": "enforce",
                "MESHGRAPH_BUDGET_SIZE": "2",
                "MESHGRAPH_BUDGET_RESTORED": "0.01",
                "MESHGRAPH_UNKNOWN_USERS": "provision",
            }
        )
        token = issue(local_secret(settings.jwt_secret_file), subject="ann")
        headers = {"Authorization": f"Bearer {token}", "X-Meshgraph-Cost": "1"}
        with TestClient(create_app(settings), headers=headers) as client:
            question = {"query": "{ viewer { user { id } } }"}
            first = client.post("/graphql", json=question)
            cost = first.json()["extensions"]["cost"]
            assert (cost["requested"], cost["available"]) == (1, 1)
            assert first.headers["ratelimit"] == '"budget";r=1;t=100'
            assert client.get("/api/identity/users/profile").status_code == 200
            spent = client.post("/graphql", json=question)
            assert spent.status_code == 429
            assert spent.json()["errors"][0]["extensions"]["limits"]["budget"]["allowed"] == 0
            refused = client.get("/api/identity/users/profile")
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 1
            assert int(spent.headers["retry-after"]) > 1
            assert client.get("/readyz").status_code == 200
