"""The composition root: settings become engines, the schema, routes, and one Starlette app."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app import logs, metrics, stopping, tracing
from app.assembly.callers import guesses_of, identity_of, opener_of, sockets_of
from app.assembly.holdings import open_outside, open_store, pools_of
from app.assembly.layers import layers_of
from app.assembly.operations import operations_of, trust_of
from app.assembly.pages import pages_of, unavailable
from app.assembly.rest import execute_of, ledger_routes, limited, rest_of
from app.broker import Broker
from app.crowds import Crowd
from app.draining import Drain
from app.enforcement import Mode
from app.errors import Unavailable
from app.explorer.serving import Explorer
from app.graphql_over_http import GraphQLOverHTTP
from app.middleware import BodyLimit
from app.notifying import notify
from app.outside import Outside
from app.places import Places
from app.readiness import health_routes
from app.receiving import Connection
from app.rest_ledger import Ledger
from app.service import Service, at
from app.settings import Settings, keep_from_children
from rest_compat.documents import load
from schema import schema

#: Objects made between two collections of the young; of the young between two of the middle-aged;
#: and of those between two of all.
COLLECTED_AFTER = (5_000, 20, 20)


class Closed(Protocol):
    """What has to be closed in the end."""

    async def close(self) -> None: ...


def create_app(settings: Settings | None = None, outside: Outside | None = None) -> Starlette:
    """The service as an ASGI application; without settings, as the environment says."""
    settings = settings or Settings.from_environ(os.environ)
    trust = trust_of(settings)
    store = open_store(settings)
    drain = Drain(settings.drain_seconds)
    outside = outside or open_outside(settings)
    broker = Broker(store, settings.listening_url or settings.database_url)
    identity = identity_of(settings, store, outside, broker)
    guesses = guesses_of(settings)
    open_context = opener_of(identity, settings, guesses)
    traces = tracing.asked(os.environ)
    operations = operations_of(settings, store, traces)
    ledger = Ledger(store)
    pools = pools_of(store, outside)

    explorer = Explorer() if settings.explorer else None
    places = Places(operations.limits)
    graphql = GraphQLOverHTTP(operations, open_context, explorer, places, trust)
    documented = load(schema._schema)  # noqa: SLF001
    execute = execute_of(operations, open_context)
    rest = rest_of(operations, documented, open_context, execute, ledger, settings)
    application = Service(
        [(at("/graphql"), graphql), (rest.find, limited(rest, settings))],
        layers=[*tracing.layers(traces), *layers_of(settings, drain)],
        middleware=[Middleware(BodyLimit, limit=settings.max_body_bytes)],
        sockets={"/graphql": sockets_of(operations, identity, settings, places, trust, guesses)},
        routes=[
            *health_routes(store.health, drain),
            *pages_of(documented, settings, explorer, pools, open_context),
            *ledger_routes(execute, settings),
        ],
        exception_handlers={Unavailable: unavailable},
        lifespan=_lifespan(settings, drain, ledger, pools, (broker, outside, store)),
    )
    # A path that ends in a slash is none that is documented, and a redirect is no answer.
    application.router.redirect_slashes = False
    application.state.store, application.state.broker = store, broker
    application.state.ledger = ledger
    return application


def _lifespan(
    settings: Settings,
    drain: Drain,
    ledger: Ledger,
    pools: metrics.Pools,
    closed: Sequence[Closed],
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """What begins and ends with a server; `closed` are closed in their order."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stopping.watch()
        drain.listen()
        async with AsyncExitStack() as kept:
            if settings.rest_ledger:
                await kept.enter_async_context(ledger.kept())
            if settings.metrics:
                await kept.enter_async_context(metrics.watching(pools))
            notify("READY=1")
            yield
        for each in closed:
            await each.close()

    return lifespan


def service() -> Starlette:
    """The application for a server process, whose log is set up as well."""
    logs.configure()
    settings = Settings.from_environ(os.environ)
    Connection.expect(
        head_seconds=settings.head_timeout,
        body_seconds=settings.body_timeout,
        crowd=Crowd(
            Mode(settings.connections), settings.max_connections, settings.uncounted_networks
        ),
    )
    application = create_app(settings)
    keep_from_children(os.environ)
    _collect_seldom()
    return application


def _collect_seldom() -> None:
    """Have the cyclic garbage collector look at answers in the making less often.

    What there is by now stays, and is not looked at again. A page of rows is thousands of objects
    that are freed by their reference counts: Python's own thresholds have it look through those of
    all operations under way again and again, which took half of the processor time of a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
