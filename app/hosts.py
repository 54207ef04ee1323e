"""Which values of `Host` are answered: a name that is not ours is a mistake or a trick."""

from __future__ import annotations

from collections.abc import Collection

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Hosts:
    """Refuses requests for other hosts than `allowed`, but for the paths that are `open`.

    Probes come by address, whatever the name of the service is.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str], open: Collection[str]) -> None:  # noqa: A002
        self.app = app
        self.allowed = {name.encode() for name in allowed}
        self.open = frozenset(open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or self._is_ours(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("No such host is served here.", 421)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _is_ours(self, scope: Scope) -> bool:
        given = [value.lower() for name, value in scope["headers"] if name == b"host"]
        return scope["path"] in self.open or (len(given) == 1 and given[0] in self.allowed)
