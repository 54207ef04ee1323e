"""Whether traces are wanted. The packages of OpenTelemetry are an extra, and loaded only then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import structlog
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from app.db.engine import Store
from app.operations import Operations

EXPORTER = "OTEL_TRACES_EXPORTER"
#: Variables of OpenTelemetry that say where traces go.
PLACES = (EXPORTER, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PACKAGES = ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter")

log = structlog.get_logger()


class Tracing(Protocol):
    """Spans of requests, of their operations, and of the statements of those."""

    def request(self, app: ASGIApp) -> ASGIApp: ...
    @property
    def operations(self) -> Callable[..., Operations]: ...
    def watch(self, store: Store) -> None: ...


def asked(environ: Mapping[str, str]) -> Tracing | None:
    """What makes traces, where the environment says where they go and the extra is installed."""
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or environ.get(EXPORTER) == "none" or not any(environ.get(each) for each in PLACES):
        return None
    if not _installed():
        log.warning("no_traces", reason="Install meshgraph[otel], or unset the OTEL variables.")
        return None
    tracing: Tracing = import_module("app.spans").configured(environ)
    return tracing


def layers(tracing: Tracing | None) -> list[Middleware]:
    """The outermost layer of the service, where there are traces."""
    return [] if tracing is None else [Middleware(tracing.request)]


def _installed() -> bool:
    try:
        return all(find_spec(each) is not None for each in PACKAGES)
    except ModuleNotFoundError:
        return False
