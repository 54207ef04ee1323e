"""The command that reads a caller's REST traffic and says what to send instead."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.examination import Examination
from app.limits import Limits
from rest_compat.moving.report import found_in, report, single_documents, write_documents
from rest_compat.moving.sources import Source
from rest_compat.moving.study import Study, UnknownFields
from schema import schema as graph

_File = Annotated[
    Path,
    typer.Argument(
        help="An access log (common or combined format, Caddy's, or our own), or a HAR file.",
        exists=True,
        dir_okay=False,
    ),
]
_Output = Annotated[Path | None, typer.Option(help="A folder to write the documents to.")]
_Fields = Annotated[str, typer.Option(help="The fields that the caller uses, separated by commas.")]
_Window = Annotated[float, typer.Option(min=0.1, help="Seconds of pause that end a loop.")]
_Prefix = Annotated[str, typer.Option(help="What a proxy has before the documented paths.")]


def migrate_report(
    file: _File,
    *,
    output: _Output = None,
    fields: _Fields = "",
    window: _Window = 30.0,
    prefix: _Prefix = "",
) -> None:
    """Say which GraphQL operations replace the REST calls of a log, as Markdown."""
    names = tuple(name.strip() for name in fields.split(",") if name.strip()) or None
    schema = graph._schema  # noqa: SLF001 - Strawberry has no other name for it
    try:
        study = Study(schema, window, names, prefix)
    except UnknownFields as error:
        raise typer.BadParameter(str(error), param_hint="--fields") from error
    with file.open("rb") as opened:
        source = Source(opened)
        study.follow(source.calls())
    found = found_in(study, Examination(schema, Limits()).refusal)
    for line in report(study, source, found):
        typer.echo(line)
    if output is not None:
        documents = [*(each.document for each in found), *single_documents(study)]
        write_documents(output, documents)
        typer.echo(f"{len(documents)} documents in {output}", err=True)
