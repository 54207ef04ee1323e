"""What every request passes before it is answered: the envelope, the hosts, and CORS."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from app import metrics
from app.draining import Drain
from app.hosts import Hosts
from app.logs import REQUESTS
from app.middleware import Envelope
from app.readiness import PATHS
from app.settings import Settings
from rest_compat.facade import headers_of


def layers_of(settings: Settings, drain: Drain) -> list[Middleware]:
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
                "idempotency-key",
                "if-match",
                "last-event-id",
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
