"""The service as an ASGI application: Starlette, with a short way to the busiest endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send


class Service(Starlette):
    """Starlette, but for one path, whose requests are not looked up among the routes.

    The endpoint at `path` is inside the same `layers` as all others, and nothing else: it makes
    its own answers of what goes wrong, and limits what it reads. `middleware` is between the
    layers and the other endpoints.
    """

    def __init__(
        self,
        path: str,
        endpoint: ASGIApp,
        *,
        layers: Sequence[Middleware],
        middleware: Sequence[Middleware] = (),
        **options: Any,
    ) -> None:
        super().__init__(middleware=[*layers, *middleware], **options)
        self._path = path
        self._direct = endpoint
        for layer in reversed(layers):
            self._direct = layer.cls(self._direct, *layer.args, **layer.kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path:
            await self._direct(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
