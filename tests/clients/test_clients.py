"""The usual clients query and subscribe, over every transport that they have."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import serving

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
