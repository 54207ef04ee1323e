"""The paths beside the graph and REST: metrics, the explorer's files, the REST map, the docs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app import docs_page, metrics
from app.assembly.callers import OpenContext
from app.explorer.serving import ASSETS, Explorer
from app.settings import Settings
from app.strict_json import decode, encode
from rest_compat import rest_map
from rest_compat.documents import Operation
from rest_compat.openapi import openapi
from schema import schema


def pages_of(
    documented: Mapping[str, Operation],
    settings: Settings,
    explorer: Explorer | None,
    pools: metrics.Pools,
    open_context: OpenContext,
) -> list[BaseRoute]:
    graph = schema._schema  # noqa: SLF001

    def described() -> bytes:
        return encode(openapi(graph, documented, named=settings.rest_map))

    async def admit(request: Request) -> None:
        if not settings.public_graph:
            async with open_context(request) as context:
                context.viewer.identified()

    async def counts(_: Request) -> Response:
        metrics.look(pools)
        text = await asyncio.to_thread(metrics.exposition)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return [
        *([Route("/metrics", counts)] if settings.metrics else []),
        *([Route(ASSETS, explorer.asset)] if explorer is not None else []),
        *(rest_map.routes(graph, documented, decode, encode, admit) if settings.rest_map else []),
        *(docs_page.routes(described, docs_page.installed()) if settings.docs else []),
    ]


async def unavailable(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 503, {"Retry-After": "1"})
