"""Components out of CustomResourceDefinitions, as they are or in the templates of a chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from app.importing.documents import document
from app.importing.refusals import Refused
from app.importing.trees import Tree
from app.registry.definitions import Component, Json
from app.registry.kinds import component_of_kind, readable, trimmed
from app.registry.members import Members
from app.registry.openapi import components_of_openapi

KIND = "CustomResourceDefinition"

_IN_CHART = re.compile(rb"\bkind:[ \t]*[\"']?CustomResourceDefinition\b")
_DESCRIBES_KINDS = re.compile(rb"CustomResourceDefinition|x-kubernetes-group-version-kind")
_ACTION = re.compile(rb"\{\{.*?\}\}", re.DOTALL)
_NEXT_DOCUMENT = re.compile(rb"^---.*$", re.MULTILINE)


def components_of(documents: Iterable[object], group: str | None = None) -> list[Component]:
    """The components of the kinds that documents describe, of one API group if it is given.

    A CustomResourceDefinition gives one, of the first version it lists; an OpenAPI document one
    of each kind. Other documents, and definitions that do not hold together, give none.
    """
    found = [
        component
        for each in documents
        if isinstance(each, dict)
        for component in _components_in(each)
    ]
    return [each for each in found if not group or each.version.rpartition("/")[0] == group]


def documents_of_files(tree: Tree) -> list[object]:
    """The documents of files that describe kinds; of those of a chart where there is one.

    Files that are neither JSON nor YAML, or not of that name, are left out.
    """
    if any(path.rpartition("/")[2] == "Chart.yaml" for path in tree):
        return documents_of_chart(tree)
    return _documents(
        (path, content)
        for path, content in tree.items()
        if path.endswith((".yaml", ".yml", ".json")) and _DESCRIBES_KINDS.search(content)
    )


def documents_of_chart(tree: Tree) -> list[object]:
    """The documents of those files of a chart in which there are CustomResourceDefinitions.

    Nothing is rendered: actions (`{{ … }}`) are left out, and so is each document that is no YAML
    then.
    """
    return _documents(
        ("template.yaml", text)
        for content in tree.values()
        if _IN_CHART.search(content)
        for text in _NEXT_DOCUMENT.split(_ACTION.sub(b"", content))
        if text.strip()
    )


def _documents(files: Iterable[tuple[str, bytes]]) -> list[object]:
    found: list[object] = []
    for path, content in files:
        with suppress(Refused):
            found += document(path, content)
    return found


def _components_in(description: Json) -> Iterator[Component]:
    kind, items = description.get("kind"), description.get("items")
    if kind == "List" and isinstance(items, list):
        yield from components_of(items)
    elif kind == KIND:
        try:
            yield _of_definition(Members(KIND, description).inner("spec"))
        except Refused:
            return
    else:
        yield from components_of_openapi(description)


def _of_definition(spec: Members) -> Component:
    versions = spec.get("versions", list)
    first = Members(spec.file, versions[0] if versions and isinstance(versions[0], dict) else {})
    name = first.text("name") or spec.required("version")
    schema = first.inner("schema").get("openAPIV3Schema", dict)
    if schema is None:
        schema = spec.inner("validation").get("openAPIV3Schema", dict)
    kind = spec.inner("names").required("kind")
    return component_of_kind(
        kind,
        f"{spec.required('group')}/{name}",
        is_namespaced=spec.text("scope") != "Cluster",
        schema=None if schema is None else trimmed(schema, readable(kind)),
    )
