"""The documented REST paths, and what is noted of the calls to them."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import DocumentNode, ExecutionResult
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from app import idempotency
from app.assembly.callers import OpenContext
from app.disconnects import while_connected
from app.middleware import BodyLimit, header
from app.operations import Operations
from app.parameters import Addresses
from app.rest_ledger import Ledger
from app.settings import Settings
from app.strict_json import decode, encode
from rest_compat.deprecations import read_file
from rest_compat.documents import Operation
from rest_compat.endpoints import UPLOAD_PATHS, Endpoint
from rest_compat.facade import Execute, headers_of, table, unobserved
from rest_compat.ledger_page import ledger_page
from rest_compat.routing import PathTable
from schema import schema

#: Where the scope of a request has the id of the caller, once that is known.
CALLER = "meshgraph.caller"


def execute_of(operations: Operations, open_context: OpenContext) -> Execute:
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


def rest_of(  # noqa: PLR0917 - what the facade needs of the service around it
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
        prepare=operations.examination.prepare,
        largest_upload=settings.max_upload_bytes,
        named=settings.rest_map,
        operations=documented,
        deprecations=read_file(settings.deprecations),
        observe=observe if settings.rest_ledger else unobserved,
    )


def limited(rest: PathTable, settings: Settings) -> BodyLimit:
    """The documented paths; some of them may be sent files."""
    larger = dict.fromkeys(UPLOAD_PATHS, settings.max_upload_bytes)
    return BodyLimit(rest, settings.max_body_bytes, larger, naming=headers_of)


def ledger_routes(execute: Execute, settings: Settings) -> list[BaseRoute]:
    if not settings.rest_ledger:
        return []
    return [Route("/rest-ledger", ledger_page(schema._schema, execute))]  # noqa: SLF001
