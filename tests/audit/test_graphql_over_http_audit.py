"""The endpoint passes every audit of the reference implementation of GraphQL over HTTP."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from graphql import build_schema
from starlette.middleware import Middleware
from starlette.requests import Request

from app.graphql_over_http import GraphQLOverHTTP
from app.limits import Limits
from app.middleware import Envelope
from app.operations import Operations
from app.service import Service, at

HERE = Path(__file__).parent
NODE = shutil.which("node")
AUDITS = 61

pytestmark = [
    pytest.mark.audit,
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "graphql-http").is_dir(),
        reason="the audits are not installed: run `npm ci` in tests/audit",
    ),
]


@asynccontextmanager
async def open_context(_: Request) -> AsyncIterator[None]:
    yield None


@pytest.fixture
def url() -> Iterator[str]:
    """A service on a free port of the loopback interface."""
    schema = build_schema("type Query { name: String } type Mutation { rename: String }")
    endpoint = GraphQLOverHTTP(Operations(schema, Limits()), open_context)
    app = Service([(at("/graphql"), endpoint)], layers=[Middleware(Envelope)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql"
        server.should_exit = True
        thread.join()


def test_every_audit_passes(url: str) -> None:
    command = [NODE or "node", str(HERE / "audit.mjs"), url]
    told = subprocess.run(command, capture_output=True, check=True, timeout=60)
    results = json.loads(told.stdout)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
