"""What the service writes to standard error."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import orjson
import pytest
import structlog

from app import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_an_event_is_one_line_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written))
    logs.configure()
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(request_id="one"):
        log.info("request", path="/é\n", id=UUID(int=1), odd={1})
        log.debug("not told")
    (line,) = written.getvalue().splitlines()
    told = orjson.loads(line)
    assert datetime.fromisoformat(told.pop("timestamp")).tzinfo is not None
    assert told == {
        "event": "request",
        "level": "info",
        "request_id": "one",
        "path": "/é\n",
        "id": str(UUID(int=1)),
        "odd": "{1}",
    }


def test_a_terminal_shows_what_a_person_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    logs.configure()
    structlog.get_logger().warning("careful", path="/x")
    assert "careful" in shown.getvalue()
    assert "/x" in shown.getvalue()
    assert not shown.getvalue().startswith("{")


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("all", {"quick", "late", "refused", "failed", "left"}),
        ("slow", {"late", "failed"}),
        ("failed", {"failed"}),
        ("none", set()),
    ],
)
def test_which_requests_are_told_of(setting: str, told: set[str]) -> None:
    requests = {
        "quick": (200, 0.01),
        "late": (200, logs.SLOW),
        "refused": (400, 0.01),
        "failed": (500, 0.01),
        "left": (None, 0.01),
    }
    telling = logs.REQUESTS[setting]
    assert {name for name, request in requests.items() if telling(*request)} == told
