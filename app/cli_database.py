"""The commands that keep a database: its tables, its permission keys, and its events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app import preparing
from app.catalogue import CatalogueError
from app.cli_options import DatabaseUrl
from app.settings import SettingsError, settings_with


def migrate(database_url: DatabaseUrl = None) -> None:
    """Bring the tables of the database up to date."""
    preparing.migrate(settings_with(MESHGRAPH_DATABASE_URL=database_url).database_url)


def seed(
    *,
    database_url: DatabaseUrl = None,
    demo: Annotated[bool, typer.Option("--demo", help="The demo data as well.")] = False,
) -> None:
    """Store the permission keys that the graph asks for, if one is missing."""
    if not preparing.seed(settings_with(MESHGRAPH_DATABASE_URL=database_url), demo=demo):
        raise SettingsError("The demo data needs a database without users; this one has some.")


def load(
    file: Annotated[Path, typer.Argument(help="A CSV file.", exists=True, dir_okay=False)],
    database_url: DatabaseUrl = None,
) -> None:
    """Store the permission keys of a CSV file, and which role holds them."""
    settings = settings_with(MESHGRAPH_DATABASE_URL=database_url)
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{file} is not UTF-8 at byte {error.start}.") from error
    count = preparing.load_keys(settings.database_url, text)
    typer.echo(f"{count} keys")


def prune(
    *,
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", min=1, help="Days; MESHGRAPH_EVENT_DAYS if absent."),
    ] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Delete old events for good, and idempotency keys that have expired."""
    settings = settings_with(MESHGRAPH_DATABASE_URL=database_url)
    days = older_than or settings.event_days
    typer.echo(f"{preparing.prune_events(settings.database_url, days)} events")
    typer.echo(f"{preparing.prune_keys(settings.database_url)} idempotency keys")
