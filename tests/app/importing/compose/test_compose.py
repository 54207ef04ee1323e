from __future__ import annotations

import copy
from typing import Any

import pytest

from app.importing.compose import convert, is_compose


@pytest.mark.parametrize(
    ("document", "is_one"),
    [
        ({"services": {}}, True),
        ({"services": None, "version": "3"}, True),
        ({"services": {}, "kind": "List"}, False),
        ({"version": "3"}, False),
        ([{"services": {}}], False),
        (None, False),
    ],
)
def test_a_compose_file_has_services_and_no_kind(document: Any, is_one: bool) -> None:
    assert is_compose(document) is is_one


def test_no_services_no_objects() -> None:
    assert convert({"services": {}}).objects == ()


def test_the_document_stays_as_it_was() -> None:
    document = {
        "version": "3.9",
        "services": {"web": {"image": "${A:-i}", "labels": ["a=b"], "extends": "base"}, "base": {}},
    }
    before = copy.deepcopy(document)
    assert convert(document) == convert(document)
    assert document == before
