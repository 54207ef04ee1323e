"""Who asks: how a caller becomes known, to a request and to a WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.types import Scope

from app import idempotency, metrics
from app.auth import Authenticator, credential
from app.broker import Broker
from app.connection_init import credential_of
from app.db.engine import Store
from app.enforcement import Mode
from app.errors import Unproven
from app.graphql_over_websocket import GraphQLOverWebSocket
from app.guesses import Guesses
from app.logs import REQUESTS
from app.operations import Operations
from app.origins import refuse_foreign
from app.outside import Outside
from app.places import Places
from app.settings import Settings
from app.trust import Trust
from app.vault import Vault
from resolvers.context import Context
from resolvers.identity import Identity

OpenContext = Callable[[Request], AbstractAsyncContextManager[Context]]


def identity_of(settings: Settings, store: Store, outside: Outside, broker: Broker) -> Identity:
    return Identity(
        store,
        Vault.from_file(settings.vault_keys_file),
        Authenticator.from_settings(settings),
        provision=settings.unknown_users == "provision",
        outside=outside,
        broker=broker,
        keys_last=timedelta(hours=settings.idempotency_hours),
    )


def guesses_of(settings: Settings) -> Guesses:
    return Guesses(settings.max_guesses, Mode(settings.guesses))


def opener_of(identity: Identity, settings: Settings, guesses: Guesses) -> OpenContext:
    allowed = {origin.encode() for origin in settings.allowed_origins}

    def open_context(request: Request) -> AbstractAsyncContextManager[Context]:
        headers = request.scope["headers"]
        judge = partial(guesses.judge, request.scope)
        try:
            token = credential(headers)
        except Unproven as refusal:
            raise judge(refusal) from None
        if token is not None:
            refuse_foreign(headers, allowed)
        return identity.open(token, settled=False, key=idempotency.given(headers), judge=judge)

    return open_context


def sockets_of(  # noqa: PLR0917 - what a socket needs of the service around it
    operations: Operations,
    identity: Identity,
    settings: Settings,
    places: Places,
    trust: Trust,
    guesses: Guesses,
) -> GraphQLOverWebSocket:
    allowed = {origin.encode() for origin in settings.allowed_origins}

    async def admit(scope: Scope, payload: Mapping[str, Any] | None) -> str:
        try:
            token = credential_of(scope["headers"], payload, allowed)
            await identity.viewer(token)
        except Unproven as refusal:
            raise guesses.judge(scope, refusal) from None
        return token

    def open_context(token: str) -> AbstractAsyncContextManager[Context]:
        return identity.open(token, settled=False)

    return GraphQLOverWebSocket(
        operations,
        admit,
        open_context,
        places,
        trust=trust,
        telling=REQUESTS[settings.log_requests],
        record=metrics.record if settings.metrics else None,
    )
