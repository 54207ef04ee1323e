"""Kubernetes manifests: streams of objects, in YAML or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.importing.content import Content
from app.importing.refusals import Unreadable

Object = dict[str, Any]


def mismatch(content: Content) -> str | None:
    """Why the content is no manifest, or None. One without any object is one all the same."""
    if content.tree is not None:
        return "an archive is not a manifest"
    for number, document in enumerate(content.documents, 1):
        if document is None:
            continue
        if not isinstance(document, dict) or not document.get("kind"):
            return f"document {number} has no kind"
    return None


def objects_of(documents: Iterable[object]) -> tuple[Object, ...]:
    """The objects of a stream, those of lists in their place; empty documents are passed over.

    Raises `Unreadable` for a document that is no object, and for a stream without any.
    """
    found = [
        each
        for number, document in enumerate(documents, 1)
        if document is not None
        for each in _expanded(document, f"document {number}")
    ]
    if not found:
        raise Unreadable("The Kubernetes manifest is empty: it holds no object.")
    return tuple(found)


def _expanded(document: object, where: str) -> Iterator[Object]:
    """The object, or the items of a list of them (`v1.List`, `DeploymentList`, …)."""
    if not isinstance(document, dict):
        raise Unreadable(f"{where}: a Kubernetes object is a mapping.")
    kind, items = document.get("kind"), document.get("items")
    is_list = isinstance(kind, str) and kind.endswith("List") and isinstance(items, list)
    if is_list or (kind == "List" and items is None):
        for number, item in enumerate(items or ()):
            yield from _expanded(item, f"{where}, items[{number}]")
        return
    for member in ("apiVersion", "kind"):
        if not isinstance(document.get(member), str) or not document[member]:
            raise Unreadable(f"{where}: a Kubernetes object has a text as {member}.")
    metadata = document.get("metadata")
    if not isinstance(metadata, dict | None):
        raise Unreadable(f"{where}: metadata is a mapping.")
    yield document
