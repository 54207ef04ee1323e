"""The usual clients query and subscribe, over every transport that they have."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import serving, stores

HERE = Path(__file__).parent
NODE = shutil.which("node")
CLIENTS = {"graphql-ws", "graphql-sse", "urql over WebSocket", "urql over fetch", "Apollo Client"}

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "graphql-ws").is_dir(),
        reason="the clients are not installed: run `npm ci` in tests/clients",
    ),
]


def told(**asked: Any) -> dict[str, Any]:
    """What each client was given."""
    command = [NODE or "node", str(HERE / "clients.mjs"), json.dumps(asked)]
    output = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    found: dict[str, Any] = json.loads(output)
    return found


def test_every_client_queries_and_subscribes() -> None:
    with serving.counting() as (_, port):
        found = told(
            url=f"http://{serving.HOST}:{port}/graphql",
            token="ann",
            query='{ __typename name(to: "é") }',
            subscription="subscription { count(to: 3) { __typename value } }",
            count=3,
        )
    numbers = [{"count": {"__typename": "Number", "value": each}} for each in (1, 2, 3)]
    expected = {"query": {"__typename": "Query", "name": "é"}, "subscription": numbers}
    for given in found.values():
        given.get("query", {}).setdefault("__typename", "Query")  # Apollo Client keeps it to itself
    assert found == dict.fromkeys(CLIENTS, expected)


def test_every_client_follows_events(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each resumes after the first of five events, as it asks with `after`."""
    monkeypatch.setenv("MESHGRAPH_UNKNOWN_USERS", "provision")
    database, port = stores.sqlite_copy(sqlite_template, tmp_path), serving.free_port()
    with serving.serving(database, tmp_path, port):
        url, token = f"http://{serving.HOST}:{port}/graphql", serving.token(tmp_path, "ann")
        ids = [create(url, token, action) for action in "abcde"]
        found = told(
            url=url,
            token=token,
            query="{ organizations { __typename totalCount } }",
            subscription=f'subscription {{ events(after: "{ids[0]}") {{ __typename action }} }}',
            count=4,
        )
    expected = {
        "query": {"organizations": {"__typename": "OrganizationPage", "totalCount": 0}},
        "subscription": [{"events": {"__typename": "Event", "action": each}} for each in "bcde"],
    }
    assert found == dict.fromkeys(CLIENTS, expected)


def create(url: str, token: str, action: str) -> str:
    """The id of an event that is made."""
    mutation = f'mutation {{ createEvent(input: {{action: "{action}"}}) {{ event {{ id }} }} }}'
    headers = {"authorization": f"Bearer {token}"}
    answer = httpx2.post(url, json={"query": mutation}, headers=headers, trust_env=False).json()
    event_id: str = answer["data"]["createEvent"]["event"]["id"]
    return event_id
