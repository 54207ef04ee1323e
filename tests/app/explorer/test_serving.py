"""What is served of the explorer, with and without a build."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from app.explorer.serving import ASSETS, Explorer

PAGE = '<script type="application/json" id="configuration">{}</script><script src="x.js"></script>'
SCRIPT = b"let x = 1;"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build with a script, which has a copy in each coding, and a style sheet, which has none."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "secret.js").write_text("not an asset")
    (assets / "x-1a2b.js").write_bytes(SCRIPT)
    (assets / "x-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "x-1a2b.js.br").write_bytes(b"brotli, as far as a server can tell")
    (assets / "x-1a2b.css").write_text("p {}")
    (assets / "x.exe").write_text("")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> TestClient:
    return TestClient(Starlette(routes=[Route(ASSETS, Explorer(folder).asset)]))


def test_without_a_build_the_page_says_what_to_do(tmp_path: Path) -> None:
    page = Explorer(tmp_path / "built").page().decode()
    assert "make explorer" in page
    assert "<script" not in page


def test_a_build_is_shown_without_a_restart(tmp_path: Path) -> None:
    explorer = Explorer(tmp_path)
    assert b"make explorer" in explorer.page()
    (tmp_path / "index.html").write_text(PAGE)
    assert b"x.js" in explorer.page()


def test_the_page_is_told_of_the_service(folder: Path) -> None:
    page = Explorer(folder, {"endpoint": "</script><script>alert(1)"}).page().decode()
    told = re.search(r'id="configuration">(.*?)</script>', page)
    assert told is not None
    configuration = json.loads(told[1])
    assert configuration["endpoint"] == "</script><script>alert(1)"
    assert configuration["version"]
    assert page.count("<script") == PAGE.count("<script")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("gzip;q=0.0", None),
        ("identity", None),
        ("", None),
    ],
)
def test_an_asset_is_compressed_as_the_client_takes_it(
    client: TestClient, accepted: str, coding: str | None
) -> None:
    with client.stream(
        "GET", "/explorer/assets/x-1a2b.js", headers={"accept-encoding": accepted}
    ) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (raw == SCRIPT) == (coding is None)


def test_an_asset_never_changes(client: TestClient) -> None:
    answer = client.get("/explorer/assets/x-1a2b.css")
    assert answer.text == "p {}"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["none.js", "x.exe", "x-1a2b.js.gz", "..%2fsecret.js", "..%2f..%2fsecret.js", "%00.js"]
)
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/explorer/assets/{name}").status_code == 404
