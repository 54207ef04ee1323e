"""The command line: `meshgraph --help` says what there is."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from graphql import GraphQLError, Source, parse
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.supervisors import Multiprocess

from app import metrics, own_packages, preparing
from app.auth import issue, local_secret
from app.catalogue import CatalogueError
from app.checks import Finding, check, reason, sqlite_file
from app.cli_documents import documents, flawed_documents, refuse_flawed
from app.cli_imports import import_design, register_models
from app.cli_moving import migrate_report
from app.db.engine import StoreInUse
from app.db.users import SIGNING_IN
from app.errors import BadInput, Problem
from app.local_tokens import ALGORITHM
from app.settings import Settings, SettingsError, settings_with
from app.strict_json import decode
from resolvers.plan.explain import explain
from resolvers.plan.planner import Planner
from rest_compat.deprecations import DeprecationsError, read_file
from rest_compat.endpoints import ENDPOINTS
from rest_compat.openapi import openapi as openapi_of
from schema import schema as graph

DEMO_USER = "admin@example.org"
HOUR = 3600
BACKLOG = 2048  # connections that wait to be accepted
PING = 20.0  # seconds between two pings of a WebSocket, and that its client has to answer one
UNREAD = 30_000  # milliseconds for which a client may leave unread what was sent to it

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
cli.add_typer(keys, name="keys")
events = typer.Typer(help="What happened.", no_args_is_help=True)
cli.add_typer(events, name="events")
cli.command("import")(import_design)
cli.command("register")(register_models)
cli.command("migrate-report")(migrate_report)
cli.command("documents")(documents)

DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="Instead of MESHGRAPH_DATABASE_URL.")
]


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
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    database_url: DatabaseUrl = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
    fd: Annotated[
        int | None, typer.Option(min=3, help="A listening socket that was handed over, by number.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load demo data if there is none.")] = False,
) -> None:
    """Bring the database up to date and serve GraphQL and REST until stopped."""
    settings = settings_with(
        HOST=host, PORT=port, MESHGRAPH_DATABASE_URL=database_url, MESHGRAPH_WORKERS=workers
    )
    if settings.workers > 1 and sqlite_file(settings.database_url) is not None:
        raise SettingsError("A SQLite file serves one process only: use PostgreSQL for more.")
    read_file(settings.deprecations)
    refuse_flawed(settings)
    preparing.migrate(settings.database_url)
    preparing.seed(settings, demo=demo)
    config = uvicorn.Config(
        "app.main:service",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",  # both by name, so that a server without them does not start
        http="app.receiving:Connection",
        ws="websockets-sansio",
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
        ws_per_message_deflate=False,  # a window for each socket is more than all else of it
        access_log=False,  # `app.middleware` writes one line for each request
        server_header=False,
        proxy_headers=False,  # nothing here asks for the scheme, or for the address of the caller
        log_level="warning",
        timeout_graceful_shutdown=settings.stop_timeout,
    )
    shared = metrics.shared(wanted=settings.metrics and settings.workers > 1)
    door = listening(settings.host, settings.port) if fd is None else handed_over(fd)
    with door, shared, suppress(KeyboardInterrupt):
        announce(settings, demo=demo)
        run(config, door)


def run(config: uvicorn.Config, door: socket.socket) -> None:
    """Serve until stopped; exit 1 where the application does not start."""
    if config.workers > 1:
        Multiprocess(config, [door]).run()
        return
    server = uvicorn.Server(config)
    # The server stops on SIGTERM by itself, and then sends the signal again, to end with an error.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run([door])
    if not server.started:
        raise typer.Exit(1)


def listening(host: str, port: int) -> socket.socket:
    """A socket at the address, whose callers wait until they are answered."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        number = error.errno or 0  # negative where the name of the host was looked up
        why = os.strerror(number) if number > 0 else error.strerror
        raise SettingsError(f"Nothing can listen on {host} port {port}: {why}.") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # the connections that it accepts have it too
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD)
    return door


def handed_over(fd: int) -> socket.socket:
    """The listening socket of that number, which whoever started this goes on holding.

    So a server takes the place of another without a moment in which nobody can connect.
    """
    try:
        door = socket.socket(fileno=fd)
        listens = door.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise SettingsError(f"--fd {fd} is no socket: {os.strerror(error.errno or 0)}.") from error
    if not listens:
        raise SettingsError(f"--fd {fd} is a socket that does not listen.")
    return door


def announce(settings: Settings, *, demo: bool) -> None:
    """Print where the service is, and with the demo a token to try it with."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = f"http://{host}:{settings.port}"
    if settings.explorer:
        typer.echo(f"Explorer  {base}/graphql (in a browser)")
    typer.echo(f"GraphQL   {base}/graphql")
    typer.echo(f"REST      {base}/api")
    if settings.docs:
        typer.echo(f"Docs      {base}/docs (in a browser)")
    if demo and ALGORITHM in settings.jwt_algorithms:
        ttl = min(24 * HOUR, settings.jwt_max_lifetime)
        typer.echo(f"Token of {DEMO_USER}, for {ttl // HOUR} hours:")
        typer.echo(token_of(settings, DEMO_USER, ttl))


@cli.command()
def migrate(database_url: DatabaseUrl = None) -> None:
    """Bring the tables of the database up to date."""
    preparing.migrate(settings_with(MESHGRAPH_DATABASE_URL=database_url).database_url)


@cli.command()
def seed(
    *,
    database_url: DatabaseUrl = None,
    demo: Annotated[bool, typer.Option("--demo", help="The demo data as well.")] = False,
) -> None:
    """Store the permission keys that the graph asks for, if one is missing."""
    if not preparing.seed(settings_with(MESHGRAPH_DATABASE_URL=database_url), demo=demo):
        raise SettingsError("The demo data needs a database without users; this one has some.")


@cli.command()
def token(
    email: Annotated[str, typer.Argument(help="The address of the user.")],
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = HOUR,
) -> None:
    """Print a token for a user, signed with the local secret."""
    typer.echo(token_of(settings_with(), email, ttl))


def token_of(settings: Settings, email: str, ttl: int) -> str:
    """A token for the user with that address; raises `SettingsError` for one that would not do."""
    if ALGORITHM not in settings.jwt_algorithms:
        raise SettingsError(f"MESHGRAPH_JWT_ALGORITHMS leaves out {ALGORITHM}: no local tokens.")
    if ttl > settings.jwt_max_lifetime:
        raise SettingsError(
            f"--ttl may be {settings.jwt_max_lifetime} at most (MESHGRAPH_JWT_MAX_LIFETIME)."
        )
    user = preparing.look(settings.database_url, lambda session: preparing.user_of(session, email))
    if user is None:
        raise SettingsError(f"There is no user with the address {email}.")
    if user.status not in SIGNING_IN:
        raise SettingsError(f"The user {email} is {user.status} and may not sign in.")
    secret = local_secret(settings.jwt_secret_file)
    return issue(secret, subject=user.user_id, email=user.email, ttl=ttl)


@cli.command()
def grant(
    email: Annotated[str, typer.Argument(help="The address of the user.")],
    role: Annotated[str, typer.Argument(help="Such as `admin`.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Give a user a role everywhere: so the first administrator comes to be."""
    settings = settings_with(MESHGRAPH_DATABASE_URL=database_url)
    preparing.grant(settings.database_url, email, role)


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


@keys.command()
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


@events.command()
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
