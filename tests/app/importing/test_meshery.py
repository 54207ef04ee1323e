"""Meshery designs as files."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from app.importing.content import Content
from app.importing.meshery import as_json, as_yaml, design_of, mismatch
from app.importing.refusals import Unreadable

DESIGN = {"schemaVersion": "designs.meshery.io/v1beta1", "name": "web", "components": []}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (Content("a.json", (DESIGN,)), None),
        (Content("a.yml", ({**DESIGN, "schemaVersion": "designs.meshery.io/v1beta3"}, None)), None),
        (Content("a.yml", (DESIGN, DESIGN)), "a design is one mapping"),
        (Content("a.yml", ([],)), "a design is one mapping"),
        (Content("a.yml", ({"kind": "Pod"},)), "schemaVersion is not one of"),
        (Content("a.yml", ({**DESIGN, "schemaVersion": ["x"]},)), "schemaVersion is not one of"),
        (Content("a.yml", ({"name": "old", "services": {}},)), "designs with services"),
        (Content("a.tar", tree={"design.yml": b""}, is_image=True), None),
        (Content("a.tar", tree={"other.yml": b""}, is_image=True), "the image holds no file"),
        (Content("a.tar", tree={"design.yml": b""}), "no OCI image"),
    ],
)
def test_what_is_a_design(content: Content, reason: str | None) -> None:
    found = mismatch(content)
    assert found is None if reason is None else reason in (found or "")


def test_every_member_is_kept() -> None:
    design = {**DESIGN, "components": [{"id": "a", "own": 1}], "more": {"x": None}}
    assert design_of(Content("a.json", (design,))) == design


def test_the_design_of_an_image() -> None:
    tree = {"design.yml": b"schemaVersion: designs.meshery.io/v1beta1\nname: web\n"}
    found = design_of(Content("a.tar", tree=tree, is_image=True))
    assert found == {"schemaVersion": "designs.meshery.io/v1beta1", "name": "web"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"components": {}}, "components: a design has a list"),
        ({"components": [1]}, r"components\[0\]: expected a mapping"),
        ({"relationships": "x"}, "relationships: a design has a list"),
    ],
)
def test_what_is_wrong_within(change: dict[str, Any], message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        design_of(Content("a.json", ({**DESIGN, **change},)))


@pytest.mark.parametrize("value", [1, 2**70, 1.5, "é\n", None, [], {"a": [{"b": {}}]}])
def test_a_design_is_written(value: object) -> None:
    design = {**DESIGN, "x": value}
    text = as_json(design)
    assert text == json.dumps(design, indent=2, ensure_ascii=False)
    assert yaml.safe_load(as_yaml(text)) == design
