"""The composition root: settings become engines, the schema, routes, and one Starlette app."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from graphql import DocumentNode, ExecutionResult
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from strawberry.types import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from app import evaluation_work, logs
from app.auth import Authenticator, credential
from app.away import Away
from app.broker import Broker
from app.db.engine import Store
from app.disconnects import while_connected
from app.errors import Unavailable
from app.evaluator import Evaluator
from app.fetching.fetcher import Fetcher
from app.graphql_over_http import GraphQLOverHTTP
from app.importing import formats
from app.importing.executables import find
from app.intake import Intake
from app.limits import Limits
from app.logs import REQUESTS
from app.middleware import BodyLimit, Envelope
from app.operations import Operations
from app.origins import refuse_foreign
from app.outside import Outside
from app.parameters import Addresses
from app.service import Service, at
from app.settings import Settings
from app.strict_json import decode, encode
from app.vault import Vault
from app.workers import Workers
from resolvers.answers import Command
from resolvers.context import Context
from resolvers.executor import ColumnExecutor
from resolvers.identity import Identity
from resolvers.plan.planner import Planner
from rest_compat.endpoints import UPLOAD_PATHS
from rest_compat.facade import table
from rest_compat.routing import PathTable
from schema import schema

#: What worker processes begin with: the module that a server is started by, and their own work.
PRELOADED = ("app.cli", formats.__name__, evaluation_work.__name__)

#: Objects made between two collections of the young; of the young between two of the middle-aged;
#: and of those between two of all.
COLLECTED_AFTER = (5_000, 20, 20)

OpenContext = Callable[[Request], AbstractAsyncContextManager[Context]]


def create_app(settings: Settings | None = None, outside: Outside | None = None) -> Starlette:
    """The service as an ASGI application; without settings, as the environment says."""
    settings = settings or Settings.from_environ(os.environ)
    store = Store.open(settings.database_url)
    outside = outside or open_outside(settings)
    broker = Broker(store, settings.database_url)
    identity = Identity(
        store,
        Vault.from_file(settings.vault_keys_file),
        Authenticator.from_settings(settings),
        provision=settings.unknown_users == "provision",
        outside=outside,
        broker=broker,
    )
    open_context = _open_context(identity, settings)
    operations = _operations(settings, store)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await broker.close()
        await outside.close()
        await store.close()

    larger = dict.fromkeys(UPLOAD_PATHS, settings.max_upload_bytes)
    graphql = GraphQLOverHTTP(operations, open_context, explorer=settings.explorer)
    rest = _rest(operations, open_context, settings)
    application = Service(
        [(at("/graphql"), graphql), (rest.find, BodyLimit(rest, settings.max_body_bytes, larger))],
        layers=[Middleware(Envelope, telling=REQUESTS[settings.log_requests]), *_cors(settings)],
        middleware=[Middleware(BodyLimit, limit=settings.max_body_bytes)],
        routes=_routes(store, settings),
        exception_handlers={Unavailable: _unavailable},
        lifespan=lifespan,
    )
    # A path that ends in a slash is none that is documented, and a redirect is no answer.
    application.router.redirect_slashes = False
    application.state.store, application.state.broker = store, broker
    return application


def service() -> Starlette:
    """The application for a server process, whose log is set up as well."""
    logs.configure()
    application = create_app()
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


def _operations(settings: Settings, store: Store) -> Operations:
    return Operations(
        schema._schema,  # noqa: SLF001 - Strawberry offers the graphql-core schema in no other way
        _limits(settings),
        compiler=Planner(schema, store.dialect),
        introspection=settings.introspection,
        suggestions=settings.field_suggestions,
        executor=ColumnExecutor,
        lasting=_lasting(),
    )


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
        return identity.open(token, settled=False)

    return open_context


def _rest(operations: Operations, open_context: OpenContext, settings: Settings) -> PathTable:
    memos = Addresses()

    async def execute(
        request: Request, document: DocumentNode, name: str, variables: dict[str, object]
    ) -> ExecutionResult:
        async with open_context(request) as context:
            work = operations.execute_trusted(
                document,
                context=context,
                variables=variables,
                operation_name=name,
                memo=memos.memo(request.scope),
            )
            return await while_connected(request.receive, work)

    async def admit(request: Request) -> None:
        async with open_context(request) as context:
            context.viewer.identified()

    return table(
        schema._schema,  # noqa: SLF001
        execute,
        decode,
        encode,
        admit,
        prepare=operations.prepare,
        largest_upload=settings.max_upload_bytes,
    )


def _routes(store: Store, settings: Settings) -> list[BaseRoute]:
    async def ready(_: Request) -> Response:
        await store.ping()
        return PlainTextResponse("ready")

    return [
        Route("/healthz", _healthy),
        Route("/readyz", ready),
        *([Route("/metrics", _metrics)] if settings.metrics else []),
    ]


async def _unavailable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 503, {"Retry-After": "1"})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


def _cors(settings: Settings) -> list[Middleware]:
    """Cross-origin calls from the named origins only; none are named by default."""
    if not settings.allowed_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["authorization", "content-type"],
            allow_credentials=True,
        )
    ]
