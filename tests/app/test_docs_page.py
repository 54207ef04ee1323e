"""The page that shows the REST API, of files that are installed or not."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import docs_page
from app.docs_page import MEDIA, OWN, Files

CONTENT = b"/* a file */" * 100


def client(files: Files | None) -> TestClient:
    return TestClient(Starlette(routes=docs_page.routes(lambda: b'{"openapi":"3.0.3"}', files)))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for name in MEDIA:
        (tmp_path / name).write_bytes(CONTENT)
    return Files(tmp_path, "1.2.3")


def test_the_document(files: Files) -> None:
    response = client(files).get("/openapi.json")
    assert (response.status_code, response.json()) == (200, {"openapi": "3.0.3"})
    assert response.headers["content-type"] == "application/json"


def test_the_page_needs_nothing_from_elsewhere(files: Files) -> None:
    here = client(files)
    page = here.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) == len(MEDIA) + len(OWN) + 1
    assert [each for each in addresses if here.get(each).status_code != 200] == []
    assert "<script>" not in page.text
    assert "<style>" not in page.text


@pytest.mark.parametrize("name", MEDIA)
def test_a_file_is_kept_by_browsers(files: Files, name: str) -> None:
    plain = client(files).get(f"/docs/{name}", headers={"Accept-Encoding": "identity"})
    assert plain.content == CONTENT
    assert "content-encoding" not in plain.headers
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["content-type"].startswith(MEDIA[name])
    zipped = client(files).get(f"/docs/{name}", headers={"Accept-Encoding": "br, gzip"})
    assert zipped.content == CONTENT
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) == len(gzip.compress(CONTENT))


@pytest.mark.parametrize("path", ["/docs/", "/docs/other.js", "/docs/..%2f..%2fmain.py"])
def test_there_are_no_other_files(files: Files, path: str) -> None:
    assert client(files).get(path, follow_redirects=False).status_code in {307, 404}


def test_without_the_files_the_page_says_what_to_do() -> None:
    here = client(None)
    page = here.get("/docs")
    assert page.status_code == 503
    assert f"pip install --no-deps {docs_page.PACKAGE}" in page.text
    assert here.get("/docs/swagger-ui.css").status_code == 404
    assert here.get("/openapi.json").status_code == 200


def test_the_files_are_found_without_importing_their_package() -> None:
    found = docs_page.installed()
    if found is None:
        pytest.skip(f"{docs_page.PACKAGE} is not installed")
    assert b"SwaggerUIBundle" in found.read("swagger-ui-bundle.js", zipped=False)
