"""The service as an ASGI application: Starlette, with short ways to what is asked most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

#: Whether a request is for an endpoint; it may add to the scope what that needs.
Meant = Callable[[Scope], bool]


def at(path: str) -> Meant:
    """Whether a request is for exactly that path."""
    return lambda scope: bool(scope["path"] == path)


class Service(Starlette):
    """Starlette, but for some endpoints, whose requests are not looked up among the routes.

    The first of `ways` that is meant is inside the same `layers` as all others, and nothing else:
    it makes its own answers of what goes wrong, and limits what it reads. `middleware` is between
    the layers and the other endpoints. `sockets` are the endpoints of WebSockets, by their paths.
    """

    def __init__(
        self,
        ways: Sequence[tuple[Meant, ASGIApp]],
        *,
        layers: Sequence[Middleware],
        middleware: Sequence[Middleware] = (),
        sockets: Mapping[str, ASGIApp] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(middleware=[*layers, *middleware], **options)
        self._ways = [(meant, _inside(layers, endpoint)) for meant, endpoint in ways]
        self._sockets = sockets or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for meant, endpoint in self._ways:
                if meant(scope):
                    await endpoint(scope, receive, send)
                    return
        elif scope["type"] == "websocket" and scope["path"] in self._sockets:
            await self._sockets[scope["path"]](scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def _inside(layers: Sequence[Middleware], endpoint: ASGIApp) -> ASGIApp:
    for layer in reversed(layers):
        endpoint = layer.cls(endpoint, *layer.args, **layer.kwargs)
    return endpoint
