"""The command that lists trusted documents, and what `meshgraph check` says of them."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from app.assembly.operations import library
from app.checks import Finding
from app.settings import Settings, SettingsError, settings_with


def documents() -> None:
    """Print each trusted document: its id and its name, by either of which callers may ask."""
    settings = settings_with()
    for document in library(settings).documents:
        typer.echo(f"{document.id} {document.name}")
    refuse_flawed(settings)


def refuse_flawed(settings: Settings) -> None:
    """Raise `SettingsError` for files with which the service does not start."""
    if problems := library(settings).problems:
        raise SettingsError(*problems)


def flawed_documents(settings: Settings) -> Iterator[Finding]:
    """What is wrong with the files of MESHGRAPH_DOCUMENTS_DIR."""
    for problem in library(settings).problems:
        yield Finding(problem, "Mend the file or take it away.")
