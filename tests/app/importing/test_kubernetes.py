"""Manifests, and the objects in them."""

from __future__ import annotations

from typing import Any

import pytest

from app.importing.content import Content
from app.importing.kubernetes import mismatch, objects_of
from app.importing.refusals import Unreadable

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}


@pytest.mark.parametrize(
    ("documents", "reason"),
    [
        ((POD, None, SERVICE), None),
        ((), None),
        ((None, None), None),
        ((POD, {"services": {}}), "document 2 has no kind"),
        ((None, "text"), "document 2 has no kind"),
        (([POD],), "document 1 has no kind"),
    ],
)
def test_what_is_a_manifest(documents: tuple[object, ...], reason: str | None) -> None:
    assert mismatch(Content("a.yaml", documents)) == reason


def test_an_archive_is_no_manifest() -> None:
    assert mismatch(Content("a.tgz", tree={"a.yaml": b"kind: Pod"})) is not None


def test_lists_are_expanded_in_their_place() -> None:
    typed = {"apiVersion": "v1", "kind": "PodList", "items": [POD]}
    listed = {"apiVersion": "v1", "kind": "List", "items": [SERVICE, typed]}
    assert objects_of([POD, None, listed, SERVICE]) == (POD, SERVICE, POD, SERVICE)


def test_a_kind_that_only_sounds_like_a_list() -> None:
    allowed = {"apiVersion": "example.org/v1", "kind": "AllowList", "spec": {}}
    assert objects_of([allowed]) == (allowed,)


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([], "manifest is empty"),
        ([None], "manifest is empty"),
        ([{"apiVersion": "v1", "kind": "List", "items": []}], "manifest is empty"),
        ([{"apiVersion": "v1", "kind": "List", "items": None}], "manifest is empty"),
        ([POD, {"kind": "Pod"}], "document 2: a Kubernetes object has a text as apiVersion"),
        ([{"apiVersion": 1, "kind": "Pod"}], "document 1: .* apiVersion"),
        ([{"apiVersion": "v1", "kind": "List", "items": [POD, 3]}], r"document 1, items\[1\]"),
        ([{**POD, "metadata": "web"}], "document 1: metadata is a mapping"),
    ],
)
def test_what_is_no_object(documents: list[Any], message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        objects_of(documents)
