"""A server with the demo data, and the explorer in a browser that reaches nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from app import preparing
from app.demo import demo_id
from app.explorer.serving import BUILT
from app.settings import Settings
from tests import stores
from tests.serving import HOST, free_port, serving, token

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
#: It starts as root, without a display, and asks nobody for anything by itself.
FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")


@dataclass(frozen=True)
class Demo:
    """Where the demo is served, and a token of its administrator."""

    url: str
    token: str


@dataclass(frozen=True)
class Seen:
    """A page, and what it did that it should not: errors in its console, requests elsewhere."""

    page: Page
    demo: Demo
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        self.page.get_by_label("Token").fill(self.demo.token)
        self.page.get_by_role("button", name="Use this token").click()
        self.page.get_by_role("button", name="Sign out").wait_for()

    def write(self, text: str) -> None:
        """Put a text into the operation editor, as somebody who types."""
        self.page.locator(".graphiql-query-editor .view-lines").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def run(self) -> None:
        self.page.locator(".graphiql-execute-button").click()

    def response(self) -> str:
        """What the response editor shows, on one line."""
        shown = self.page.locator(".result-window .view-lines").inner_text()
        return " ".join(shown.replace("\xa0", " ").split())


@pytest.fixture(scope="session")
def demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("explorer")
    url = stores.sqlite_copy(sqlite_template, folder)
    environ = {"MESHGRAPH_DATABASE_URL": url, "MESHGRAPH_DATA_DIR": str(folder)}
    preparing.seed(Settings.from_environ(environ), demo=True)
    port = free_port()
    with serving(url, folder, port, MESHGRAPH_PUBLIC_GRAPH="true"):  # as `serve --demo` does
        yield Demo(f"http://{HOST}:{port}", token(folder, str(demo_id("user", "admin"))))


@pytest.fixture(scope="session")
def client(demo: Demo) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {demo.token}"}
    with httpx2.Client(base_url=demo.url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def browser(demo: Demo) -> Iterator[Browser]:
    """Gone before another module's tests begin: while it is there, so is its event loop."""
    del demo  # is made before there is a loop
    if not (BUILT / "index.html").is_file():
        pytest.skip("the explorer is not built: run `make explorer`")
    if CHROMIUM is None:
        pytest.skip("there is no browser: install Debian's package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(browser: Browser, demo: Demo) -> Iterator[Seen]:
    """The page as somebody sees it who comes for the first time, in light colours."""
    yield from _opened(browser, demo, "light")


@pytest.fixture
def themed(browser: Browser, demo: Demo, theme: str) -> Iterator[Seen]:
    """The same in each of the two themes, which the system asks for."""
    yield from _opened(browser, demo, theme)


def _opened(browser: Browser, demo: Demo, theme: str) -> Iterator[Seen]:
    size = {"width": 1400, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    seen = Seen(page, demo)

    def watch(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(demo.url).netloc:
            route.continue_()
        else:
            seen.elsewhere.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.errors.append(message.text)

    context.route("**/*", watch)
    page.on("console", listen)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.goto(f"{demo.url}/graphql")
    page.locator(".graphiql-query-editor .view-line").first.wait_for()
    yield seen
    context.close()
