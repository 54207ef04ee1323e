"""Linters and compilers of others find nothing wrong with the OpenAPI document and the schema."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rest_compat import openapi
from schema import schema

HERE = Path(__file__).parent
BUILD = HERE / "build"
PROGRAMS = HERE / "node_modules" / ".bin"

#: What a rule says of the schema, and why it stays: names are part of the API.
ALLOWED = {
    'Field "design" starts with the name of the parent type "Design"': (
        "The design itself, as Meshery has it: `Design.document` would be a word of ours."
    ),
    'Field "roleName" starts with the name of the parent type "Role"': (
        "Meshery's `role_name`, which permission keys and clients know it by."
    ),
    'Field "userId" starts with the name of the parent type "User"': (
        "Meshery's `user_id`: the name that the identity provider gives, and not the id."
    ),
    'Field "username" starts with the name of the parent type "User"': (
        "One word, which happens to begin so."
    ),
}

pytestmark = [
    pytest.mark.lints,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not PROGRAMS.is_dir(), reason="the linters are not installed: run `npm ci` in tests/lints"
    ),
]


def run(program: str, *arguments: str, cwd: Path = HERE, **environ: str) -> tuple[int, str, str]:
    """The exit status of a program, and what it wrote."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        cwd=cwd,
        env={**os.environ, **quiet, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def redocly(file: Path) -> list[Any]:
    _, told, _ = run("redocly", "lint", "--config=redocly.yaml", "--format=json", str(file))
    return [(each["ruleId"], each["message"]) for each in json.loads(told)["problems"]]


def spectral(file: Path) -> list[Any]:
    options = ("--ruleset=spectral.yaml", "--fail-severity=hint", "--quiet", "--format=json")
    _, told, _ = run("spectral", "lint", *options, str(file))
    return [(each["code"], each["message"]) for each in json.loads(told)]


def eslint(text: str, name: str) -> list[str]:
    """What is said of a schema; it has to be below the folder that ESLint runs in."""
    BUILD.mkdir(exist_ok=True)
    file = BUILD / name
    file.write_text(text, "utf-8")
    _, told, _ = run("eslint", "--format=json", f"build/{name}", LINTED_SCHEMA=str(file))
    return [message["message"] for each in json.loads(told) for message in each["messages"]]


@pytest.fixture(scope="module", params=["named", "unnamed"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return openapi(schema._schema, named=request.param == "named")


@pytest.mark.parametrize("lint", [redocly, spectral])
def test_the_openapi_document_is_clean(lint: Any, document: Any, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document), "utf-8")
    assert lint(file) == []


@pytest.mark.parametrize("lint", [redocly, spectral])
def test_an_openapi_document_can_be_unclean(lint: Any, document: Any, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps({**document, "tags": [{"name": "Team"}]}), "utf-8")
    assert "tag-description" in [rule for rule, _ in lint(file)]


def test_the_schema_is_clean() -> None:
    assert sorted(eslint(schema.as_str(), "schema.graphql")) == sorted(ALLOWED)


def test_a_schema_can_be_unclean() -> None:
    assert len(eslint("type Query { a_b: String }", "unclean.graphql")) > 1


def test_types_can_be_generated_with_strict_scalars() -> None:
    status, _, told = run("graphql-codegen", "--config=codegen.yml")
    assert status == 0, told
    assert "DateTime: { input: string; output: string; }" in (BUILD / "schema.ts").read_text()


def test_relay_compiles_a_list_that_grows_and_an_object_fetched_anew() -> None:
    (BUILD / "relay").mkdir(parents=True, exist_ok=True)
    status, _, told = run("relay-compiler", "relay.config.json")
    assert status == 0, told
    made = {each.name.partition(".")[0] for each in (BUILD / "relay").iterdir()}
    assert {"environmentsPaginationQuery", "environmentsRefetchQuery"} <= made
