"""One behaviour, several doors: each asks the same named operation in its own way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2
from graphql import OperationType, print_ast

from app.documents import chosen
from app.errors import Problem
from app.operations import Operations
from resolvers.identity import Identity
from rest_compat.conditions import ETAG
from rest_compat.documents import Operation, load
from rest_compat.endpoints import ENDPOINTS
from rest_compat.reading import HEADERS
from rest_compat.replying import STATUSES
from schema import schema

#: Variables of bodies that are objects on the wire as well.
OBJECTS = {"metadata", "preferences", "credentialSecret", "importBody", "design", "options"}
OPERATIONS = load(schema._schema)
ROWS = {endpoint.operation: endpoint for endpoint in ENDPOINTS}


@dataclass(frozen=True)
class Reply:
    """What came of it: `OK` or the code of the error; and the body of the endpoint."""

    code: str
    body: Any = None
    text: str = ""


class Door(Protocol):
    async def ask(self, token: str | None, operation: str, **given: Any) -> Reply: ...


def headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def body_of(operation: Operation, data: Any) -> Any:
    if operation.path is None:
        return None
    for name in operation.path:
        data = None if data is None else data.get(name)
    if operation.etag is not None and operation.etag[:-1] == operation.path and data is not None:
        data = {name: each for name, each in data.items() if name != ETAG}
    return plain(data)


def plain(value: Any) -> Any:
    """The value with each object of nothing but a `body` replaced by that, as the facade does."""
    if isinstance(value, dict):
        return (
            plain(value["body"])
            if set(value) == {"body"}
            else {name: plain(each) for name, each in value.items()}
        )
    return [plain(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class InProcessDoor:
    """The parsed operation, executed without HTTP."""

    identity: Identity
    operations: Operations

    async def ask(self, token: str | None, operation: str, **given: Any) -> Reply:
        known = OPERATIONS[operation]
        kind = chosen(known.document, operation).operation
        settled = kind is OperationType.QUERY  # a mutation opens no snapshot before it needs one
        try:
            async with self.identity.open(token, settled=settled) as context:
                result = await self.operations.execute_trusted(
                    known.document, context=context, variables=given, operation_name=operation
                )
        except Problem as problem:
            return Reply(str(problem.code), text=problem.message)
        if result.errors:
            error = result.errors[0]
            return Reply(str((error.extensions or {})["code"]), text=error.message)
        return found(known, result.data)


def found(known: Operation, data: Any) -> Reply:
    """The body of the endpoint; a null on the way to it means that there is none."""
    body = body_of(known, data)
    return Reply("NOT_FOUND" if known.path is not None and body is None else "OK", body)


@dataclass(frozen=True)
class GraphQLDoor:
    """The text of the operation, sent to `/graphql`."""

    client: httpx2.AsyncClient

    async def ask(self, token: str | None, operation: str, **given: Any) -> Reply:
        known = OPERATIONS[operation]
        message = {"query": print_ast(known.document), "variables": given}
        response = await self.client.post("/graphql", json=message, headers=headers(token))
        answer = response.json()
        if errors := answer.get("errors"):
            return Reply(errors[0]["extensions"]["code"], text=errors[0]["message"])
        return found(known, answer["data"])


@dataclass(frozen=True)
class RestDoor:
    """The documented method and path. A status stands for the first code it is sent for."""

    client: httpx2.AsyncClient

    async def ask(self, token: str | None, operation: str, **given: Any) -> Reply:
        row = ROWS[operation]
        path, named = row.path, headers(token)
        for name in HEADERS.keys() & given.keys():
            named[HEADERS[name][0]] = f'"{given.pop(name)}"'
        for name in list(given):
            if "{" + name + "}" in path:
                path = path.replace("{" + name + "}", str(given.pop(name)))
        if row.method in {"GET", "DELETE"}:
            sent: dict[str, Any] = {"params": {k: wire(v) for k, v in given.items()}}
        else:
            sent = {"json": {k: wire(v, name=k) for k, v in given.items()}}
        response = await self.client.request(row.method, path, headers=named, **sent)
        assert response.status_code in row.statuses | {400, 412, 429, 503}, response.status_code
        if response.status_code == row.status:
            return Reply("OK", response.json() if response.content else None)
        codes = (code for code, status in STATUSES.items() if status == response.status_code)
        code = next(codes, "INTERNAL_SERVER_ERROR")  # as there is no other problem with its status
        return Reply(code, text=response.text)


def wire(value: Any, name: str = "") -> Any:
    """A GraphQL value as the REST API spells it."""
    if isinstance(value, dict) and {"field", "direction"} == set(value):
        return f"{value['field'].lower()} {value['direction'].lower()}"
    if isinstance(value, dict) and name not in OBJECTS:
        return json.dumps(value)
    if isinstance(value, str) and value.isupper() and name in {"", "status"}:
        return value.replace("_", " ").lower()
    if isinstance(value, list):
        return [wire(each) for each in value]
    return value
