"""Every answer of the documented REST API names its operation and where the document is."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from app.main import create_app
from app.settings import Settings
from rest_compat.endpoints import ENDPOINTS
from tests.service import opened

ADDRESSES = [(row, path) for row in ENDPOINTS for path in (row.path, *row.aliases)]


def names(response: httpx2.Response) -> tuple[str | None, str | None]:
    return response.headers.get("x-graphql-operation"), response.headers.get("link")


def naming(operation: str) -> tuple[str, str]:
    return operation, f'</rest-map/{operation}>; rel="alternate"; type="application/graphql"'


async def test_answers_that_succeed(database_url: str, tmp_path: Path) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        headers = {"Authorization": f"Bearer {service.token('ann')}"}
        body = {"category": "c"}
        found = await service.client.get("/api/identity/orgs", headers=headers)
        made = await service.client.post("/api/events", json=body, headers=headers)
        link = found.headers["link"].partition(">")[0][1:]
        linked = await service.client.get(link, headers=headers)
        stranger = await service.client.get(link)
    assert (found.status_code, names(found)) == (200, naming("getOrgs"))
    assert (made.status_code, names(made)) == (201, naming("postEvents"))
    assert linked.text.startswith("query getOrgs(")
    assert (stranger.status_code, stranger.headers["www-authenticate"]) == (401, "Bearer")


async def test_answers_that_refuse(database_url: str, tmp_path: Path) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        for row, path in ADDRESSES:
            response = await service.client.request(row.method, path)
            assert response.status_code >= 400 or row.public
            assert names(response) == naming(row.operation)


async def test_a_body_that_is_too_long(database_url: str, tmp_path: Path) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        response = await service.client.post("/api/identity/orgs", content=bytes(300_000))
    assert (response.status_code, names(response)) == (413, naming("createOrg"))


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/api/identity/orgs"), ("GET", "/api/nothing"), ("GET", "/graphql")],
)
async def test_what_is_no_endpoint_has_no_operation(
    database_url: str, tmp_path: Path, method: str, path: str
) -> None:
    async with opened("rest", database_url, tmp_path) as service:
        response = await service.client.request(method, path)
    assert response.status_code >= 400
    assert names(response) == (None, None)


@pytest.mark.parametrize(("setting", "status"), [("true", 200), ("false", 404)])
async def test_the_setting(setting: str, status: int, database_url: str, tmp_path: Path) -> None:
    environ = {"MESHGRAPH_DATABASE_URL": database_url, "MESHGRAPH_DATA_DIR": str(tmp_path)}
    shown = {"MESHGRAPH_REST_MAP": setting, "MESHGRAPH_PUBLIC_GRAPH": "true"}
    application = create_app(Settings.from_environ({**environ, **shown}))
    transport = httpx2.ASGITransport(application)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/rest-map")).status_code == status
            assert (await client.get("/rest-map/getOrgs")).status_code == status
            named = names(await client.get("/api/identity/orgs"))
    finally:
        await application.state.store.close()
    assert named == (naming("getOrgs") if setting == "true" else (None, None))


async def test_a_page_of_an_allowed_origin_may_read_the_names(
    database_url: str, tmp_path: Path
) -> None:
    origin = "https://ui.example.org"
    environ = {"MESHGRAPH_DATABASE_URL": database_url, "MESHGRAPH_DATA_DIR": str(tmp_path)}
    application = create_app(
        Settings.from_environ({**environ, "MESHGRAPH_ALLOWED_ORIGINS": origin})
    )
    transport = httpx2.ASGITransport(application)
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            response = await client.get("/api/identity/orgs", headers={"Origin": origin})
    finally:
        await application.state.store.close()
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"link", "x-graphql-operation"} <= set(exposed)
