from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from app.registry.definitions import Package, Problem
from app.registry.generating import generated_package
from app.registry.model_sources import ModelSource
from app.registry.sheet_packages import packages_of_sheets, with_relationships
from app.registry.sheets import read_sheets

SAMPLES = Path(__file__).parents[4] / "shared/importing/samples/csv"
NO_COMPONENTS = "no components found for model"
ADDRESS = "git://github.com/meshery/meshery/master/server/models/0.7.2/v1.0.0"


def sheet(*rows: dict[str, str]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    csv.writer(text).writerows(
        [["banner"], columns, *([row.get(name, "") for name in columns] for row in rows)]
    )
    return text.getvalue().encode()


CORE = {
    "registrant": "meshery",
    "model": "Meshery-Core",
    "publishToRegistry": "TRUE",
    "sourceURL": ADDRESS,
    "primaryColor": "#111111",
}
COUCHBASE = {
    "registrant": "Github",
    "modelDisplayName": "Couchbase",
    "model": "couchbase",
    "publishToRegistry": "true",
    "sourceURL": "git://github.com/couchbase-partners/helm-charts",
}
NOTE = {
    "registrant": "meshery",
    "model": "meshery-core",
    "component": "TextNote",
    "version": "core.meshery.io/v1",
    "schema": '{"properties":{}}',
    "isAnnotation": "True",
    "shape": "Tag",
    "styleOverrides": '{"opacity":1}',
    "svgColor": "<svg/>",
}


def test_a_model_that_is_written_in_the_sheets() -> None:
    made = packages_of_sheets(read_sheets(sheet(CORE), sheet(NOTE), b""))
    [package] = made.packages
    [note] = package.components
    assert (made.sources, made.problems) == ((), ())
    assert (package.model.name, package.model.version) == ("meshery-core", "0.7.2")
    assert (note.kind, note.version, note.display_name) == (
        "TextNote",
        "core.meshery.io/v1",
        "Text Note",
    )
    assert note.is_annotation
    assert note.styles is not None
    assert {key: note.styles[key] for key in ("primaryColor", "shape", "opacity", "svgColor")} == {
        "primaryColor": "#111111",
        "shape": "Tag",
        "opacity": 1,
        "svgColor": "<svg/>",
    }


def test_a_model_that_is_to_be_generated_is_a_source() -> None:
    made = packages_of_sheets(read_sheets(sheet(COUCHBASE), b"", b""))
    assert made.sources == (
        ModelSource(
            model="couchbase",
            display_name="Couchbase",
            registrant="github",
            source_uri="git://github.com/couchbase-partners/helm-charts",
            publish_to_registry=True,
        ),
    )


@pytest.mark.parametrize(
    ("model", "component", "problems"),
    [
        (CORE | {"publishToRegistry": "FALSE"}, NOTE, []),
        (COUCHBASE | {"publishToRegistry": ""}, NOTE, []),
        (CORE, NOTE | {"model": "x"}, [("meshery-core", NO_COMPONENTS)]),
        (
            CORE,
            NOTE | {"registrant": "Github"},
            [("meshery-core", "no components found for model")],
        ),
        (
            COUCHBASE | {"registrant": "npm"},
            NOTE,
            [
                (
                    "model sheet, line 3",
                    'unsupported registrant "npm"; allowed: github, artifacthub, meshery.',
                )
            ],
        ),
        (
            CORE,
            NOTE | {"styles": "[]"},
            [
                ("component sheet, line 3", "styles must be an object in JSON."),
                ("meshery-core", NO_COMPONENTS),
            ],
        ),
        (
            CORE,
            NOTE | {"svgColor": "<svg><script/></svg>"},
            [
                (
                    "component sheet, line 3",
                    "svgColor is not a harmless SVG drawing: it has the element script.",
                ),
                ("meshery-core", NO_COMPONENTS),
            ],
        ),
    ],
)
def test_what_is_not_registered(
    model: dict[str, str], component: dict[str, str], problems: list[tuple[str, str]]
) -> None:
    made = packages_of_sheets(read_sheets(sheet(model), sheet(component), b""))
    assert (made.packages, made.sources) == ((), ())
    assert [(each.name, each.text) for each in made.problems] == problems


def test_a_component_that_is_ignored_is_left_out() -> None:
    ignored = NOTE | {"component": "Old", "status": "Ignored"}
    [package] = packages_of_sheets(read_sheets(sheet(CORE), sheet(NOTE, ignored), b"")).packages
    assert [each.kind for each in package.components] == ["TextNote"]


EDGE = {
    "Model": "Couchbase",
    "Version": "*",
    "kind": "Edge",
    "type": "Non Binding",
    "subType": "Network",
    "metadata.description": "Traffic",
    "metadata.isAnnotation": "true",
    "evalPolicy": "edge",
    "selector": '[{"allow":{}}]',
}
SOURCE = ModelSource(model="couchbase", publish_to_registry=True)
PACKAGE: Package = generated_package(SOURCE, [], "v2")


def relationships(*rows: dict[str, str]) -> tuple[list[tuple[str, str, str]], tuple[Problem, ...]]:
    read = with_relationships(PACKAGE, read_sheets(b"", b"", sheet(*rows)).relationships)
    assert read.package is not None
    found = [(each.kind, each.type, each.sub_type) for each in read.package.relationships]
    return found, read.problems


def test_a_relationship() -> None:
    rows = read_sheets(b"", b"", sheet(EDGE)).relationships
    package = with_relationships(PACKAGE, rows).package
    assert package is not None
    [edge] = package.relationships
    assert (edge.kind, edge.type, edge.sub_type) == ("edge", "non-binding", "network")
    assert edge.schema_version == "relationships.meshery.io/v1beta2"
    assert (edge.description, edge.evaluation_query) == ("Traffic", "edge")
    assert edge.selectors == [{"allow": {}}]
    assert edge.metadata["isAnnotation"] is True


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"Version": "v2"}, 1),
        ({"Version": "v3"}, 0),
        ({"Version": ""}, 0),
        ({"Model": "other"}, 0),
        ({"PublishToRegistry": "False"}, 0),
        ({"PublishToRegistry": ""}, 1),
        ({"status": "ignored"}, 0),
    ],
)
def test_which_relationships_are_for_a_package(change: dict[str, str], count: int) -> None:
    found, problems = relationships(EDGE | change)
    assert (len(found), problems) == (count, ())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"selector": "{}"}, "selector must be a list in JSON."),
        ({"selector": "allow"}, "selector: Invalid JSON: Expecting value at character 0."),
        ({"kind": ""}, "kind must be given and not empty."),
        ({"metadata.styles": "[1]"}, "metadata.styles must be an object in JSON."),
    ],
)
def test_a_relationship_that_is_not_read(change: dict[str, str], text: str) -> None:
    expected = (Problem("relationship sheet, line 4", "relationship", text),)
    assert relationships(EDGE, EDGE | change) == ([("edge", "non-binding", "network")], expected)


def test_sheets_as_meshery_has_them() -> None:
    if not SAMPLES.exists():
        pytest.skip("the sample sheets are not here")
    models, edges = (
        (SAMPLES / f"{name}-template.csv").read_bytes() for name in ("Models", "Relationships")
    )
    sheets = read_sheets(models, b"", edges)
    [source] = packages_of_sheets(sheets).sources
    assert (source.model, source.display_name, source.shape) == (
        "couchbase",
        "Couchbase",
        "polygon",
    )
    kubernetes = generated_package(
        ModelSource(model="kubernetes", publish_to_registry=True), [], "v1"
    )
    read = with_relationships(kubernetes, sheets.relationships)
    assert read.problems == ()
    assert read.package is not None
    assert [each.sub_type for each in read.package.relationships] == ["firewall"]
