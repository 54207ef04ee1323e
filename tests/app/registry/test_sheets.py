from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.definitions import Problem
from app.registry.sheets import Row, Sheets, read_sheets

SAMPLES = Path(__file__).parents[4] / "shared/importing/samples/csv"


def models(text: str) -> Sheets:
    return read_sheets(text.encode(), b"", b"")


def test_rows_of_three_sheets() -> None:
    sheets = read_sheets(
        b"banner,\nregistrant,MODEL,Publish To Registry,unknown\nGithub,couchbase,=TRUE(),x\n",
        b'\xef\xbb\xbf"b\r\nb",\r\ncomponent,schema\r\nCluster,"{\r\n}"\r\n\r\nUser,{}\r\n',
        b"b\nModel,metadata.description\nkubernetes,d\n",
    )
    assert sheets == Sheets(
        models=(Row("model", 3, {"model": "couchbase", "registrant": "Github"}),),
        components=(
            Row("component", 5, {"component": "Cluster", "schema": "{\r\n}"}),
            Row("component", 7, {"component": "User", "schema": "{}"}),
        ),
        relationships=(
            Row("relationship", 3, {"Model": "kubernetes", "metadata.description": "d"}),
        ),
        problems=(),
    )


@pytest.mark.parametrize("text", ["", "\n\n", "banner\nmodel\n", "banner\nmodel\n\n"])
def test_a_sheet_without_rows(text: str) -> None:
    assert models(text) == Sheets((), (), (), ())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            b"b\nmodel,group\na,b\nc\n",
            "The model sheet has 1 cells in the row that ends on line 4, but 2 columns.",
        ),
        (
            b"model\na\n",
            "The model sheet has no column model; its second line must name the columns.",
        ),
        (
            b"banner\n",
            "The model sheet has no column model; its second line must name the columns.",
        ),
        (b'b\nmodel\n"a"b\n', "The model sheet, line 3: ',' expected after '\"'."),
        (b'b\nmodel\n"a', "The model sheet, line 3: unexpected end of data."),
        (b"b\nmodel\n\xff", "The model sheet is not UTF-8 at byte 8."),
        (b"b\nmodel\n\0", "The model sheet is not text: the character NUL is not allowed."),
    ],
)
def test_a_sheet_that_is_not_read(data: bytes, text: str) -> None:
    sheets = read_sheets(data, b"b\ncomponent\nA\n", b"")
    assert sheets.models == ()
    assert sheets.problems == (Problem("model sheet", "model", text),)
    assert [row.text("component") for row in sheets.components] == ["A"]


@given(st.binary(max_size=60), st.text(alphabet='a,"\n\r model', max_size=60))
def test_any_content_is_rows_or_a_problem(data: bytes, text: str) -> None:
    sheets = read_sheets(data, b"b\ncomponent\n" + text.encode(), text.encode())
    assert {problem.entity for problem in sheets.problems} <= {"model", "component", "relationship"}


def test_sheets_as_meshery_has_them() -> None:
    if not SAMPLES.exists():
        pytest.skip("the sample sheets are not here")
    names = ("Models-template", "Components-fixture", "Relationships-template")
    sheets = read_sheets(*((SAMPLES / f"{name}.csv").read_bytes() for name in names))
    assert [row.text("model") for row in sheets.models] == ["couchbase"]
    assert [row.text("kind") for row in sheets.relationships] == ["Edge"]
    assert [problem.text for problem in sheets.problems] == [
        "The component sheet has 22 cells in the row that ends on line 5, but 21 columns."
    ]
