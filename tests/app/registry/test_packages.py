from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.archives import Limits, pack_tgz
from app.importing.oci import pack
from app.importing.refusals import Refused, TooLarge, Unreadable
from app.registry import packages
from app.registry.definitions import Package, Problem
from app.registry.packages import NO_MODEL, Read, read_package, read_tree

SAMPLES = Path(__file__).parents[4] / "shared/importing/samples/models"

MODEL = {
    "schemaVersion": "models.meshery.io/v1beta1",
    "name": "acm",
    "registrant": {"kind": "github"},
}
COMPONENT = {
    "schemaVersion": "components.meshery.io/v1beta2",
    "component": {"kind": "Broker", "version": "v1", "schema": '{"properties":{}}'},
    "status": None,
}
EDGE = {"schemaVersion": "relationships.meshery.io/v1beta2", "kind": "edge"}
OTHERS = {
    "connections/a.json": {"schemaVersion": "connections.meshery.io/v1beta3", "kind": "github"},
    "policies/a.json": {"schemaVersion": "policies.meshery.io/v1beta1", "kind": "edge"},
}
IGNORED = {"status": "ignored"}
FILES = {"model.json": MODEL, "components/Broker.json": COMPONENT, "relationships/edge.json": EDGE}


def tree(files: dict[str, Any]) -> dict[str, bytes]:
    return {
        path: content if isinstance(content, bytes) else json.dumps(content).encode()
        for path, content in files.items()
    }


def content(package: Package | None) -> tuple[str, list[str], list[str]] | None:
    if package is None:
        return None
    kinds = [each.kind for each in package.components]
    return package.model.name, kinds, [each.kind for each in package.relationships]


WHOLE = ("acm", ["Broker"], ["edge"])


@pytest.mark.parametrize(
    "data",
    [
        pack_tgz(tree(FILES)),
        pack("acm", tree(FILES)),
        pack_tgz({"acm.tar.gz": pack_tgz(tree(FILES))}),
        pack_tgz({"acm.tar": pack("acm", tree(FILES))}),
        b"---\n".join(json.dumps(each).encode() + b"\n" for each in FILES.values()),
    ],
    ids=["tar.gz", "image", "archive in archive", "image in archive", "YAML stream"],
)
def test_a_package_comes_in_many_forms(data: bytes) -> None:
    read = read_package("acm", data)
    assert (content(read.package), read.problems) == (WHOLE, ())


def test_connections_and_policies_are_kept() -> None:
    package = read_tree(tree({**FILES, **OTHERS})).package
    assert package is not None
    assert [each.kind for each in package.connections] == ["github"]
    assert [each.kind for each in package.policies] == ["edge"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**FILES, "z/model.json": MODEL | {"name": "last"}}, ("last", ["Broker"], ["edge"])),
        ({**FILES, "again.json": COMPONENT | {"id": "…"}}, WHOLE),
        ({**FILES, "README.md": b"x", "a.rego": b"{", "b.SVG": b"<", "c.template": b"{{"}, WHOLE),
        (
            {**FILES, "components/Broker.json": COMPONENT | {"status": "ignored"}},
            ("acm", [], ["edge"]),
        ),
        (
            {**FILES, "relationships/edge.json": EDGE | {"status": "ignored"}},
            ("acm", ["Broker"], []),
        ),
        ({**FILES, "model.json": MODEL | {"status": "ignored"}}, ("acm", [], [])),
    ],
    ids=["last model", "twice", "skipped", "component", "relationship", "model"],
)
def test_what_is_taken_of_a_package(files: dict[str, Any], expected: object) -> None:
    read = read_tree(tree(files))
    assert (content(read.package), read.problems) == (expected, ())


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ({"x.json": b"{"}, ("unknown", "Invalid JSON: Expecting property name")),
        ({"x.yaml": b"a: ["}, ("unknown", "Line 2, column 1: ")),
        ({"x.json": {"kind": "Pod"}}, ("unknown", "schemaVersion is missing; allowed: models.")),
        ({"x.json": b"[]"}, ("unknown", "a definition is an object.")),
        ({"x.json": EDGE | {"kind": 5}}, ("relationship", "kind must be text.")),
        (
            {"x.json": COMPONENT | {"schemaVersion": "components.meshery.io/v1alpha1"}},
            ("component", 'schemaVersion is "components.meshery.io/v1alpha1"; allowed: '),
        ),
        (
            {"x.json": COMPONENT | {"styles": {"svgColor": "<svg onload=''/>"}}},
            ("component", "svgColor is not a harmless SVG drawing: it has the event handler"),
        ),
        ({"x.tgz": b"\x1f\x8bdamaged"}, ("unknown", "")),
    ],
)
def test_a_problem_is_that_of_its_file(file: dict[str, Any], problem: tuple[str, str]) -> None:
    read = read_tree(tree({**FILES, **file}))
    assert content(read.package) == WHOLE
    [found] = read.problems
    assert (found.name, found.entity) == (next(iter(file)), problem[0])
    assert found.text.startswith(problem[1])


def test_archives_are_read_one_deep() -> None:
    inner = pack_tgz({"deep.tgz": pack_tgz(tree(FILES))})
    assert read_tree({"a.tgz": inner}).problems == (
        Problem(
            "a.tgz/deep.tgz",
            "unknown",
            "Archives in archives are read, but not archives in those.",
        ),
        Problem("package", "model", NO_MODEL),
    )


def test_archives_in_archives_are_no_way_around_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = pack_tgz({"a.md": bytes(40_000)})
    monkeypatch.setattr(packages, "LIMITS", Limits(total_bytes=2 * len(inner) + 70_000))
    assert read_tree({"a.tgz": inner, "b": inner[:0]}).package is None
    with pytest.raises(TooLarge):
        read_tree({"a.tgz": inner, "b.tgz": inner})


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        ({"a.json": COMPONENT}, [("acm.tgz", "model", NO_MODEL)]),
        ({}, [("acm.tgz", "model", NO_MODEL)]),
        (
            {"model.json": MODEL | {"name": ""}},
            [("model.json", "model", "name must be given and not empty.")],
        ),
    ],
)
def test_without_a_model_nothing_is_registered(
    files: dict[str, Any], problems: list[tuple[str, str, str]]
) -> None:
    read = read_tree(tree(files), "acm.tgz")
    assert read.package is None
    assert [(each.name, each.entity, each.text) for each in read.problems] == problems


def test_a_damaged_archive_is_refused_whole() -> None:
    with pytest.raises(Unreadable):
        read_package("acm.tgz", pack_tgz(tree(FILES))[:-20])


@given(
    st.binary() | st.binary().map(lambda data: b"\x1f\x8b\x08" + data),
    st.sampled_from(["a.json", "a"]),
)
def test_any_content_is_read_or_refused(data: bytes, name: str) -> None:
    try:
        read = read_package(name, data)
    except Refused:
        return
    assert isinstance(read, Read)
    assert read.problems


@pytest.mark.parametrize(
    "file", ["acm-controller.tar.gz", "acm-controller-plain.tar", "acm-controller-oci.tar"]
)
def test_packages_as_meshery_exports_them(file: str) -> None:
    if not SAMPLES.exists():
        pytest.skip("the sample packages are not here")
    read = read_package(file, (SAMPLES / file).read_bytes())
    assert (content(read.package), read.problems) == (
        ("acm-controller", ["Broker", "MeshSync"], ["edge"]),
        (),
    )
