"""The command that serves: `meshgraph serve`."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from app import metrics, preparing
from app.checks import sqlite_file
from app.cli_documents import refuse_flawed
from app.cli_options import DatabaseUrl
from app.cli_users import HOUR, token_of
from app.local_tokens import ALGORITHM
from app.settings import Settings, SettingsError, settings_with
from rest_compat.deprecations import read_file

DEMO_USER = "admin@example.org"
BACKLOG = 2048  # connections that wait to be accepted
PING = 20.0  # seconds between two pings of a WebSocket, and that its client has to answer one
UNREAD = 30_000  # milliseconds for which a client may leave unread what was sent to it


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
        HOST=host,
        PORT=port,
        MESHGRAPH_DATABASE_URL=database_url,
        MESHGRAPH_WORKERS=workers,
        MESHGRAPH_PUBLIC_GRAPH=shown(demo=demo),
    )
    if settings.workers > 1 and sqlite_file(settings.database_url) is not None:
        raise SettingsError("A SQLite file serves one process only: use PostgreSQL for more.")
    read_file(settings.deprecations)
    refuse_flawed(settings)
    preparing.migrate(settings.database_url)
    preparing.seed(settings, demo=demo)
    config = config_of(settings)
    shared = metrics.shared(wanted=settings.metrics and settings.workers > 1)
    door = listening(settings.host, settings.port) if fd is None else handed_over(fd)
    with door, shared, suppress(KeyboardInterrupt):
        announce(settings, demo=demo)
        run(config, door)


def shown(*, demo: bool) -> str | None:
    """A demo shows its graph to everybody, unless the environment says what to do."""
    told = os.environ.get("MESHGRAPH_PUBLIC_GRAPH", "").strip()
    return "true" if demo and not told else None


def config_of(settings: Settings) -> uvicorn.Config:
    """How the server is to serve."""
    return uvicorn.Config(
        "app.main:service",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",  # both by name, so that a server without them does not start
        http="app.receiving:Connection",
        ws="app.receiving:SocketConnection",
        ws_max_size=settings.max_body_bytes,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
        ws_per_message_deflate=False,  # a window for each socket is more than all else of it
        access_log=False,  # `app.middleware` writes one line for each request
        server_header=False,
        proxy_headers=False,  # nothing here asks for the scheme, or for the address of the caller
        log_config=None,  # `app.logs` sees to what uvicorn says as well
        log_level="warning",
        timeout_graceful_shutdown=settings.stop_timeout,
    )


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
        whom = "" if settings.public_graph else ", with the cookie `token`"
        typer.echo(f"Explorer  {base}/graphql (in a browser{whom})")
    typer.echo(f"GraphQL   {base}/graphql")
    typer.echo(f"REST      {base}/api")
    if settings.docs:
        typer.echo(f"Docs      {base}/docs (in a browser)")
    if demo and ALGORITHM in settings.jwt_algorithms:
        ttl = min(24 * HOUR, settings.jwt_max_lifetime)
        typer.echo(f"Token of {DEMO_USER}, for {ttl // HOUR} hours:")
        typer.echo(token_of(settings, DEMO_USER, ttl))
