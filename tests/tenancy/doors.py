"""The four doors that ids come in by, and what is answered there."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx2
from graphql import ExecutionResult

from app.assembly.callers import identity_of
from app.assembly.holdings import open_outside
from app.assembly.operations import operations_of
from app.away import Here
from app.compiling import Executed
from app.db.engine import Store
from app.errors import Problem
from app.local_tokens import issue, local_secret
from app.main import create_app
from app.media_types import GRAPHQL
from app.operations import Operations
from app.settings import Settings
from app.strict_json import encode
from app.vault import Vault
from resolvers.executor import ColumnExecutor
from resolvers.identity import Identity
from schema import schema
from tests.tenancy.values import Question
from tests.tenancy.world import build, subject_of

SCHEMA = schema._schema
#: What differs from one answer to the next, whatever is asked.
PASSING = {"x-request-id", "date"}
#: Operations that ask for everything are long, and nothing is to be counted that changes answers.
WIDE = {
    "MESHGRAPH_MAX_TOKENS": "20000",
    "MESHGRAPH_MAX_SOURCE_LENGTH": "1000000",
    "MESHGRAPH_MAX_ALIASES": "1000",
    "MESHGRAPH_MAX_NODES": "1000000",
    "MESHGRAPH_MAX_COST": "1000000",
    "MESHGRAPH_BUDGET": "off",
    "MESHGRAPH_LOG_REQUESTS": "none",
}
ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")

#: The header that tells who executed an operation.
EXECUTOR = "x-meshgraph-executor"


@dataclass(frozen=True)
class Answer:
    """What a caller is told. `good` says that it is no refusal."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    good: bool

    @property
    def planned(self) -> bool:
        return (EXECUTOR, "compiled") in self.headers

    def about(self, question: Question) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """The same for any id in question."""
        return self.status, self.headers, self.body.replace(question.text.encode(), b"ID")

    def plain(self) -> bytes:
        """The body, and what is encoded in it: cursors and files."""
        found = (each[0] for each in ENCODED.finditer(self.body))
        return b"\n".join([self.body, *map(_decoded, found)])


def _decoded(text: bytes) -> bytes:
    padded = text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4)
    try:
        return base64.urlsafe_b64decode(padded)
    except ValueError:
        return b""


class Door(Protocol):
    async def ask(self, caller: str | None, question: Question) -> Answer: ...


@dataclass(frozen=True)
class InProcess:
    """Operations without HTTP; `tokens` are those of the callers."""

    identity: Identity
    operations: Operations
    tokens: Mapping[str | None, str | None]

    async def ask(self, caller: str | None, question: Question) -> Answer:
        try:
            async with self.identity.open(self.tokens[caller]) as context:
                result = await self.operations.execute(
                    question.source, context=context, variables=question.variables
                )
        except Problem as problem:
            return _problem(problem)
        return _told(result)

    @asynccontextmanager
    async def following(
        self, caller: str | None, question: Question
    ) -> AsyncIterator[Answer | AsyncIterator[Answer]]:
        """The answer to a subscription, or those that come one after the other."""
        try:
            async with self.identity.open(self.tokens[caller]) as context:
                outcome = await self.operations.subscribe(
                    question.source, context=context, variables=question.variables
                )
                if isinstance(outcome, ExecutionResult):
                    yield _told(outcome)
                    return
                async with aclosing(outcome):
                    yield _each(outcome)
        except Problem as problem:
            yield _problem(problem)


async def _each(results: AsyncIterator[ExecutionResult]) -> AsyncIterator[Answer]:
    """The answers as they come; the last is the problem that ends them."""
    try:
        async for each in results:
            yield _told(each)
    except Problem as problem:
        yield _problem(problem)


def _told(result: ExecutionResult) -> Answer:
    body = encode({**result.formatted})
    left = result.left if isinstance(result, Executed) else "not planned"
    return Answer(0, ((EXECUTOR, left or "compiled"),), body, not result.errors)


def _problem(problem: Problem) -> Answer:
    body = encode({"code": str(problem.code), "message": problem.message})
    return Answer(0, (), body, good=False)


@dataclass(frozen=True)
class OverHTTP:
    """Requests to `/graphql`, or to an endpoint."""

    client: httpx2.AsyncClient
    tokens: Mapping[str | None, str | None]

    async def ask(self, caller: str | None, question: Question) -> Answer:
        token = self.tokens[caller]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if question.source:
            headers["Accept"] = GRAPHQL
            message = {"query": question.source, "variables": question.variables}
            response = await self.client.post("/graphql", json=message, headers=headers)
            good = response.status_code == 200 and "errors" not in response.json()
            return _answer(response, good=good)
        response = await self.client.request(
            question.method, question.path, params=question.query, json=question.body,
            headers=headers,
        )  # fmt: skip
        return _answer(response, good=response.status_code < 400)


def _answer(response: httpx2.Response, *, good: bool) -> Answer:
    headers = sorted((k, v) for k, v in response.headers.items() if k not in PASSING)
    return Answer(response.status_code, tuple(headers), response.content, good)


INTERPRETER, COMPILER, GRAPHQL_OVER_HTTP, REST = "interpreter", "compiled", "GraphQL", "REST"


@dataclass(frozen=True)
class Place:
    """The world behind its four doors."""

    store: Store
    doors: Mapping[str, Door]
    identity: Identity
    tokens: Mapping[str | None, str | None] = field(default_factory=dict)

    @property
    def interpreter(self) -> InProcess:
        door = self.doors[INTERPRETER]
        assert isinstance(door, InProcess)
        return door


def tokens(secret: bytes, *others: str) -> dict[str | None, str | None]:
    """The token of each caller, and of others by their subjects."""
    named: dict[str | None, str | None] = {None: None}
    for caller in ("admin", "member", "nobody"):
        named[caller] = issue(secret, subject=str(subject_of(caller)))
    return named | {each: issue(secret, subject=each) for each in others}


@asynccontextmanager
async def opened(database_url: str, folder: Path, *others: str) -> AsyncIterator[Place]:
    """The service on a migrated, empty database, with the world in it."""
    places = {"MESHGRAPH_DATABASE_URL": database_url, "MESHGRAPH_DATA_DIR": str(folder)}
    settings = Settings.from_environ({**WIDE, **places})
    outside = open_outside(settings, Here())
    application = create_app(settings, outside)
    store, broker = application.state.store, application.state.broker
    try:
        await build(store, Vault.from_file(settings.vault_keys_file))
        known = tokens(local_secret(settings.jwt_secret_file), *others)
        identity = identity_of(settings, store, outside, broker)
        compiled = operations_of(settings, store)
        plain = Operations(SCHEMA, compiled.limits, executor=ColumnExecutor)
        transport = httpx2.ASGITransport(application)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            http = OverHTTP(client, known)
            doors: dict[str, Door] = {
                INTERPRETER: InProcess(identity, plain, known),
                COMPILER: InProcess(identity, compiled, known),
                GRAPHQL_OVER_HTTP: http,
                REST: http,
            }
            yield Place(store, doors, identity, known)
    finally:
        await broker.close()
        await store.close()


def data(answer: Answer) -> Any:
    """The data of a GraphQL answer."""
    return json.loads(answer.body).get("data")
