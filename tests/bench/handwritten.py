"""Baseline: Starlette, asyncpg and orjson, one endpoint for each workload, plain rows.

What somebody writes who wants exactly these five answers and wants them fast: prepared
statements on a pool that does not reset its connections, the columns that are asked for and no
others, JSON columns passed on as text. A reader must be a member of the organization.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

from tests.bench.tokens import Refused, Tokens

POOL = 8

MEMBER = """JOIN users_organizations_mappings m
  ON m.organization_id = {organization} AND m.owner = $2::uuid AND m.deleted_at IS NULL"""

ENVIRONMENT = f"""
SELECT e.id::text, e.name, e.description, e.organization_id::text AS "organizationId",
       e.owner::text AS "ownerId", e.metadata, e.created_at AS "createdAt",
       e.updated_at AS "updatedAt"
FROM environments e {MEMBER.format(organization="e.organization_id")}
WHERE e.id = $1::uuid AND e.deleted_at IS NULL"""

ENVIRONMENT_WITH_TOTAL = f"""
SELECT e.id::text, e.name,
       (SELECT count(*) FROM environment_connection_mappings a
        JOIN connections c ON c.id = a.connection_id AND c.deleted_at IS NULL
        WHERE a.environment_id = e.id AND a.deleted_at IS NULL) AS total
FROM environments e {MEMBER.format(organization="e.organization_id")}
WHERE e.id = $1::uuid AND e.deleted_at IS NULL"""

PAGE_OF_CONNECTIONS = """
SELECT c.id::text, c.name, c.kind, c.type, c.sub_type AS "subType", c.status,
       c.created_at AS "createdAt", c.updated_at AS "updatedAt"
FROM environment_connection_mappings a
JOIN connections c ON c.id = a.connection_id AND c.deleted_at IS NULL
WHERE a.environment_id = $1::uuid AND a.deleted_at IS NULL
ORDER BY c.updated_at DESC, c.id DESC LIMIT 25"""

ORGANIZATION = f"""
SELECT o.id::text, o.name
FROM organizations o {MEMBER.format(organization="o.id")}
WHERE o.id = $1::uuid AND o.deleted_at IS NULL"""

TEAMS = """
SELECT t.id::text, t.name, t.description
FROM teams_organizations_mapping l
JOIN teams t ON t.id = l.team_id AND t.deleted_at IS NULL
WHERE l.org_id = $1::uuid AND l.deleted_at IS NULL
ORDER BY t.updated_at DESC, t.id DESC LIMIT 20"""

USERS = """
SELECT p.id::text AS parent, u.*
FROM unnest($1::uuid[]) AS p(id) CROSS JOIN LATERAL (
  SELECT u.id::text, u.username, u.email, u.first_name AS "firstName", u.last_name AS "lastName"
  FROM users_teams_mappings s
  JOIN users u ON u.id = s.owner AND u.deleted_at IS NULL
  WHERE s.team_id = p.id AND s.deleted_at IS NULL
  ORDER BY u.updated_at DESC, u.id DESC LIMIT 50) u"""

ENVIRONMENTS = f"""
SELECT e.id::text, e.name
FROM environments e {MEMBER.format(organization="e.organization_id")}
WHERE e.organization_id = $1::uuid AND e.deleted_at IS NULL
ORDER BY e.updated_at DESC, e.id DESC LIMIT 5"""

CONNECTIONS = """
SELECT p.id::text AS parent, c.*
FROM unnest($1::uuid[]) AS p(id) CROSS JOIN LATERAL (
  SELECT c.id::text, c.name, c.kind, c.type, c.sub_type AS "subType", c.status, c.metadata,
         c.credential_id::text AS "credentialId", c.user_id::text AS "ownerId",
         c.created_at AS "createdAt", c.updated_at AS "updatedAt", c.deleted_at AS "deletedAt"
  FROM environment_connection_mappings a
  JOIN connections c ON c.id = a.connection_id AND c.deleted_at IS NULL
  WHERE a.environment_id = p.id AND a.deleted_at IS NULL
  ORDER BY c.updated_at DESC, c.id DESC LIMIT 40) c"""

CREATE = """
INSERT INTO connections (id, name, kind, type, sub_type, status, metadata, user_id,
                         created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::uuid, $9, $9)"""

SUBJECT = "SELECT id::text FROM users WHERE user_id = $1 AND deleted_at IS NULL"

pool: asyncpg.Pool[asyncpg.Record]
tokens: Tokens


async def no_reset(_: Any) -> None:
    """Nothing here leaves anything behind on a connection: no locks, settings or cursors."""


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    global pool, tokens  # noqa: PLW0603 - the one process-wide state of a small server
    pool = asyncpg.create_pool(
        os.environ["BENCH_DATABASE_URL"], min_size=POOL, max_size=POOL, reset=no_reset
    )
    tokens = Tokens(
        Path(os.environ["BENCH_SECRET_FILE"]), lambda subject: pool.fetchval(SUBJECT, subject)
    )
    async with pool:
        yield


def answer(data: dict[str, Any]) -> Response:
    body = orjson.dumps({"data": data}, option=orjson.OPT_UTC_Z)
    return Response(body, media_type="application/json")


async def caller(request: Request) -> str:
    return await tokens.user(request.headers.get("authorization", ""))


def enum_name(status: str) -> str:
    return status.upper().replace(" ", "_")


async def w1(request: Request) -> Response:
    user = await caller(request)
    row = await pool.fetchrow(ENVIRONMENT, request.path_params["id"], user)
    if row is None:
        return answer({"environment": None})
    return answer({"environment": {**row, "metadata": orjson.Fragment(row["metadata"])}})


async def w2(request: Request) -> Response:
    user = await caller(request)
    async with pool.acquire() as connection:
        found = await connection.fetchrow(ENVIRONMENT_WITH_TOTAL, request.path_params["id"], user)
        if found is None:
            return answer({"environment": None})
        rows = await connection.fetch(PAGE_OF_CONNECTIONS, found["id"])
    items = [{**row, "status": enum_name(row["status"])} for row in rows]
    page = {"totalCount": found["total"], "items": items}
    return answer({"environment": {"id": found["id"], "name": found["name"], "connections": page}})


async def w3(request: Request) -> Response:
    user = await caller(request)
    async with pool.acquire() as connection:
        found = await connection.fetchrow(ORGANIZATION, request.path_params["id"], user)
        if found is None:
            return answer({"organization": None})
        teams = await connection.fetch(TEAMS, found["id"])
        rows = await connection.fetch(USERS, [team["id"] for team in teams])
    users = defaultdict(list)
    for parent, *values in rows:
        users[parent].append(dict(zip(USER_FIELDS, values, strict=True)))
    items = [{**team, "users": {"items": users[team["id"]]}} for team in teams]
    return answer({"organization": {**found, "teams": {"items": items}}})


USER_FIELDS = ("id", "username", "email", "firstName", "lastName")


async def w4(request: Request) -> Response:
    user = await caller(request)
    async with pool.acquire() as connection:
        found = await connection.fetch(ENVIRONMENTS, request.path_params["id"], user)
        rows = await connection.fetch(CONNECTIONS, [environment["id"] for environment in found])
    connections = defaultdict(list)
    for row in rows:
        item = dict(row)
        item["status"] = enum_name(item["status"])
        item["metadata"] = orjson.Fragment(item["metadata"])
        connections[item.pop("parent")].append(item)
    items = [{**each, "connections": {"items": connections[each["id"]]}} for each in found]
    return answer({"environments": {"items": items}})


async def w5(request: Request) -> Response:
    user = await caller(request)
    given = orjson.loads(await request.body())
    row_id, moment = uuid7(), datetime.now(UTC)
    if not valid(given):
        return Response("Bad input", 400)
    await pool.execute(
        CREATE, row_id, given["name"], given["kind"], given["type"], given["subType"],
        given["status"].lower().replace("_", " "), orjson.dumps(given["metadata"]).decode(),
        user, moment,
    )  # fmt: skip
    made = {"id": str(row_id), **given, "ownerId": user, "createdAt": moment, "updatedAt": moment}
    return answer({"createConnection": {"connection": made}})


def valid(given: dict[str, Any]) -> bool:
    texts = (given.get(name) for name in ("name", "kind", "type", "subType"))
    return (
        all(isinstance(text, str) and 0 < len(text) < 256 for text in texts)
        and re.fullmatch("[A-Z_]+", given.get("status", "")) is not None
        and isinstance(given.get("metadata"), dict)
    )


async def refused(_: Request, __: Exception) -> Response:
    return Response("Unauthorized", 401)


app = Starlette(
    routes=[
        Route("/W1/{id}", w1),
        Route("/W2/{id}", w2),
        Route("/W3/{id}", w3),
        Route("/W4/{id}", w4),
        Route("/W5", w5, methods=["POST"]),
    ],
    exception_handlers={Refused: refused},
    lifespan=lifespan,
)
