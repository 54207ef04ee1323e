"""Packages of models: folders in archives, container images, or single files.

A package is one model and the components and relationships beside it. Where files are does not
matter, nor how they are named: what a file is, its `schemaVersion` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from app.importing.archives import LIMITS, Limits, Tree, kind_of, unpack
from app.importing.documents import document
from app.importing.oci import first_layer
from app.importing.refusals import Refused, Unreadable, Unsupported
from app.registry.definitions import (
    Component,
    ConnectionDefinition,
    Entity,
    Model,
    Package,
    Policy,
    Problem,
    Relationship,
    registrable,
)
from app.registry.drawings import drawing_flaw
from app.registry.reading import entity_of, read_entity

#: Files of packages that define nothing.
SKIPPED = (".rego", ".template", ".svg", ".png", ".md")

NO_MODEL = (
    "model definition not found in imported package: exactly one file must have a schemaVersion "
    "of models.meshery.io."
)

EntityT = TypeVar("EntityT", bound=Entity)


@dataclass(frozen=True)
class Read:
    """What a package holds that can be registered, and what of it cannot."""

    package: Package | None
    problems: tuple[Problem, ...]


def read_package(name: str, data: bytes) -> Read:
    """A package out of an archive (zip, tar, tar.gz, image) or a JSON or YAML file of that name.

    Raises `Refused` for an archive that is not unpacked; what is wrong with one file of it is a
    problem of that file.
    """
    return read_tree(_unpacked(data, LIMITS) if kind_of(data) else {name: data}, name)


def read_tree(tree: Tree, name: str = "package") -> Read:
    """A package out of files by path. The last of several models counts, in the order of paths.

    What is `ignored` is left out, what is given twice is taken once. Policies in Rego are the
    server's own, and are not read.
    """
    found = list(_definitions(tree))
    entities = [each for each in found if isinstance(each, Entity)]
    problems = [each for each in found if isinstance(each, Problem)]
    model = next((each for each in reversed(entities) if isinstance(each, Model)), None)
    if model is None:
        if all(problem.entity != "model" for problem in problems):
            problems.append(Problem(name, "model", NO_MODEL))
        return Read(None, tuple(problems))
    package = Package(
        model,
        components=_distinct(entities, Component),
        relationships=_distinct(entities, Relationship),
        policies=_distinct(entities, Policy),
        connections=_distinct(entities, ConnectionDefinition),
    )
    return Read(registrable(package), tuple(problems))


def _definitions(tree: Tree) -> Iterator[Entity | Problem]:
    for path, content in _files(tree):
        if path.lower().endswith(SKIPPED):
            continue
        try:
            definitions = _documents(path, content)
        except Refused as refusal:
            yield Problem(path, "unknown", refusal.message)
            continue
        yield from (_definition(path, each) for each in definitions if each is not None)


def _definition(path: str, definition: object) -> Entity | Problem:
    kind = entity_of(definition)
    try:
        entity = read_entity(path, definition)
    except Refused as refusal:
        return Problem(path, kind, refusal.message.removeprefix(f"{path}: "))
    flaw = drawing_flaw(entity)
    return entity if flaw is None else Problem(path, kind, flaw)


def _documents(path: str, content: bytes | Refused) -> Iterable[object]:
    if isinstance(content, Refused):
        raise content
    if kind_of(content) is not None:
        raise Unsupported("Archives in archives are read, but not archives in those.")
    return document(path, content)


def _files(tree: Tree) -> Iterator[tuple[str, bytes | Refused]]:
    """Files in the order of paths; in place of an archive its files, or why there are none."""
    left = _without(LIMITS, tree)
    for path, content in sorted(tree.items()):
        if kind_of(content) is None:
            yield path, content
            continue
        try:
            inner = _unpacked(content, left)
        except (Unreadable, Unsupported) as refusal:
            yield path, refusal
            continue
        left = _without(left, inner)
        yield from ((f"{path}/{name}", inner[name]) for name in sorted(inner))


def _unpacked(data: bytes, limits: Limits) -> Tree:
    tree = unpack(data, limits)
    layer = first_layer(tree)
    return tree if layer is None else layer


def _without(limits: Limits, tree: Mapping[str, bytes]) -> Limits:
    """What may still be unpacked, so that archives in archives are not a way around limits."""
    return replace(
        limits,
        total_bytes=limits.total_bytes - sum(map(len, tree.values())),
        files=limits.files - len(tree),
    )


def _distinct(entities: Iterable[Entity], kind: type[EntityT]) -> tuple[EntityT, ...]:
    return tuple({each.digest: each for each in entities if isinstance(each, kind)}.values())
