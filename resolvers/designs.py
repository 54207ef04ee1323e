"""Designs: their lists, and how they come in, go out and are deleted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select, tuple_

from app.db.base import live, new_id, now
from app.db.designs import Design
from app.db.registry import Component, Model
from app.errors import BadInput
from app.importing import formats, meshery
from app.importing.designs import Kind, Known, design_of, kinds_of
from app.importing.formats import Imported
from app.registering import carried
from resolvers import texts
from resolvers.context import Context
from resolvers.events import event, failures_told
from resolvers.listing import Filter, Listing, Order
from resolvers.progress import Progress
from resolvers.versions import expect
from resolvers.work import Work

#: What a design is called that neither its importer nor its file has a name for.
UNTITLED = "Untitled Design"
LONGEST_NAME, LONGEST_FILE_NAME = 255, 500
#: How many kinds are looked up with one statement.
KINDS_AT_ONCE = 500
STEPS = 3
#: Characters of a design that is written as YAML by this process.
LONGEST_HERE = 262_144

DESIGNS = Listing(
    Design,
    search=(Design.name,),
    order={
        "NAME": Order.text(Design.name),
        "TYPE": Order.text(Design.type),
        "CREATED_AT": Order.time(Design.created_at),
        "UPDATED_AT": Order.time(Design.updated_at),
    },
    filters={"name": Filter.contains(Design.name), "type": Filter.among(Design.type)},
)


@dataclass(frozen=True)
class Prepared:
    """A design that is ready to be stored, and what its importer should know of it."""

    row: dict[str, Any]
    warnings: tuple[str, ...]
    operation_id: UUID


@dataclass(frozen=True)
class Stored:
    """An imported design, and what is told of its import."""

    row: Design
    message: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    """A file and where it was: `url` is None for one that was sent."""

    name: str
    content: bytes
    url: str | None


async def prepare(context: Context, given: Any) -> Prepared:
    """Fetch, read and match what is to be imported. Nothing is stored, but the event of a failure.

    Raises `BadInput` for what is no design in any format.
    """
    place = (_shown(given.url) or given.file_name or "the request")[:LONGEST_FILE_NAME]
    named = (given.name or UNTITLED).strip()[:LONGEST_NAME]
    failed = f"Failed to import design '{named}' from {place}"
    progress = Progress(context, "pattern", "create")
    async with failures_told(context, "pattern", "create", failed, progress.operation_id):
        source = await _source(context, given)
        await progress.step(f"Fetched {source.name}", 1, STEPS)
        imported = await context.intake.read(
            "url" if source.url else "file",
            formats.read,
            source.name,
            source.content,
            context.intake.tools,
        )
        await progress.step(f"Read {source.name} as {imported.type}", 2, STEPS)
        row = await _row(context, given.name, source, imported)
        return Prepared(row, imported.warnings, progress.operation_id)


def _shown(url: str | None) -> str:
    """An address without what can be secret in it: a password, or a token in its query."""
    try:
        parts = urlsplit(url or "")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not (parts.scheme and host):
        return ""
    place = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, f"{place}:{port}" if port else place, parts.path, "", ""))


async def _source(context: Context, given: Any) -> _Source:
    """The one thing that is given: a file with its name, or an address. None has an empty one."""
    if (given.file is None) == (not given.url):
        message = "Invalid design import request: send file with fileName, or url, not both."
        raise BadInput(message, field="file" if given.file is None else "url")
    if given.url:
        fetched = await context.intake.fetch(given.url)
        return _Source(fetched.name, fetched.content, given.url)
    if not given.file_name:
        raise BadInput("fileName: a file needs the name it had.", field="fileName")
    return _Source(texts.name(given.file_name, "fileName", LONGEST_FILE_NAME), given.file, None)


async def _row(
    context: Context, name: str | None, source: _Source, imported: Imported
) -> dict[str, Any]:
    """The design's columns."""
    design_id = new_id()
    called = texts.name(name or imported.name.strip()[:LONGEST_NAME] or UNTITLED, "name")
    unmatched: tuple[dict[str, str], ...] = ()
    if imported.design is not None:
        design = {**imported.design, "id": str(design_id), "name": called}
    else:
        known = await known_kinds(context, kinds_of(imported.objects))
        built = design_of(design_id, called, imported.objects, known)
        design, unmatched = built.design, built.unmatched
    return {
        "id": design_id,
        "name": called,
        "type": imported.type,
        "pattern_file": await asyncio.to_thread(meshery.as_json, design),
        "components_count": len(design.get("components") or ()),
        "source": source.content,
        "source_name": source.name,
        "source_url": _shown(source.url) or None,
        "unmatched": list(unmatched),
    }


async def known_kinds(context: Context, kinds: set[Kind]) -> dict[Kind, Known]:
    """What the registry has of each kind; of several definitions the one registered first."""
    found: dict[Kind, Known] = {}
    asked = sorted(kinds)
    for start in range(0, len(asked), KINDS_AT_ONCE):
        part = asked[start : start + KINDS_AT_ONCE]
        among = tuple_(Component.kind, Component.version).in_(part)
        for component, model in await context.read(_definitions(among)):
            kind = (component.kind, component.version)
            found.setdefault(kind, Known(component.definition, carried(model.id, model.definition)))
    return found


def _definitions(among: ColumnElement[bool]) -> Any:
    return (
        select(Component, Model)
        .join(Model, Model.id == Component.model_id)
        .where(among, live(Component), live(Model), Component.status == "enabled")
        .order_by(Component.created_at, Component.id)
    )


async def create(work: Work, prepared: Prepared) -> Stored:
    """`POST /api/pattern/import`: store the design, and tell of it."""
    row = await work.by_id(Design, prepared.row["id"])
    name, type_ = prepared.row["name"], prepared.row["type"]
    message = f"Imported design '{name}' of type '{type_}'"
    if row is None:
        row = await work.add(Design(user_id=work.viewer.identified(), **prepared.row))
        told = event(
            work.viewer,
            "pattern",
            "create",
            "warning" if row.unmatched or prepared.warnings else "success",
            message,
            acted_upon=row.id,
            operation_id=prepared.operation_id,
            unmatched=row.unmatched[:100],
            warnings=list(prepared.warnings)[:100],
        )
        await work.add(told)
    return Stored(row, message, prepared.warnings)


async def remove(work: Work, given: Any) -> Design:
    """Delete a design of one's own, softly."""
    design = await work.find(Design, given.design_id, "designId")
    expect(design, given)
    design.deleted_at = now()
    await work.add(
        event(
            work.viewer,
            "pattern",
            "delete",
            "success",
            f"Deleted design '{design.name}'",
            acted_upon=design.id,
        )
    )
    return design


def as_value(row: Design) -> Any:
    """The Meshery design as a value, which the response has as it is stored."""
    return orjson.Fragment(row.pattern_file)


async def as_yaml(context: Context, row: Design) -> str:
    """The Meshery design as YAML, which takes long to write for a long one."""
    if len(row.pattern_file) <= LONGEST_HERE:
        return await asyncio.to_thread(meshery.as_yaml, row.pattern_file)
    return await context.intake.read("yaml", meshery.as_yaml, row.pattern_file)


async def source_of(context: Context, row: Design) -> bytes | None:
    """The file the design was imported from, byte for byte."""
    statement = select(Design.source).where(Design.id == row.id)
    found: bytes | None = (await context.read(statement)).scalar_one_or_none()
    return found
