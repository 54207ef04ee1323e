"""What the explorer is built from is locked, and there is one of what must be one."""

from __future__ import annotations

import json
import re

import pytest

from app.explorer.serving import BUILT

SOURCES = BUILT.parent
LOCK = json.loads((SOURCES / "package-lock.json").read_text("utf-8"))["packages"]
PACKAGE = json.loads((SOURCES / "package.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "version"),
    [("graphql", "16.15.0"), ("react", "19.3.1"), ("monaco-editor", "0.52.2")],
)
def test_there_is_one(name: str, version: str) -> None:
    found = {path for path in LOCK if path.endswith(f"node_modules/{name}")}
    assert found == {f"node_modules/{name}"}
    assert LOCK[f"node_modules/{name}"]["version"] == version


def test_versions_are_exact() -> None:
    wanted = {**PACKAGE["dependencies"], **PACKAGE["devDependencies"]}
    assert [name for name, version in wanted.items() if not re.fullmatch(r"[\d.]+", version)] == []
    assert wanted == {name: LOCK[f"node_modules/{name}"]["version"] for name in wanted}


def test_the_lock_names_no_registry() -> None:
    assert [path for path, package in LOCK.items() if "resolved" in package] == []
