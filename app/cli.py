"""The command line: `meshgraph --help` says what there is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError, Source, parse
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from app import own_packages
from app.catalogue import CatalogueError
from app.checks import Finding, check, reason
from app.cli_database import load, migrate, prune, seed
from app.cli_documents import documents, flawed_documents
from app.cli_imports import import_design, register_models
from app.cli_moving import migrate_report
from app.cli_serving import serve
from app.cli_users import grant, token
from app.db.holding import StoreInUse
from app.errors import BadInput, Problem
from app.settings import Settings, SettingsError, settings_with
from app.strict_json import decode
from resolvers.plan.explain import explain
from resolvers.plan.planner import Planner
from rest_compat.deprecations import DeprecationsError, read_file
from rest_compat.endpoints import ENDPOINTS
from rest_compat.openapi import openapi as openapi_of
from schema import schema as graph

#: What is told in a line; anything else is a bug, and keeps its traceback.
TOLD = (SettingsError, DeprecationsError, CatalogueError, StoreInUse, Problem, OSError)

cli = typer.Typer(
    name="meshgraph",
    help="Meshery's REST model as one GraphQL graph, with the documented REST API beside it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="The catalogue of permission keys.", no_args_is_help=True)
events = typer.Typer(help="What happened.", no_args_is_help=True)

#: The commands of other modules, in the order in which the help names them.
COMMANDS: tuple[tuple[typer.Typer, str, Callable[..., None]], ...] = (
    (cli, "import", import_design),
    (cli, "register", register_models),
    (cli, "migrate-report", migrate_report),
    (cli, "documents", documents),
    (cli, "serve", serve),
    (cli, "migrate", migrate),
    (cli, "seed", seed),
    (cli, "token", token),
    (cli, "grant", grant),
    (keys, "load", load),
    (events, "prune", prune),
)
for group, name, command in COMMANDS:
    group.command(name)(command)
cli.add_typer(keys, name="keys")
cli.add_typer(events, name="events")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0, or 1 after saying in a line what is wrong."""
    try:
        cli(arguments)
    except TOLD as error:
        raise SystemExit(f"meshgraph: {error}") from error
    except SQLAlchemyError as error:
        hint = "`meshgraph check` says more."
        raise SystemExit(f"meshgraph: the database: {reason(error)} {hint}") from error


@cli.command()
def schema() -> None:
    """Print the GraphQL schema."""
    typer.echo(graph.as_str())


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document of the REST API."""
    document = openapi_of(graph._schema)  # noqa: SLF001 - Strawberry has no other name for it
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


@cli.command()
def routes() -> None:
    """Print each REST endpoint with the status it answers and the operation behind it."""
    for row in ENDPOINTS:
        for path in (row.path, *row.aliases):
            typer.echo(f"{row.method:<6} {path:<70} {row.status} {row.operation}")


@cli.command("explain")
def explain_command(
    file: Annotated[Path, typer.Argument(help="A GraphQL document.", exists=True, dir_okay=False)],
    *,
    variables: Annotated[str, typer.Option(help="Their values, as JSON; ids need none.")] = "{}",
    function: Annotated[bool, typer.Option("--function", help="Its function as well.")] = False,
) -> None:
    """Print the plan of each operation and its SQL, or why it is interpreted."""
    dialect = make_url(settings_with().database_url).get_backend_name()
    values = decode(variables)
    if not isinstance(values, dict):
        raise BadInput("--variables: expected a JSON object.")
    try:
        document = parse(Source(file.read_text("utf-8"), str(file)))
        for line in explain(Planner(graph, dialect), document, values, source=function):
            typer.echo(line)
    except GraphQLError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@cli.command("check")
def check_command() -> None:
    """Say what keeps the service from running well and how to mend it; exit 1 if anything does."""
    findings = [*check(os.environ, flawed_documents), *_deprecations()]
    for finding in findings:
        typer.echo(f"{finding}", err=True)
    if findings:
        raise typer.Exit(1)
    typer.echo(
        f"All is well with the settings, the database, and {', '.join(own_packages.PACKAGES)}."
    )


def _deprecations() -> Iterator[Finding]:
    """What is wrong with the file of deprecations, where the settings say which it is."""
    with suppress(SettingsError):
        try:
            read_file(Settings.from_environ(os.environ).deprecations)
        except DeprecationsError as error:
            yield from (Finding(each, "Mend it in the file.") for each in error.problems)
