"""Trusted documents: the service's own and the files of a folder, each of them judged."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.assembly.operations import library
from app.checks import check
from app.cli import cli
from app.cli_documents import flawed_documents
from app.library import Document, collect
from app.main import create_app
from app.settings import Settings, SettingsError
from rest_compat.endpoints import ENDPOINTS

GOOD = "query Names {\n  organizations { items { name } }\n}\n"
OWN = {"getOrgs": "{ organizations { totalCount } }"}

FLAWED = [
    ("broken", "query {", "Syntax Error: Expected Name, found <EOF>."),
    ("unknown", "{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
    (
        "long",
        "{" + " __typename" * 6_000 + "}",
        "source_length: 66002 found, at most 10000 allowed.",
    ),
    ("getOrgs", GOOD, "this is the name of a document of the service."),
    ("a b", GOOD, "the name may have letters, digits and - . _ ~, up to 100 of them."),
]


def settings(folder: Path, **variables: str) -> Settings:
    return Settings.from_environ(
        {"MESHGRAPH_DATA_DIR": str(folder), "MESHGRAPH_DOCUMENTS_DIR": str(folder), **variables}
    )


def test_every_operation_of_the_rest_api_is_trusted_and_within_the_limits(tmp_path: Path) -> None:
    found = library(settings(tmp_path))
    assert {each.name for each in found.documents} == {row.operation for row in ENDPOINTS}
    judged = library(settings(tmp_path / "none"))
    assert judged.problems == (f"{tmp_path / 'none'}: there is no such folder.",)
    for document in found.documents:
        (tmp_path / f"my-{document.name}.graphql").write_text(document.text)
    assert library(settings(tmp_path)).problems == ()


def test_a_file_is_trusted_with_and_without_the_white_space_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "names.graphql").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not read")
    found = collect(OWN, tmp_path, lambda _: [])
    own, stripped, whole = found.documents
    assert own == Document("getOrgs", OWN["getOrgs"])
    assert (stripped, whole) == (Document("names", GOOD.rstrip()), Document("names", GOOD))
    assert stripped.id == "sha256:" + sha256(GOOD.rstrip().encode()).hexdigest()


@pytest.mark.parametrize(("name", "text", "problem"), FLAWED)
def test_a_flawed_file_is_told_of_at_start_and_by_check(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    file = tmp_path / f"{name}.graphql"
    file.write_text(text)
    known = settings(tmp_path)
    sentence = f"{file}: {problem}"
    with pytest.raises(SettingsError) as told:
        create_app(known)
    assert told.value.problems == (sentence,)
    assert not (tmp_path / "meshgraph.db").exists()
    environ = {"MESHGRAPH_DATA_DIR": str(tmp_path), "MESHGRAPH_DOCUMENTS_DIR": str(tmp_path)}
    assert sentence in {each.problem for each in check(environ, flawed_documents)}


def test_a_file_that_is_no_text_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "odd.graphql").write_bytes(b"\xff")
    (problem,) = library(settings(tmp_path)).problems
    assert problem.endswith("odd.graphql: it cannot be read: UnicodeDecodeError.")


def test_the_command_prints_ids_and_names(tmp_path: Path) -> None:
    (tmp_path / "names.graphql").write_text(GOOD.rstrip())
    variables = {"MESHGRAPH_DATA_DIR": str(tmp_path), "MESHGRAPH_DOCUMENTS_DIR": str(tmp_path)}
    result = CliRunner().invoke(cli, ["documents"], env=variables)
    lines = result.stdout.splitlines()
    assert lines[-1] == f"{Document('names', GOOD.rstrip()).id} names"
    assert len(lines) == len({row.operation for row in ENDPOINTS}) + 1
