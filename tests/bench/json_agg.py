"""Baseline: bare ASGI and one statement for each workload, which makes the JSON itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import asyncpg
from starlette.types import Receive, Scope, Send
from uuid_utils.compat import uuid7

from tests.bench.handwritten import MEMBER, POOL, SUBJECT, no_reset
from tests.bench.tokens import Refused, Tokens

STATUS = "upper(replace(c.status, ' ', '_'))"

W1 = f"""
SELECT json_build_object('data', json_build_object('environment', json_build_object(
  'id', e.id, 'name', e.name, 'description', e.description, 'organizationId', e.organization_id,
  'ownerId', e.owner, 'metadata', e.metadata, 'createdAt', e.created_at,
  'updatedAt', e.updated_at)))::text
FROM environments e {MEMBER.format(organization="e.organization_id")}
WHERE e.id = $1::uuid AND e.deleted_at IS NULL"""

W2 = f"""
SELECT json_build_object('data', json_build_object('environment', json_build_object(
  'id', e.id, 'name', e.name, 'connections', json_build_object(
    'totalCount', (SELECT count(*) FROM environment_connection_mappings a
      JOIN connections c ON c.id = a.connection_id AND c.deleted_at IS NULL
      WHERE a.environment_id = e.id AND a.deleted_at IS NULL),
    'items', (SELECT coalesce(json_agg(row_to_json(c)), '[]') FROM (
      SELECT c.id, c.name, c.kind, c.type, c.sub_type AS "subType", {STATUS} AS status,
             c.created_at AS "createdAt", c.updated_at AS "updatedAt"
      FROM environment_connection_mappings a
      JOIN connections c ON c.id = a.connection_id AND c.deleted_at IS NULL
      WHERE a.environment_id = e.id AND a.deleted_at IS NULL
      ORDER BY c.updated_at DESC, c.id DESC LIMIT 25) c)))))::text
FROM environments e {MEMBER.format(organization="e.organization_id")}
WHERE e.id = $1::uuid AND e.deleted_at IS NULL"""

W3 = f"""
SELECT json_build_object('data', json_build_object('organization', json_build_object(
  'id', o.id, 'name', o.name, 'teams', json_build_object('items', (
    SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name,
      'description', t.description, 'users', json_build_object('items', (
        SELECT coalesce(json_agg(row_to_json(u)), '[]') FROM (
          SELECT u.id, u.username, u.email, u.first_name AS "firstName",
                 u.last_name AS "lastName"
          FROM users_teams_mappings s
          JOIN users u ON u.id = s.owner AND u.deleted_at IS NULL
          WHERE s.team_id = t.id AND s.deleted_at IS NULL
          ORDER BY u.updated_at DESC, u.id DESC LIMIT 50) u)))), '[]')
    FROM (SELECT t.id, t.name, t.description
      FROM teams_organizations_mapping l
      JOIN teams t ON t.id = l.team_id AND t.deleted_at IS NULL
      WHERE l.org_id = o.id AND l.deleted_at IS NULL
      ORDER BY t.updated_at DESC, t.id DESC LIMIT 20) t)))))::text
FROM organizations o {MEMBER.format(organization="o.id")}
WHERE o.id = $1::uuid AND o.deleted_at IS NULL"""

W4 = f"""
SELECT json_build_object('data', json_build_object('environments', json_build_object('items',
  coalesce(json_agg(json_build_object('id', e.id, 'name', e.name,
    'connections', json_build_object('items', (
      SELECT coalesce(json_agg(row_to_json(c)), '[]') FROM (
        SELECT c.id, c.name, c.kind, c.type, c.sub_type AS "subType", {STATUS} AS status,
               c.metadata, c.credential_id AS "credentialId", c.user_id AS "ownerId",
               c.created_at AS "createdAt", c.updated_at AS "updatedAt",
               c.deleted_at AS "deletedAt"
        FROM environment_connection_mappings a
        JOIN connections c ON c.id = a.connection_id AND c.deleted_at IS NULL
        WHERE a.environment_id = e.id AND a.deleted_at IS NULL
        ORDER BY c.updated_at DESC, c.id DESC LIMIT 40) c)))), '[]'))))::text
FROM (SELECT e.id, e.name
  FROM environments e {MEMBER.format(organization="e.organization_id")}
  WHERE e.organization_id = $1::uuid AND e.deleted_at IS NULL
  ORDER BY e.updated_at DESC, e.id DESC LIMIT 5) e"""

W5 = f"""
WITH c AS (
  INSERT INTO connections (id, name, kind, type, sub_type, status, metadata, user_id,
                           created_at, updated_at)
  SELECT $1::uuid, g.name, g.kind, g.type, g."subType", lower(replace(g.status, '_', ' ')),
         g.metadata, $2::uuid, now(), now()
  FROM json_to_record($3::json)
    AS g(name text, kind text, type text, "subType" text, status text, metadata jsonb)
  RETURNING *)
SELECT json_build_object('data', json_build_object('createConnection', json_build_object(
  'connection', json_build_object('id', c.id, 'name', c.name, 'kind', c.kind, 'type', c.type,
    'subType', c.sub_type, 'status', {STATUS}, 'metadata', c.metadata, 'ownerId', c.user_id,
    'createdAt', c.created_at, 'updatedAt', c.updated_at))))::text
FROM c"""

READS = {"/W1": W1, "/W2": W2, "/W3": W3, "/W4": W4}
NOTHING = '{"data":null}'


class Server:
    """The ASGI application: `/W1/<id>` to `/W4/<id>`, and `/W5` with a body."""

    pool: asyncpg.Pool[asyncpg.Record]
    tokens: Tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        headers = dict(scope["headers"])
        try:
            user = await self.tokens.user(headers.get(b"authorization", b"").decode("latin-1"))
        except Refused:
            await _send(send, 401, b"")
            return
        path = scope["path"]
        if path == "/W5":
            text = await self.pool.fetchval(W5, uuid7(), user, await _body(receive))
        else:
            text = await self.pool.fetchval(READS[path[:3]], path[4:], user)
        await _send(send, 200, (text or NOTHING).encode())

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.pool = asyncpg.create_pool(
            os.environ["BENCH_DATABASE_URL"], min_size=POOL, max_size=POOL, reset=no_reset
        )
        await self.pool
        self.tokens = Tokens(Path(os.environ["BENCH_SECRET_FILE"]), self._user)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _user(self, subject: str) -> str | None:
        found: str | None = await self.pool.fetchval(SUBJECT, subject)
        return found


async def _body(receive: Receive) -> str:
    parts = []
    while True:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts).decode()


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = Server()
