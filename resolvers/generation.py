"""Models made of a project's own definitions: what is asked of which address, and read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.utils.str_converters import to_camel_case

from app.errors import BadInput
from app.importing.archives import content_root, kind_of, unpack
from app.importing.documents import document, json_document, yaml_documents
from app.importing.refusals import Refused
from app.registry import artifact_hub
from app.registry.artifact_hub import best_chart, chart_address
from app.registry.crds import documents_of_files
from app.registry.definitions import Package, Problem
from app.registry.generating import generated_package
from app.registry.model_sources import ModelSource, read_model_source
from app.registry.sheet_packages import SheetPackages, packages_of_sheets, with_relationships
from app.registry.sheets import Sheets, read_sheets
from app.registry.sources import (
    ArtifactHubSource,
    FileSource,
    GitSource,
    latest_release,
    parse_source,
)
from resolvers.context import Context
from resolvers.progress import Progress

FIELD = "importBody.url"


@dataclass(frozen=True)
class Generated:
    """What may be registered, and what of the source may not."""

    packages: tuple[Package, ...]
    problems: tuple[Problem, ...]


async def of_source(context: Context, given: Any, url: str) -> Generated:
    """The package of one project; raises `BadInput` for one that has no component."""
    try:
        source = read_model_source(_members(given))
    except Refused as refused:
        raise BadInput(f"importBody.{refused.message}", field="importBody.model") from None
    package = await _package(context, source, url)
    if not package.components and source.publish_to_registry:
        message = f"{FIELD}: nothing there defines a kind, so that the model has no component."
        raise BadInput(message, field=FIELD)
    return Generated((package,), ())


def _members(given: Any) -> dict[str, Any]:
    """The input as the form that it stands for, without what was left out."""
    return {to_camel_case(key): each for key, each in vars(given).items() if each is not None}


async def _package(context: Context, source: ModelSource, url: str) -> Package:
    try:
        place = parse_source(url, source.registrant, source.model)
    except Refused as refused:
        raise BadInput(f"{FIELD}: {refused.message}", field=FIELD) from None
    match place:
        case GitSource():
            return await _of_repository(context, source, place)
        case ArtifactHubSource():
            return await _of_chart(context, source, place)
        case FileSource():
            fetched = await context.intake.fetch(place.url)
            return await context.intake.read(
                FIELD, read_file, source, fetched.name, fetched.content, place.version
            )


async def _of_repository(context: Context, source: ModelSource, place: GitSource) -> Package:
    """Of the latest release or, before there is one, of the branch."""
    intake = context.intake
    found = await intake.fetch(place.releases_address)
    tag = latest_release(await intake.read(FIELD, json_document, found.content))
    archive = await intake.fetch(place.archive_address(tag))
    return await intake.read(
        FIELD, read_repository, source, place, archive.content, tag or place.branch
    )


async def _of_chart(context: Context, source: ModelSource, place: ArtifactHubSource) -> Package:
    """Of the best chart of the name, from the repository that has it."""
    intake = context.intake
    found = await intake.fetch(artifact_hub.search_address(place))
    chart = await intake.read(FIELD, read_search, found.content)
    index = await intake.fetch(chart.index_address)
    address = await intake.read(FIELD, read_index, index.content, chart)
    archive = await intake.fetch(address)
    return await intake.read(FIELD, read_file, source, archive.name, archive.content, chart.version)


async def of_sheets(
    progress: Progress, models: bytes, components: bytes, relationships: bytes
) -> Generated:
    """The packages of three sheets; a model whose source fails is a problem of that model."""
    context = progress.context
    found: SheetPackages
    sheets: Sheets
    arguments = (models, components, relationships)
    sheets, found = await context.intake.read("importBody.modelCsv", read_all, *arguments)
    packages, problems = list(found.packages), list(found.problems)
    for done, source in enumerate(found.sources, 1):
        try:
            packages.append(await _package(context, source, source.source_uri))
        except BadInput as refused:
            problems.append(Problem(source.model, "model", refused.message))
        await progress.step(f"Generated {source.model}", done, len(found.sources))
    read = [with_relationships(package, sheets.relationships) for package in packages]
    return Generated(
        tuple(each.package for each in read if each.package),
        (*problems, *(problem for each in read for problem in each.problems)),
    )


def read_all(
    models: bytes, components: bytes, relationships: bytes
) -> tuple[Sheets, SheetPackages]:
    """The sheets, and the packages that are in them."""
    sheets = read_sheets(models, components, relationships)
    return sheets, packages_of_sheets(sheets)


def read_file(source: ModelSource, name: str, data: bytes, version: str) -> Package:
    """The package of a document or of the files of an archive."""
    if kind_of(data) is None:
        return generated_package(source, document(name, data), version)
    return generated_package(source, documents_of_files(content_root(unpack(data))), version)


def read_repository(source: ModelSource, place: GitSource, data: bytes, version: str) -> Package:
    """The package of the files that are meant of a repository's archive."""
    files = place.files(unpack(data))
    return generated_package(source, documents_of_files(files), version)


def read_search(data: bytes) -> artifact_hub.Chart:
    """The best of the charts that Artifact Hub found."""
    return best_chart(json_document(data))


def read_index(data: bytes, chart: artifact_hub.Chart) -> str:
    """The address of a chart, by the index of its repository."""
    documents = yaml_documents(data)
    found = documents[0] if documents else None
    return chart_address(found if isinstance(found, Mapping) else {}, chart)
