"""Components out of CustomResourceDefinitions, as they are or in the templates of a chart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.importing.documents import yaml_documents
from app.importing.refusals import Refused
from app.importing.trees import Tree
from app.registry.definitions import Component, Json
from app.registry.kinds import component_of_kind, readable, trimmed
from app.registry.members import Members
from app.registry.openapi import components_of_openapi

KIND = "CustomResourceDefinition"

_IN_CHART = re.compile(rb"^kind:[ \t]*[\"']?CustomResourceDefinition\b", re.MULTILINE)
_ACTION = re.compile(rb"\{\{.*?\}\}", re.DOTALL)


def components_of(documents: Iterable[object], group: str | None = None) -> list[Component]:
    """The components of the kinds that documents describe, of one API group if it is given.

    A CustomResourceDefinition gives one, of the first version it lists; an OpenAPI document one
    of each kind. Other documents, and definitions that do not hold together, give none.
    """
    found = [
        component
        for document in documents
        if isinstance(document, dict)
        for component in _components_in(document)
    ]
    return [each for each in found if not group or each.version.rpartition("/")[0] == group]


def documents_of_chart(tree: Tree) -> list[object]:
    """The documents of those files of a chart in which there are CustomResourceDefinitions.

    Nothing is rendered: actions (`{{ … }}`) are left out, and so are files that are no YAML then.
    """
    found: list[object] = []
    for content in tree.values():
        if _IN_CHART.search(content):
            try:
                found += yaml_documents(_ACTION.sub(b"", content))
            except Refused:
                continue
    return found


def _components_in(document: Json) -> Iterator[Component]:
    kind, items = document.get("kind"), document.get("items")
    if kind == "List" and isinstance(items, list):
        yield from components_of(items)
    elif kind == KIND:
        try:
            yield _of_definition(Members(KIND, document).inner("spec"))
        except Refused:
            return
    else:
        yield from components_of_openapi(document)


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
