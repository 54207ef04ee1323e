"""The page of the REST API in a real browser, and the setting that turns it off."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Page, async_playwright

from app import docs_page, preparing
from app.demo import demo_id
from app.main import create_app
from app.settings import Settings
from tests.serving import HOST, free_port, serving, token

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

in_a_browser = pytest.mark.skipif(
    CHROMIUM is None or docs_page.installed() is None,
    reason=f"this needs chromium on PATH, and the package {docs_page.PACKAGE}",
)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a server with the demo data is."""
    url = f"sqlite:///{tmp_path}/graph.db"
    environ = {"MESHGRAPH_DATABASE_URL": url, "MESHGRAPH_DATA_DIR": str(tmp_path)}
    preparing.migrate(Settings.from_environ(environ).database_url)
    preparing.seed(Settings.from_environ(environ), demo=True)
    port = free_port()
    with serving(url, tmp_path, port):
        yield f"http://{HOST}:{port}"


@pytest.fixture(params=["light", "dark"])
async def page(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield await browser.new_page(color_scheme=request.param)
        await browser.close()


@in_a_browser
async def test_an_endpoint_is_tried(address: str, page: Page, tmp_path: Path) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{address}/docs#/Organization/getOrgs")
    await page.click("button.authorize")
    await page.locator(".modal-ux input").first.fill(
        token(tmp_path, str(demo_id("user", "member")))
    )
    await page.locator(".modal-ux button.authorize").first.click()
    await page.locator(".modal-ux button.btn-done").first.click()
    await page.click("#operations-Organization-getOrgs .try-out__btn")
    await page.click("#operations-Organization-getOrgs button.execute")
    answer = page.locator("#operations-Organization-getOrgs .live-responses-table")
    assert "Example Cooperative" in await answer.inner_text()
    assert "x-graphql-operation: getOrgs" in await answer.inner_text()
    assert said == []
    assert [each for each in asked if not each.startswith((address, "data:"))] == []


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
async def test_the_setting(path: str, database_url: str, tmp_path: Path) -> None:
    environ = {"MESHGRAPH_DATABASE_URL": database_url, "MESHGRAPH_DATA_DIR": str(tmp_path)}
    statuses = []
    for setting in ("true", "false"):
        application = create_app(Settings.from_environ({**environ, "MESHGRAPH_DOCS": setting}))
        transport = httpx2.ASGITransport(application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            statuses.append((await client.get(path)).status_code)
        await application.state.store.close()
    assert statuses in ([200, 404], [503, 404])
