"""Traces: a request, its operation, its statements; only where they are wanted, and no values."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.testing import LogCapture

from app import spans, tracing
from app.settings import SettingsError
from app.spans import Spans
from tests.service import Service, opened

CANARY = "c4nary"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MAKE = """mutation($input: CreateConnectionInput!) {
  createConnection(input: $input) { connection { id } }
}"""
SEARCH = f'query {CANARY} {{ {CANARY}: organizations(search: "{CANARY}") {{ totalCount }} }}'
STATEMENTS = {"SELECT", "INSERT", "UPDATE", "WITH"}


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    made = Spans(provider.get_tracer("test"))
    monkeypatch.setattr(tracing, "asked", lambda _: made)
    yield exporter
    provider.shutdown()


@pytest.fixture
async def traced(
    finished: InMemorySpanExporter, database_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Service, InMemorySpanExporter]]:
    async with opened("graphql", database_url, tmp_path) as service:
        await ask(service, "{ organizations { totalCount } }")
        finished.clear()
        yield service, finished


async def ask(service: Service, query: str, **variables: Any) -> Any:
    headers = {"Authorization": f"Bearer {service.token('ann')}", "traceparent": CALLER}
    body = {"query": query, "variables": variables}
    return await service.client.post("/graphql", json=body, headers=headers)


def tree(spans_: tuple[ReadableSpan, ...]) -> dict[str, list[str]]:
    """The names of the spans under each."""
    names = {span.context.span_id: span.name for span in spans_ if span.context}
    found: dict[str, list[str]] = {name: [] for name in names.values()}
    for span in spans_:
        parent = names.get(span.parent.span_id) if span.parent else None
        if parent is not None:
            found[parent].append(span.name)
    return found


async def test_a_request_has_an_operation_which_has_statements(
    traced: tuple[Service, InMemorySpanExporter],
) -> None:
    service, exporter = traced
    await ask(service, "{ organizations { totalCount } }")
    seen = exporter.get_finished_spans()
    found = tree(seen)
    assert "operation organizations" in found["POST"]
    assert found["operation organizations"].count("SELECT") == 1
    by_name = {span.name: span for span in seen}
    operation, request = by_name["operation organizations"], by_name["POST"]
    assert dict(operation.attributes or {}) == {
        "graphql.operation.name": "organizations",
        "meshgraph.executor": "compiled",
        "meshgraph.statements": (operation.attributes or {})["meshgraph.statements"],
    }
    assert (request.attributes or {})["http.response.status_code"] == 200
    assert request.parent is not None
    assert f"{request.parent.trace_id:032x}" == CALLER.split("-")[1]


async def test_every_statement_is_a_span(traced: tuple[Service, InMemorySpanExporter]) -> None:
    service, exporter = traced
    roles = "{ organizations { items { teams { items { users { items { roleNames } } } } } } }"
    for query, variables in ((roles, {}), (MAKE, {"input": connection()})):
        exporter.clear()
        answer = await ask(service, query, **variables)
        assert "errors" not in answer.json()
        kinds = [span.name for span in exporter.get_finished_spans() if span.name in STATEMENTS]
        assert len(kinds) == int(answer.headers["x-meshgraph-statements"])


def connection(**more: Any) -> dict[str, Any]:
    given = {"name": CANARY, "kind": CANARY, "type": "t", "subType": CANARY, "status": "DISCOVERED"}
    return {**given, "metadata": {CANARY: CANARY}, **more}


async def test_no_value_is_in_a_trace(traced: tuple[Service, InMemorySpanExporter]) -> None:
    service, exporter = traced
    headers = {"Authorization": f"Bearer {service.token('ann')}", "X-Canary": CANARY}
    secret = connection(credentialSecret={"token": CANARY})
    await ask(service, SEARCH)
    await ask(service, MAKE, input=secret)
    await ask(service, f"{{ {CANARY} }}")
    await service.client.get(f"/api/environments/{CANARY}?orgId={CANARY}", headers=headers)
    told = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "operation createConnection" in told
    assert CANARY not in told
    assert service.token("ann") not in told


async def test_a_failed_operation_has_its_code(
    traced: tuple[Service, InMemorySpanExporter],
) -> None:
    service, exporter = traced
    await service.client.get("/api/identity/orgs")
    seen = {span.name: span for span in exporter.get_finished_spans()}
    operation = seen["operation getOrgs"]
    assert (operation.attributes or {})["error.type"] == "UNAUTHENTICATED"
    assert operation.status.status_code is StatusCode.ERROR
    assert operation.events == ()
    assert seen["GET getOrgs"].status.status_code is StatusCode.UNSET


async def test_lines_of_the_log_name_the_trace(
    traced: tuple[Service, InMemorySpanExporter],
) -> None:
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    try:
        await ask(traced[0], "{ organizations { totalCount } }")
    finally:
        structlog.reset_defaults()
    (line,) = capture.entries
    assert line["trace_id"] == CALLER.split("-")[1]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        {"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"},
        {"OTEL_SERVICE_NAME": "meshgraph"},
    ],
)
def test_nothing_is_traced_unless_it_is_asked_for(environ: dict[str, str]) -> None:
    assert tracing.asked(environ) is None


def test_without_the_extra_there_is_a_line_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "PACKAGES", ("absent.at_all",))
    with structlog.testing.capture_logs() as lines:
        assert tracing.asked({"OTEL_TRACES_EXPORTER": "console"}) is None
    assert [line["event"] for line in lines] == ["no_traces"]


def test_an_exporter_that_is_not_known_is_refused() -> None:
    with pytest.raises(SettingsError, match="OTEL_TRACES_EXPORTER must be otlp or console"):
        spans.configured({"OTEL_TRACES_EXPORTER": "zipkin"})


def test_the_packages_are_not_imported_unless_asked_for() -> None:
    code = "import sys, app.main; print([n for n in sys.modules if n.startswith('opentelemetry')])"
    environ = {"PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert found.stdout.strip() == "[]"
