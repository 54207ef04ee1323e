"""Traces by OpenTelemetry: a span for a request, for its operation, and for each statement.

No value of a caller, of a row or of an error is in them: names of ours, methods, statuses, codes,
counts, and the first word of a statement. Imported only where traces are wanted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from sqlalchemy import event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.db.direct import Direct
from app.db.engine import Store
from app.db.grouping import Group, Rows, Step
from app.figures import Figures, current
from app.occupancy import Occupancy
from app.operations import Operations
from app.settings import SettingsError
from app.tracing import EXPORTER

NAME = "meshgraph"
FAILED = 500

#: By the word that OTEL_TRACES_EXPORTER may have; OTLP goes over HTTP.
EXPORTERS: Mapping[str, Callable[[], SpanExporter]] = {
    "otlp": OTLPSpanExporter,
    "console": ConsoleSpanExporter,
}

Answer = TypeVar("Answer")


def configured(environ: Mapping[str, str]) -> Spans:
    """Spans that go where the variables of OpenTelemetry say; raises `SettingsError`.

    A provider that somebody has set, such as `opentelemetry-instrument`, is used as it is.
    """
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        word = environ.get(EXPORTER) or "otlp"
        if word not in EXPORTERS:
            raise SettingsError(f"{EXPORTER} must be {' or '.join(EXPORTERS)}.")
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(EXPORTERS[word]()))
        trace.set_tracer_provider(provider)
    return Spans(trace.get_tracer(NAME))


@dataclass(frozen=True)
class Spans:
    """`app.tracing.Tracing` of a tracer."""

    tracer: Tracer

    def request(self, app: ASGIApp) -> ASGIApp:
        return TracedRequests(app, self.tracer)

    @property
    def operations(self) -> Callable[..., Operations]:
        return partial(TracedOperations, tracer=self.tracer)

    def watch(self, store: Store) -> None:
        """Have every statement of a store be a span."""
        statements = Statements(self.tracer, store.dialect)
        store.direct = TracedDirect(store.direct, statements)
        if store.group is not None:
            group = store.group
            store.group = TracedGroup(group.path, group.pragmas, group.turn, statements=statements)
        for engine in store.engines:
            statements.listen(engine.sync_engine)


class TracedRequests:
    """The span of each request, under that of the caller where the headers tell of one."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app = app
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]}
        with self.tracer.start_as_current_span(
            scope["method"],
            context=propagate.extract(headers),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": scope["method"]},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            identity = f"{span.get_span_context().trace_id:032x}"
            with structlog.contextvars.bound_contextvars(trace_id=identity):
                await self.app(scope, receive, _watched(send, span))
            if (operation := scope.get("operation")) is not None:
                span.update_name(f"{scope['method']} {operation}")


def _watched(send: Send, span: Span) -> Send:
    async def watch(message: Message) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            span.set_attribute("http.response.status_code", status)
            if status >= FAILED:
                span.set_status(Status(StatusCode.ERROR))
        await send(message)

    return watch


class TracedOperations(Operations):
    """The span of each operation."""

    def __init__(self, *args: Any, tracer: Tracer, **options: Any) -> None:
        super().__init__(*args, **options)
        self._tracer = tracer

    async def execute(self, *args: Any, **options: Any) -> Any:
        return await self._traced(super().execute(*args, **options))

    async def execute_trusted(self, *args: Any, **options: Any) -> Any:
        return await self._traced(super().execute_trusted(*args, **options))

    async def _traced(self, work: Awaitable[Answer]) -> Answer:
        with self._tracer.start_as_current_span(
            "operation", record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                return await work
            finally:
                _describe(span, current())


def _describe(span: Span, figures: Figures) -> None:
    found = {
        "graphql.operation.name": figures.operation,
        "meshgraph.executor": figures.executor,
        "meshgraph.statements": figures.statements,
        "error.type": figures.outcome,
    }
    span.set_attributes({name: value for name, value in found.items() if value is not None})
    if figures.operation is not None:
        span.update_name(f"operation {figures.operation}")
    if figures.outcome is not None:
        span.set_status(Status(StatusCode.ERROR))


@dataclass(frozen=True)
class Statements:
    """The spans of statements: straight to the driver, and those that SQLAlchemy sends."""

    tracer: Tracer
    system: str

    def begin(self, sql: str) -> Span:
        verb = sql.split(None, 1)[0].upper()
        told = {"db.system.name": self.system, "db.operation.name": verb}
        return self.tracer.start_span(verb, kind=SpanKind.CLIENT, attributes=told)

    @contextmanager
    def around(self, *statements: str) -> Iterator[None]:
        """Spans of statements that are sent together."""
        spans = [self.begin(sql) for sql in statements]
        try:
            yield
        except BaseException:
            for span in spans:
                span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            for span in spans:
                span.end()

    def listen(self, engine: Any) -> None:
        """What SQLAlchemy tells: connection, cursor, statement, parameters, context, many."""

        @event.listens_for(engine, "before_cursor_execute")
        def before(*told: Any) -> None:
            told[4].meshgraph_span = self.begin(told[2])

        @event.listens_for(engine, "after_cursor_execute")
        def after(*told: Any) -> None:
            told[4].meshgraph_span.end()

        @event.listens_for(engine, "handle_error")
        def failed(error: Any) -> None:
            span = getattr(error.execution_context, "meshgraph_span", None)
            if span is not None and span.is_recording():
                span.set_status(Status(StatusCode.ERROR))
                span.end()


@dataclass
class TracedDirect:
    """`Direct` with spans."""

    inner: Direct
    statements: Statements

    async def fetch(
        self, sql: str, parameters: Sequence[Any], *, patient: bool = False
    ) -> Sequence[Any]:
        with self.statements.around(sql):
            return await self.inner.fetch(sql, parameters, patient=patient)

    async def row(self, sql: str, parameters: Sequence[Any], *, patient: bool = False) -> Any:
        with self.statements.around(sql):
            return await self.inner.row(sql, parameters, patient=patient)

    def occupancy(self) -> Occupancy:
        return self.inner.occupancy()

    async def close(self) -> None:
        await self.inner.close()


class TracedGroup(Group):
    """`Group` with spans."""

    def __init__(self, *args: Any, statements: Statements) -> None:
        super().__init__(*args)
        self._statements = statements

    async def run(self, steps: Sequence[Step]) -> Rows:
        with self._statements.around(*(sql for sql, _ in steps)):
            return await super().run(steps)
