"""The headers that every answer has, of whichever route, status and layer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from app.middleware import SECURITY_HEADERS
from rest_compat.endpoints import ENDPOINTS
from tests.service import Service, opened
from tests.stores import sqlite_copy

#: Of files that are named by their content, or that everybody gets alike.
CACHED = re.compile(r"/explorer/|/docs|/openapi\.json")
#: What must be in the headers of pages, whose policy is their own.
POLICY = "frame-ancestors 'none'"
UNTOLD = ("server", "x-powered-by")


@pytest.fixture
async def served(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Service]:
    url = sqlite_copy(sqlite_template, tmp_path)
    async with opened(
        "graphql", url, tmp_path, MESHGRAPH_METRICS="true", MESHGRAPH_ALLOWED_HOSTS="test"
    ) as service:
        yield service


def addresses(service: Service) -> Iterator[tuple[str, str]]:
    """Every method and path there is, and some that are none."""
    for route in service.application.routes:
        assert isinstance(route, Route)
        for method in route.methods or ():
            yield method, route.path
    for row in ENDPOINTS:
        for path in (row.path, *row.aliases):
            yield row.method, path
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        yield from ((method, "/graphql"), (method, "/api/environments"), (method, "/nothing"))


async def test_every_answer_has_the_headers(served: Service) -> None:
    headers = {"Authorization": f"Bearer {served.token('ann')}"}
    statuses = set()
    for method, path in addresses(served):
        filled = re.sub(r"\{[^}]*\}", "x", path)
        for sent in ({}, headers, {"Accept": "text/html"}, {"Host": "evil.example"}):
            answer = await served.client.request(method, filled, headers=sent)
            statuses.add(answer.status_code)
            given = answer.headers
            where = f"{method} {filled} {answer.status_code}"
            for name, value in SECURITY_HEADERS:
                assert name.decode() in given, where
                if name != b"content-security-policy" and not CACHED.match(filled):
                    assert given[name.decode()] == value.decode(), where
            assert POLICY in given["content-security-policy"], where
            assert not any(name in given for name in UNTOLD), where
    assert statuses >= {200, 400, 401, 404, 405, 421}


async def test_answers_that_are_cached_are_nobodys_own(served: Service) -> None:
    """What may be kept is the same for everybody: it is answered without looking who asks."""
    for route in served.application.routes:
        assert isinstance(route, Route)
        answer = await served.client.get(re.sub(r"\{[^}]*\}", "x", route.path))
        if answer.headers["cache-control"] != "no-store":
            assert CACHED.match(route.path), route.path
