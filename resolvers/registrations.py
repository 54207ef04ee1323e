"""Registrations: packages that come into the registry, by each of the documented methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from strawberry.utils.str_converters import to_camel_case

from app import registering
from app.db.events import Event
from app.db.registry import Model
from app.errors import BadInput
from app.registry.definitions import model_id
from app.registry.packages import Read, read_package
from app.registry.summary import Summary, message, summarize
from resolvers import generation
from resolvers.context import Context
from resolvers.events import event, failures_told, tell
from resolvers.progress import Progress
from resolvers.work import Work

#: How much of its message an event of a registration shows.
SHOWN = 42
#: How many reasons and names an event tells; the answer to the caller has them all.
MOST_TOLD = 100


@dataclass(frozen=True)
class Prepared:
    """What is to be registered; `register` is False for a dry run."""

    summary: Summary
    register: bool
    operation_id: UUID


@dataclass(frozen=True)
class Registration:
    """What came of it; the rows of the models by their ids, none after a dry run."""

    summary: Summary
    message: str
    rows: Mapping[UUID, Model]


async def prepare(context: Context, given: Any) -> Prepared:
    """Get and read what is to be registered; nothing is stored, but the event of a failure."""
    progress = Progress(context, "model", "register")
    operation_id = progress.operation_id
    failed = "Nothing was registered"
    async with failures_told(context, "model", "register", failed, operation_id):
        read = await METHODS[given.upload_type.value](progress, given.import_body)
        packages = tuple(sorted(read.packages, key=lambda each: model_id(each.model)))
        return Prepared(summarize(packages, read.problems), given.register, operation_id)


async def _file(progress: Progress, body: Any) -> generation.Generated:
    name, content = _required(body, "file_name", "model_file")
    return await _package(progress.context, "modelFile", name, content)


async def _address(progress: Progress, body: Any) -> generation.Generated:
    (url,) = _required(body, "url")
    fetched = await progress.context.intake.fetch(url)
    return await _package(progress.context, "url", fetched.name, fetched.content)


async def _package(context: Context, field: str, name: str, content: bytes) -> generation.Generated:
    read: Read = await context.intake.read(field, read_package, name, content)
    packages = (read.package,) if read.package else ()
    return generation.Generated(packages, read.problems)


async def _sheets(progress: Progress, body: Any) -> generation.Generated:
    sheets = _required(body, "model_csv", "component_csv", "relationship_csv")
    return await generation.of_sheets(progress, *sheets)


async def _source(progress: Progress, body: Any) -> generation.Generated:
    model, url = _required(body, "model", "url")
    return await generation.of_source(progress.context, model, url)


#: How each method reads its members of the body.
METHODS: Mapping[str, Callable[[Progress, Any], Awaitable[generation.Generated]]] = {
    "file": _file,
    "urlImport": _address,
    "csv": _sheets,
    "url": _source,
}


def _required(body: Any, *members: str) -> list[Any]:
    """The members of the body; raises `BadInput` for the first that is not there."""
    for member in members:
        if not getattr(body, member):
            field = f"importBody.{to_camel_case(member)}"
            raise BadInput(f"{field}: this method of upload requires it.", field=field)
    return [getattr(body, member) for member in members]


async def register(work: Work, prepared: Prepared) -> Registration:
    """`POST /api/meshmodels/register`: all that is sound, in one transaction.

    Who would change what others rely on, a registered definition, needs the key everywhere.
    """
    summary = prepared.summary
    text = message(summary)
    if not prepared.register:
        return Registration(summary, text, {})
    ids = []
    for package in summary.packages:
        done = await registering.register(work.session, package)
        if done.replaced:
            work.require_everywhere()
        ids.append(done.model_id)
    await tell(work, _told(work, prepared, text))
    rows = await work.session.scalars(select(Model).where(Model.id.in_(ids)))
    return Registration(summary, text, {row.id: row for row in rows})


def _told(work: Work, prepared: Prepared, text: str) -> Event:
    summary = prepared.summary
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return event(
        work.viewer,
        "model",
        "register",
        summary.severity,
        shown,
        operation_id=prepared.operation_id,
        ModelImportMessage=text,
        ModelDetails={
            package.model.name: {
                "Components": len(package.components),
                "Relationships": len(package.relationships),
            }
            for package in summary.packages
        },
        Errors=[
            {"error": each.text, "name": list(each.names[:MOST_TOLD])}
            for each in summary.troubles[:MOST_TOLD]
        ],
    )
