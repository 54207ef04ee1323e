"""Documents that are asked for by their ids and hashes, and those that are refused."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from structlog.testing import LogCapture

from app import trust
from app.errors import BadInput
from app.library import Document
from app.media_types import GRAPHQL, JSON
from app.parameters import Parameters, checked
from app.trust import Trust
from tests.doors import OPERATIONS, body_of
from tests.service import Service, opened
from tests.stores import sqlite_copy

NAMES = "query Names { organizations { items { name } } }"
OTHER = "{ organizations { totalCount } }"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def persisted(text: str, **given: Any) -> dict[str, Any]:
    """A request of Apollo's clients: the hash, and the text where it is given as well."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}, **given}


def served(
    database_url: str, folder: Path, mode: str, *, public_graph: bool = False
) -> AbstractAsyncContextManager[Service]:
    return opened(
        "graphql",
        database_url,
        folder,
        MESHGRAPH_PUBLIC_GRAPH=str(public_graph),
        MESHGRAPH_TRUSTED_DOCUMENTS=mode,
        MESHGRAPH_DOCUMENTS_DIR=str(folder),
    )


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """On one engine: documents are found before any is asked."""
    return sqlite_copy(sqlite_template, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "names.graphql").write_text(NAMES + "\n")
    (tmp_path / "change.graphql").write_text(
        "mutation Make($input: CreateConnectionInput!) "
        "{ createConnection(input: $input) { connection { id } } }"
    )
    return tmp_path


async def asked(
    service: Service, person: str | None, body: dict[str, Any], accept: str = JSON
) -> httpx2.Response:
    headers = {"accept": accept}
    if person:
        headers["authorization"] = f"Bearer {service.token(person)}"
    return await service.client.post("/graphql", json=body, headers=headers)


def code(answer: httpx2.Response) -> str | None:
    """The code of the only error; None for an answer without errors."""
    body = answer.json()
    if "errors" not in body:
        return None
    (error,) = body["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize("mode", ["off", "log", "enforce"])
async def test_trusted_documents_are_executed_however_they_are_named(
    database_url: str, folder: Path, mode: str
) -> None:
    texts = {"documentId": f"sha256:{hash_of(NAMES)}"}
    requests: list[dict[str, Any]] = [
        texts,
        {"documentId": "names"},
        {"documentId": f"sha256:{hash_of(NAMES + chr(10))}"},
        {"query": NAMES},
        persisted(NAMES),
        persisted(NAMES, query=NAMES),
        {"query": NAMES, "operationName": "Names"},
    ]
    async with served(database_url, folder, mode) as service:
        for _ in range(2):  # bodies that came before go another way
            for body in requests:
                answer = await asked(service, "ann", body)
                assert answer.json()["data"]["organizations"]["items"] == [{"name": "Acme"}], body
        got = await service.client.get(
            "/graphql",
            params={"documentId": "names"},
            headers={"authorization": f"Bearer {service.token('ann')}", "accept": "text/html, */*"},
        )
        assert got.json()["data"]


async def test_our_own_operations_are_known_by_their_names(database_url: str, folder: Path) -> None:
    async with served(database_url, folder, "enforce") as service:
        body = {"documentId": "getOrg", "variables": {"orgId": service.world["acme"]}}
        answer = await asked(service, "ann", body)
        found = body_of(OPERATIONS["getOrg"], answer.json()["data"])
        rest = await service.client.get(
            f"/api/identity/orgs/{service.world['acme']}",
            headers={"authorization": f"Bearer {service.token('ann')}"},
        )
        assert [each["id"] for each in found["organizations"]] == [service.world["acme"]]
        assert rest.json()["organizations"][0]["id"] == service.world["acme"]


REFUSED = [
    ("off", {"documentId": "unknown"}, "DOCUMENT_NOT_FOUND"),
    ("off", persisted(OTHER), "PERSISTED_QUERY_NOT_FOUND"),
    ("log", persisted(OTHER), "PERSISTED_QUERY_NOT_FOUND"),
    ("enforce", {"documentId": f"sha256:{hash_of(OTHER)}"}, "DOCUMENT_NOT_FOUND"),
    ("enforce", {"query": OTHER}, "DOCUMENT_NOT_TRUSTED"),
    ("enforce", {"query": NAMES + " "}, "DOCUMENT_NOT_TRUSTED"),
    ("enforce", {"query": "{ __schema { description } }"}, "DOCUMENT_NOT_TRUSTED"),
    ("enforce", {"query": OTHER, "operationName": "getOrgs"}, "DOCUMENT_NOT_TRUSTED"),
    ("enforce", persisted(OTHER, query=OTHER), "DOCUMENT_NOT_TRUSTED"),
    ("enforce", persisted(OTHER), "PERSISTED_QUERY_NOT_SUPPORTED"),
    ("off", persisted(NAMES, query=OTHER), "BAD_USER_INPUT"),
]


@pytest.mark.parametrize(("mode", "body", "refusal"), REFUSED)
async def test_what_is_not_found_or_not_trusted_has_a_code(
    database_url: str, folder: Path, mode: str, body: dict[str, Any], refusal: str
) -> None:
    async with served(database_url, folder, mode) as service:
        for _ in range(2):
            answer = await asked(service, "ann", body)
            assert (code(answer), answer.status_code) == (refusal, 200)
        assert "data" not in answer.json()
        assert (await asked(service, "ann", body, GRAPHQL)).status_code == 400


async def test_apollo_s_clients_find_what_they_know(database_url: str, folder: Path) -> None:
    async with served(database_url, folder, "off") as service:
        missing = (await asked(service, "ann", persisted(OTHER))).json()["errors"][0]
        assert missing["message"] == "PersistedQueryNotFound"
        assert code(await asked(service, "ann", persisted(OTHER, query=OTHER))) is None
        answer = await asked(service, "ann", persisted(OTHER))
        assert answer.json() == {"data": {"organizations": {"totalCount": 1}}}
        got = await service.client.get(
            "/graphql",
            params={"extensions": json.dumps(persisted(OTHER)["extensions"])},
            headers={"authorization": f"Bearer {service.token('ann')}"},
        )
        assert got.json() == answer.json()


async def test_who_is_not_known_shares_no_persisted_queries_with_who_is(
    database_url: str, folder: Path
) -> None:
    text = "{ publicUsers { totalCount } }"
    async with served(database_url, folder, "off", public_graph=True) as service:
        for first, second in ((None, "ann"), ("ann", None)):
            document = text + "#" * len(first or "")
            await asked(service, first, persisted(document, query=document))
            assert code(await asked(service, first, persisted(document))) is None
            refused = await asked(service, second, persisted(document))
            assert code(refused) == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_mutation_is_not_sent_with_get_whatever_names_it(
    database_url: str, folder: Path
) -> None:
    async with served(database_url, folder, "enforce", public_graph=True) as service:
        answer = await service.client.get("/graphql", params={"documentId": "change"})
        assert answer.status_code == 405


async def test_log_tells_of_each_document_once(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "MOST_TOLD", 3)
    capture = LogCapture()
    structlog.configure(processors=[capture])
    try:
        async with served(database_url, folder, "log") as service:
            for number in (0, 0, 1, 2, 3, 4, 1):
                text = OTHER + "#" * number
                for body in ({"query": text}, persisted(text, query=text), persisted(text)):
                    assert code(await asked(service, "ann", body)) is None
            await asked(service, "ann", {"query": NAMES})
    finally:
        structlog.reset_defaults()
    told = [line for line in capture.entries if line["event"] == "document_not_trusted"]
    assert [line["document"] for line in told] == [
        f"sha256:{hash_of(OTHER + '#' * number)}" for number in range(3)
    ]
    assert [line.get("last") for line in told] == [None, None, True]
    assert "organizations" not in str(told)


def test_persisted_queries_have_their_room_and_no_more() -> None:
    admitted = Trust(characters=100)

    def ask(text: str, *, whole: bool) -> str:
        given = Parameters(text if whole else None, None, None, sha256=hash_of(text))
        return admitted.source(given, known=True)

    first, second, third = "a" * 40, "b" * 40, "c" * 40
    ask(first, whole=True)
    ask(second, whole=True)
    assert ask(first, whole=False) == first
    ask(third, whole=True)
    assert ask(first, whole=False) == first
    with pytest.raises(BadInput, match="PersistedQueryNotFound"):
        ask(second, whole=False)
    ask("d" * 101, whole=True)
    with pytest.raises(BadInput, match="PersistedQueryNotFound"):
        ask("d" * 101, whole=False)


def test_the_first_document_of_a_name_is_the_one_that_is_found() -> None:
    admitted = Trust(documents=[Document("a", "{ a }"), Document("a", "{ b }")])
    assert admitted.source(Parameters(None, None, None, "a"), known=False) == "{ a }"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "query: the text of a GraphQL document is required."),
        ({"query": 5, "documentId": "a"}, "query: the text of a GraphQL document is required."),
        ({"documentId": 5}, "documentId: a text or null is required."),
        ({"documentId": "a", "query": "b"}, "documentId: send this, or the query, or its hash."),
        (
            {"documentId": "a", **persisted("b")},
            "documentId: send this, or the query, or its hash.",
        ),
        (
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "A" * 64}}},
            "extensions.persistedQuery: sha256Hash is 64 hexadecimal digits.",
        ),
        (
            {"extensions": {"persistedQuery": 5}},
            "extensions.persistedQuery: sha256Hash is 64 hexadecimal digits.",
        ),
        (
            {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a" * 64}}},
            "extensions.persistedQuery: version 1 is supported.",
        ),
    ],
)
def test_how_a_document_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as told:
        checked(given)
    assert told.value.message == message
