"""What holds for requests holds for streams and sockets: trust, counts, and lines of the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from app import metrics
from tests.app.test_graphql_over_websocket import ACK, connected
from tests.app.test_metrics import REQUESTS, counts, total
from tests.service import Service, opened
from tests.stores import sqlite_copy

NAMES = "query Names { organizations { items { name } } }"
OTHER = "{ organizations { totalCount } }"
FOLLOW = "subscription { events { id } }"

#: What is asked, and the code of what it is refused with; None where it is executed.
ASKED = [
    ({"query": NAMES}, None),
    ({"documentId": "names"}, None),
    ({"documentId": "getOrgs"}, None),
    ({"query": OTHER}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": FOLLOW}, "DOCUMENT_NOT_TRUSTED"),
    ({"documentId": "absent"}, "DOCUMENT_NOT_FOUND"),
]


@pytest.fixture
async def served(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Service]:
    (tmp_path / "names.graphql").write_text(NAMES)
    async with opened(
        "graphql",
        sqlite_copy(sqlite_template, tmp_path),
        tmp_path,
        MESHGRAPH_TRUSTED_DOCUMENTS="enforce",
        MESHGRAPH_DOCUMENTS_DIR=str(tmp_path),
        MESHGRAPH_METRICS="true",
    ) as service:
        yield service


async def over_socket(service: Service, asked: dict[str, Any]) -> dict[str, Any]:
    """The first message that is the answer."""
    authorization = {"Authorization": f"Bearer {service.token('ann')}"}
    async with connected(to=service.application) as client:  # type: ignore[arg-type]
        client.say({"type": "connection_init", "payload": authorization})
        assert await client.hear() == ACK
        client.say({"type": "subscribe", "id": "1", "payload": asked})
        answer: dict[str, Any] = (await client.hear_until("complete", "error"))[0]
    return answer


@pytest.mark.parametrize(("asked", "code"), ASKED)
async def test_sockets_execute_what_is_trusted(
    served: Service, asked: dict[str, Any], code: str | None
) -> None:
    answer = await over_socket(served, asked)
    if code is None:
        assert answer["type"] == "next"
        assert "errors" not in answer["payload"]
    else:
        assert answer["type"] == "error"
        assert answer["payload"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(("asked", "code"), ASKED)
async def test_streams_execute_what_is_trusted(
    served: Service, asked: dict[str, Any], code: str | None
) -> None:
    headers = {"authorization": f"Bearer {served.token('ann')}", "accept": "text/event-stream"}
    answer = await served.client.post("/graphql", json=asked, headers=headers)
    assert ("errors" in answer.text) == (code is not None)
    assert code is None or code in answer.text


async def test_operations_of_sockets_are_counted_and_told(served: Service) -> None:
    def counted(operation: str, **labels: str) -> float:
        found = counts(metrics.exposition().decode())
        return total(found, REQUESTS, operation=operation, status="101", **labels)

    before = counted("Names", executor="compiled", outcome="ok"), counted("other")
    capture = LogCapture()
    structlog.configure(processors=[capture])
    try:
        await over_socket(served, {"documentId": "names"})
        await over_socket(served, {"query": OTHER})
    finally:
        structlog.reset_defaults()
    after = counted("Names", executor="compiled", outcome="ok"), counted("other")
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1]
    told, refused = [line for line in capture.entries if line["event"] == "operation"]
    assert (told["operation"], told["executor"]) == ("Names", "compiled")
    assert told["statements"] >= 1
    assert told["user"] is not None
    assert "operation" not in refused
    assert "organizations" not in str(refused)
