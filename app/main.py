"""The composition root: settings become engines, the schema, routes, and one Starlette app."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from graphql import DocumentNode, ExecutionResult, print_ast, separate_operations
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from app import docs_page, evaluation_work, idempotency, logs, metrics, stopping, tracing
from app.admission import Admission, Rooms
from app.auth import Authenticator, credential
from app.away import Away
from app.broker import Broker
from app.budgets import Budget, Budgets
from app.connection_init import Headers, credential_of
from app.db.engine import Statements, Store
from app.disconnects import while_connected
from app.draining import Drain
from app.enforcement import Mode
from app.entrance import Entrance
from app.errors import Unavailable
from app.evaluator import Evaluator
from app.explorer.serving import ASSETS, Explorer
from app.fetching.fetcher import Fetcher
from app.graphql_over_http import GraphQLOverHTTP
from app.graphql_over_websocket import GraphQLOverWebSocket
from app.hosts import Hosts
from app.importing import formats
from app.importing.executables import find
from app.intake import Intake
from app.library import Library, collect
from app.limits import Limits
from app.logs import REQUESTS
from app.middleware import BodyLimit, Envelope, header
from app.notifying import notify
from app.occupancy import Occupancy
from app.operations import Operations
from app.origins import refuse_foreign
from app.outside import Outside
from app.parameters import Addresses
from app.places import Places
from app.readiness import PATHS, health_routes
from app.receiving import Connection
from app.rest_ledger import Ledger
from app.service import Service, at
from app.settings import Settings, SettingsError
from app.strict_json import decode, encode
from app.tracing import Tracing
from app.trust import Trust
from app.vault import Vault
from app.workers import Workers
from resolvers.answers import Command
from resolvers.context import Context
from resolvers.executor import ColumnExecutor
from resolvers.identity import Identity
from resolvers.plan.planner import Planner
from rest_compat import rest_map
from rest_compat.deprecations import read_file
from rest_compat.documents import Operation, load, sources
from rest_compat.endpoints import UPLOAD_PATHS, Endpoint
from rest_compat.facade import Execute, headers_of, table, unobserved
from rest_compat.ledger_page import ledger_page
from rest_compat.openapi import openapi
from rest_compat.routing import PathTable
from schema import schema

#: What worker processes begin with: the module that a server is started by, and their own work.
PRELOADED = ("app.cli", formats.__name__, evaluation_work.__name__)

#: Objects made between two collections of the young; of the young between two of the middle-aged;
#: and of those between two of all.
COLLECTED_AFTER = (5_000, 20, 20)

#: Where the scope of a request has the id of the caller, once that is known.
CALLER = "meshgraph.caller"

OpenContext = Callable[[Request], AbstractAsyncContextManager[Context]]


def create_app(settings: Settings | None = None, outside: Outside | None = None) -> Starlette:
    """The service as an ASGI application; without settings, as the environment says."""
    settings = settings or Settings.from_environ(os.environ)
    trust = _trust(settings)
    store = Store.open(settings.database_url, statement_seconds=_statements(settings))
    drain = Drain(settings.drain_seconds)
    outside = outside or open_outside(settings)
    broker = Broker(store, settings.database_url)
    identity = _identity(settings, store, outside, broker)
    open_context = _open_context(identity, settings)
    traces = tracing.asked(os.environ)
    operations = _operations(settings, store, traces)
    ledger = Ledger(store)
    pools = _pools(store, outside)

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
        await broker.close()
        await outside.close()
        await store.close()

    explorer = Explorer() if settings.explorer else None
    places = Places(operations.limits)
    graphql = GraphQLOverHTTP(operations, open_context, explorer, places, trust)
    documented = load(schema._schema)  # noqa: SLF001
    execute = _execute(operations, open_context)
    rest = _rest(operations, documented, open_context, execute, ledger, settings)
    application = Service(
        [(at("/graphql"), graphql), (rest.find, _limited(rest, settings))],
        layers=[*tracing.layers(traces), *_layers(settings, drain)],
        middleware=[Middleware(BodyLimit, limit=settings.max_body_bytes)],
        sockets={"/graphql": _sockets(operations, identity, settings, places, trust)},
        routes=[
            *health_routes(store.health, drain),
            *_routes(documented, settings, explorer, pools),
            *_ledger_page(execute, settings),
        ],
        exception_handlers={Unavailable: _unavailable},
        lifespan=lifespan,
    )
    # A path that ends in a slash is none that is documented, and a redirect is no answer.
    application.router.redirect_slashes = False
    application.state.store, application.state.broker = store, broker
    application.state.ledger = ledger
    return application


def service() -> Starlette:
    """The application for a server process, whose log is set up as well."""
    logs.configure()
    settings = Settings.from_environ(os.environ)
    Connection.expect(head_seconds=settings.head_timeout, body_seconds=settings.body_timeout)
    application = create_app(settings)
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


def open_outside(
    settings: Settings, away: Away | None = None, fetcher: Fetcher | None = None
) -> Outside:
    """What reaches beyond the store; its worker processes start when they are first needed."""
    workers = away or Workers(memory_bytes=settings.workers_memory, preload=PRELOADED)
    tools = find(settings.helm, settings.kubectl, settings.data_dir / "tools")
    return Outside(
        Intake(fetcher or Fetcher(), workers, tools, settings.read_timeout),
        Evaluator(workers, settings.evaluate_timeout),
    )


def _identity(settings: Settings, store: Store, outside: Outside, broker: Broker) -> Identity:
    return Identity(
        store,
        Vault.from_file(settings.vault_keys_file),
        Authenticator.from_settings(settings),
        provision=settings.unknown_users == "provision",
        outside=outside,
        broker=broker,
        keys_last=timedelta(hours=settings.idempotency_hours),
    )


def _lasting() -> frozenset[str]:
    """The mutations that wait for the world outside before they change anything."""
    assert schema.mutation is not None
    fields = get_object_definition(schema.mutation, strict=True).fields
    answers = {field: field.metadata.get("answer") for field in fields}
    return frozenset(
        to_camel_case(field.python_name)
        for field, answer in answers.items()
        if isinstance(answer, Command) and answer.prepare is not None
    )


def _operations(
    settings: Settings, store: Store | None = None, traces: Tracing | None = None
) -> Operations:
    """What executes operations; without a store only for looking at documents."""
    if store is not None and traces is not None:
        traces.watch(store)
    make = Operations if traces is None else traces.operations
    return make(
        schema._schema,  # noqa: SLF001 - Strawberry offers the graphql-core schema in no other way
        _limits(settings),
        compiler=Planner(schema, store.dialect) if store else None,
        introspection=settings.introspection,
        suggestions=settings.field_suggestions,
        executor=ColumnExecutor,
        lasting=_lasting(),
        entrance=_entrance(settings),
    )


def _entrance(settings: Settings) -> Entrance:
    rooms = Rooms(settings.max_reads, settings.max_writes, settings.max_per_caller)
    budget = Budget(settings.budget_size, settings.budget_restored)
    admission, mode = Mode(settings.admission), Mode(settings.budget)
    return Entrance(
        None if admission is Mode.OFF else Admission(rooms, admission),
        None if mode is Mode.OFF else Budgets(budget, mode),
    )


def _statements(settings: Settings) -> Statements:
    slowest = max(settings.query_timeout, settings.mutation_timeout)
    return Statements(one=_sooner(settings.query_timeout), any=_sooner(slowest))


def _sooner(deadline: float) -> float:
    """When the database gives up by itself: a little before whoever waits for it would."""
    return max(deadline - 0.5, deadline / 2)


def library(settings: Settings) -> Library:
    """The documents that are trusted, and what is wrong with those that are not."""
    own = separate_operations(sources())
    texts = {name: print_ast(document) for name, document in own.items()}
    return collect(texts, settings.documents_dir, _operations(settings).flaws)


def _trust(settings: Settings) -> Trust:
    found = library(settings)
    if found.problems:
        raise SettingsError(*found.problems)
    return Trust(settings.trusted_documents, found.documents)


def _layers(settings: Settings, drain: Drain) -> list[Middleware]:
    envelope = Middleware(
        Envelope,
        telling=REQUESTS[settings.log_requests],
        figures=settings.debug_headers,
        record=metrics.record if settings.metrics else None,
        naming=headers_of,
        drain=drain,
    )
    hosts = Middleware(Hosts, allowed=settings.allowed_hosts, open=PATHS)
    return [envelope, *([hosts] if settings.allowed_hosts else []), *_cors(settings)]


def _limits(settings: Settings) -> Limits:
    return Limits(
        body_bytes=settings.max_body_bytes,
        source_length=settings.max_source_length,
        tokens=settings.max_tokens,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        root_fields=settings.max_root_fields,
        directives=settings.max_directives,
        nodes=settings.max_nodes,
        cost=settings.max_cost,
        query_seconds=settings.query_timeout,
        mutation_seconds=settings.mutation_timeout,
        upload_bytes=settings.max_upload_bytes,
        lasting_seconds=settings.import_timeout,
    )


def _open_context(identity: Identity, settings: Settings) -> OpenContext:
    allowed = {origin.encode() for origin in settings.allowed_origins}

    def open_context(request: Request) -> AbstractAsyncContextManager[Context]:
        headers = request.scope["headers"]
        token = credential(headers)
        if token is not None:
            refuse_foreign(headers, allowed)
        return identity.open(token, settled=False, key=idempotency.given(headers))

    return open_context


def _sockets(
    operations: Operations, identity: Identity, settings: Settings, places: Places, trust: Trust
) -> GraphQLOverWebSocket:
    allowed = {origin.encode() for origin in settings.allowed_origins}

    async def admit(headers: Headers, payload: Mapping[str, Any] | None) -> str:
        token = credential_of(headers, payload, allowed)
        await identity.viewer(token)
        return token

    def open_context(token: str) -> AbstractAsyncContextManager[Context]:
        return identity.open(token, settled=False)

    return GraphQLOverWebSocket(operations, admit, open_context, places, trust)


def _execute(operations: Operations, open_context: OpenContext) -> Execute:
    """Runs a trusted document for a request, and notes in its scope who the caller is."""
    memos = Addresses()

    async def execute(
        request: Request, document: DocumentNode, name: str, variables: dict[str, object]
    ) -> ExecutionResult:
        async with open_context(request) as context:
            request.scope[CALLER] = context.viewer.user_id
            work = operations.execute_trusted(
                document,
                context=context,
                variables=variables,
                operation_name=name,
                memo=memos.memo(request.scope),
            )
            result = await while_connected(request.receive, work)
            operations.entrance.tell(request.scope, context)
            return result

    return execute


def _rest(  # noqa: PLR0917 - what the facade needs of the service around it
    operations: Operations,
    documented: Mapping[str, Operation],
    open_context: OpenContext,
    execute: Execute,
    ledger: Ledger,
    settings: Settings,
) -> PathTable:
    async def admit(request: Request) -> None:
        async with open_context(request) as context:
            request.scope[CALLER] = context.viewer.identified()

    def observe(request: Request, endpoint: Endpoint, status: int) -> None:
        scope = request.scope
        agent = header(scope, b"user-agent") or b""
        ledger.note(endpoint.operation, scope.get(CALLER), agent, status)

    return table(
        schema._schema,  # noqa: SLF001
        execute,
        decode,
        encode,
        admit,
        tell=idempotency.told,
        prepare=operations.prepare,
        largest_upload=settings.max_upload_bytes,
        named=settings.rest_map,
        operations=documented,
        deprecations=read_file(settings.deprecations),
        observe=observe if settings.rest_ledger else unobserved,
    )


def _ledger_page(execute: Execute, settings: Settings) -> list[BaseRoute]:
    if not settings.rest_ledger:
        return []
    return [Route("/rest-ledger", ledger_page(schema._schema, execute))]  # noqa: SLF001


def _limited(rest: PathTable, settings: Settings) -> BodyLimit:
    """The documented paths; some of them may be sent files."""
    larger = dict.fromkeys(UPLOAD_PATHS, settings.max_upload_bytes)
    return BodyLimit(rest, settings.max_body_bytes, larger, naming=headers_of)


def _pools(store: Store, outside: Outside) -> metrics.Pools:
    def pools() -> Mapping[str, Occupancy]:
        return {**store.pools(), "workers": outside.intake.workers.occupancy()}

    return pools


def _routes(
    documented: Mapping[str, Operation],
    settings: Settings,
    explorer: Explorer | None,
    pools: metrics.Pools,
) -> list[BaseRoute]:
    graph = schema._schema  # noqa: SLF001

    def described() -> bytes:
        return encode(openapi(graph, documented, named=settings.rest_map))

    async def counts(_: Request) -> Response:
        metrics.look(pools)
        text = await asyncio.to_thread(metrics.exposition)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return [
        *([Route("/metrics", counts)] if settings.metrics else []),
        *([Route(ASSETS, explorer.asset)] if explorer is not None else []),
        *(rest_map.routes(graph, documented, decode, encode) if settings.rest_map else []),
        *(docs_page.routes(described, docs_page.installed()) if settings.docs else []),
    ]


async def _unavailable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 503, {"Retry-After": "1"})


def _cors(settings: Settings) -> list[Middleware]:
    """Cross-origin calls from the named origins only; none are named by default."""
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "authorization",
                "content-type",
                "last-event-id",
                "idempotency-key",
                "if-match",
            ],
            expose_headers=[
                "deprecation",
                "etag",
                "idempotency-replayed",
                "link",
                "sunset",
                "x-graphql-operation",
            ],
            allow_credentials=True,
        )
    ]
