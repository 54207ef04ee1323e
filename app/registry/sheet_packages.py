"""Packages out of sheets: models that are written there, and relationships for any model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from app.importing.documents import json_document
from app.importing.refusals import Refused, Unreadable
from app.registry.definitions import (
    ENABLED,
    Component,
    Package,
    Problem,
    Relationship,
    registrable,
)
from app.registry.drawings import drawing_flaw
from app.registry.generating import dressed, generated_model
from app.registry.kinds import DEFINITION_VERSION, SCHEMA_VERSION, readable
from app.registry.model_sources import ModelSource, read_model_source
from app.registry.packages import Read
from app.registry.reading import read_component, read_relationship
from app.registry.sheets import Row, Sheets

RELATIONSHIP_SCHEMA_VERSION = "relationships.meshery.io/v1beta2"
WRITTEN = "meshery"  # the registrant of models whose components are in the component sheet
EVERY_VERSION = "*"
NO_COMPONENTS = "no components found for model"

_STYLES = ("shape", "primaryColor", "secondaryColor", "svgColor", "svgWhite", "svgComplete")


@dataclass(frozen=True)
class SheetPackages:
    """`packages` are whole but for relationships; components of `sources` are to be generated."""

    packages: tuple[Package, ...]
    sources: tuple[ModelSource, ...]
    problems: tuple[Problem, ...]


def packages_of_sheets(sheets: Sheets) -> SheetPackages:
    """What the model sheet has to be published, and what is wrong with it or the components."""
    packages: list[Package] = []
    sources: list[ModelSource] = []
    problems = list(sheets.problems)
    for row in sheets.models:
        if not row.flag("publishToRegistry"):
            continue
        try:
            source = _source(row)
        except Refused as refusal:
            problems.append(_problem(row, refusal.message))
            continue
        if source.registrant != WRITTEN:
            sources.append(source)
            continue
        read = _written(source, sheets.components)
        packages += [read.package] if read.package else []
        problems += read.problems
    return SheetPackages(tuple(packages), tuple(sources), tuple(problems))


def with_relationships(package: Package, rows: Iterable[Row]) -> Read:
    """The package with the relationships that are for its model, in its version or in every."""
    found: dict[str, Relationship] = {}
    problems: list[Problem] = []
    for row in rows:
        is_published = row.text("PublishToRegistry").lower() != "false"
        if is_published and _is_for(row, package):
            try:
                relationship = _relationship(row)
            except Refused as refusal:
                problems.append(_problem(row, refusal.message))
            else:
                found[relationship.digest] = relationship
    together = replace(package, relationships=(*package.relationships, *found.values()))
    return Read(registrable(together), tuple(problems))


def _source(row: Row) -> ModelSource:
    flags = {name: row.flag(name) for name in ("isAnnotation", "publishToRegistry")}
    return read_model_source({**row.cells, **flags}, row.place)


def _written(source: ModelSource, rows: Iterable[Row]) -> Read:
    """The package of a model whose components are in the component sheet."""
    components: dict[str, Component] = {}
    problems: list[Problem] = []
    for row in rows:
        if row.text("model").lower() != source.model or row.text("registrant").lower() != WRITTEN:
            continue
        try:
            component = dressed(_component(row), source)
        except Refused as refusal:
            problems.append(_problem(row, refusal.message))
        else:
            components[component.digest] = component
    if not components:
        problems.append(Problem(source.model, "model", NO_COMPONENTS))
        return Read(None, tuple(problems))
    package = Package(generated_model(source, _version(source)), tuple(components.values()))
    return Read(registrable(package), tuple(problems))


def _component(row: Row) -> Component:
    kind = row.text("component")
    overrides = _json(row, "styles", dict) | _json(row, "styleOverrides", dict)
    component = read_component(
        row.place,
        {
            "schemaVersion": SCHEMA_VERSION,
            "version": DEFINITION_VERSION,
            "displayName": readable(kind),
            "description": row.text("description"),
            "format": "JSON",
            "status": row.text("status").lower() or ENABLED,
            "styles": {name: text for name in _STYLES if (text := row.text(name))} | overrides,
            "capabilities": _json(row, "capabilities", list),
            "metadata": {
                "genealogy": row.text("genealogy"),
                "isAnnotation": row.flag("isAnnotation"),
                "defaultData": row.text("defaultData"),
                "shapePolygonPoints": row.text("shapePolygonPoints"),
            },
            "component": {
                "kind": kind,
                "version": row.text("version"),
                "schema": row.text("schema"),
            },
        },
    )
    if (flaw := drawing_flaw(component)) is not None:
        raise Unreadable(flaw)
    return component


def _relationship(row: Row) -> Relationship:
    kind, type_, sub_type = (_hyphenated(row.text(name)) for name in ("kind", "type", "subType"))
    relationship = read_relationship(
        row.place,
        {
            "schemaVersion": RELATIONSHIP_SCHEMA_VERSION,
            "version": DEFINITION_VERSION,
            "kind": kind,
            "type": type_,
            "subType": sub_type,
            "status": row.text("status").lower() or ENABLED,
            "evaluationQuery": row.text("evalPolicy"),
            "metadata": {
                "description": row.text("metadata.description"),
                "isAnnotation": row.flag("metadata.isAnnotation"),
                "styles": _json(row, "metadata.styles", dict),
            },
            "selectors": _json(row, "selector", list),
        },
    )
    if (flaw := drawing_flaw(relationship)) is not None:
        raise Unreadable(flaw)
    return relationship


def _is_for(row: Row, package: Package) -> bool:
    model, version = row.text("Model").lower(), row.text("Version")
    return model == package.model.name.lower() and version in {EVERY_VERSION, package.model.version}


def _version(source: ModelSource) -> str:
    """The version of a model that is written in sheets is the ninth part of its address."""
    parts = source.source_uri.split("/")
    return parts[8] if len(parts) > 8 and parts[8] else DEFINITION_VERSION  # noqa: PLR2004 - ninth


def _json(row: Row, column: str, kind: type[dict[str, Any] | list[Any]]) -> Any:
    """The JSON of a cell, which is an object or a list; an empty one where the cell is."""
    text = row.text(column)
    try:
        value = json_document(text.encode()) if text else kind()
    except Refused as refusal:
        raise Unreadable(f"{column}: {refusal.message}") from None
    if not isinstance(value, kind):
        what = "an object" if kind is dict else "a list"
        raise Unreadable(f"{column} must be {what} in JSON.")
    return value


def _hyphenated(text: str) -> str:
    return re.sub(r"\s+", "-", text.lower())


def _problem(row: Row, text: str) -> Problem:
    return Problem(row.place, row.entity, text.removeprefix(f"{row.place}: "))
