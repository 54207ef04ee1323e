"""The line that a request leaves: what it was, and nothing that anybody sent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from structlog.testing import LogCapture

from tests.service import Service, opened

CANARY = "c4nary"
LONGEST_LINE = 2048

NAMED = f"""query {CANARY}Name($id: ID!) {{ # {CANARY} comment
  {CANARY}Alias: environment(id: $id) {{ name }}
}}"""
SEARCH = f'query {{ connections(search: "{CANARY} literal") {{ items {{ {CANARY}: name }} }} }}'
SECRET = """mutation($secret: JSON) { createConnection(input: {
  name: "a", kind: "k", type: "t", subType: "s", credentialSecret: $secret
}) { connection { id } } }"""


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.reset_defaults()


@pytest.fixture
async def served(
    logs: list[Any], database_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Service, list[Any]]]:
    async with opened("graphql", database_url, tmp_path) as service:
        yield service, logs


async def ask(service: Service, body: dict[str, Any], query: str = "") -> None:
    headers = {"Authorization": f"Bearer {service.token('ann')}", "Cookie": f"token={CANARY}"}
    await service.client.post(f"/graphql?{query}", json=body, headers=headers)


async def test_a_line_tells_of_the_operation(served: tuple[Service, list[Any]]) -> None:
    service, logs = served
    await ask(service, {"query": NAMED, "variables": {"id": service.world["acme-env"]}})
    (line,) = logs
    ann = await service.client.get(
        "/api/identity/users/profile", headers={"Authorization": f"Bearer {service.token('ann')}"}
    )
    assert {name: line[name] for name in ("event", "operation", "executor", "status")} == {
        "event": "request",
        "operation": "environment",
        "executor": "compiled",
        "status": 200,
    }
    assert str(line["user"]) == ann.json()["id"]
    assert line["statements"] >= 1
    assert line["ms"] >= 0
    assert logs[1]["operation"] == "getUser"
    assert "outcome" not in line


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"query": NAMED, "operationName": f"{CANARY}Name", "variables": {"id": CANARY}}),
        ("", {"query": SEARCH}),
        ("", {"query": SECRET, "variables": {"secret": {"token": CANARY}}}),
        ("", {"query": f"{{ {CANARY} }}"}),
        ("", {"query": f'{{ organizations(search: "{CANARY}'}),
        ("", {"documentId": CANARY}),
        ("", {"query": "{ __typename }", "extensions": {CANARY: CANARY}}),
        (f"token={CANARY}", {"query": "{ __typename }"}),
    ],
)
async def test_nothing_that_was_sent_is_in_the_log(
    served: tuple[Service, list[Any]], query: str, body: dict[str, Any]
) -> None:
    service, logs = served
    assert CANARY in json.dumps(body) + query
    await ask(service, body, query)
    told = str(logs)
    assert '"request"' in told or "'request'" in told
    assert CANARY not in told
    assert service.token("ann").split(".")[2] not in told


async def test_a_refusal_is_told_with_its_code(served: tuple[Service, list[Any]]) -> None:
    service, logs = served
    await ask(service, {"query": "{ nothing }"})
    await ask(service, {"query": "{ environment(id: 5.5) { id } }"})
    await service.client.post("/graphql", json={"query": "{ organizations { totalCount } }"})
    refused, coerced, anonymous = logs
    assert "operation" not in refused
    assert coerced["event"] == "request"
    assert anonymous["status"] == 401
    assert "operation" not in anonymous  # nobody reads what was asked
    assert "user" not in anonymous


async def test_a_line_is_short_whatever_is_asked(served: tuple[Service, list[Any]]) -> None:
    service, logs = served
    await service.client.get("/" + "%01" * 4_000, headers={"X-Request-Id": "i" * 64})
    name = "n" * 9_000
    await ask(service, {"query": f"query {name} {{ organizations {{ {name}: totalCount }} }}"})
    assert len(logs) == 2
    for line in logs:
        assert len(orjson.dumps(line, default=repr)) <= LONGEST_LINE
