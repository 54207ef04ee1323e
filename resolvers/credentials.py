"""Credentials: the secrets of connections, sealed on their way in."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy import update as update_rows
from strawberry import UNSET

from app.db.base import live, now
from app.db.connections import Connection, Credential
from app.errors import NotFound
from resolvers import texts
from resolvers.context import Context
from resolvers.work import Work


async def opened(context: Context, row: Connection) -> dict[str, Any]:
    """The secret of a connection; empty where it has none."""
    if row.credential_id is None:
        return {}
    statement = select(Credential).where(Credential.id == row.credential_id, live(Credential))
    credential = (await context.read(statement)).scalar_one_or_none()
    if credential is None:
        return {}
    secret: dict[str, Any] = json.loads(context.vault.open(credential.id, credential.secret))
    return secret


async def change(work: Work, connection: Connection, given: Any) -> None:
    """Use the credential, or keep the secret, that the input of a command gives, if any."""
    if given.credential_id:
        own = Credential.user_id == work.viewer.identified()
        if await work.first(Credential, Credential.id == given.credential_id, own) is None:
            message = f"credentialId: you have no credential with the id {given.credential_id}."
            raise NotFound(message, field="credentialId")
        connection.credential_id = given.credential_id
    given_secret = None if given.credential_secret is UNSET else given.credential_secret
    secret = texts.json_object(given_secret, "credentialSecret")
    if secret:
        await _seal(work, connection, secret)


async def _seal(work: Work, connection: Connection, secret: dict[str, Any]) -> None:
    """Keep a secret as a new credential of the connection, and end the one it replaces."""
    row_id, former = uuid5(work.row_id, "credential"), connection.credential_id
    if await work.by_id(Credential, row_id) is None:
        credential = Credential(
            id=row_id,
            name=connection.name,
            user_id=work.viewer.identified(),
            type=connection.kind,
            secret=work.vault.seal(row_id, json.dumps(secret)),
        )
        await work.add(credential)
    connection.credential_id = row_id
    if former not in (None, row_id):
        used = select(Connection.id).where(
            Connection.credential_id == former, Connection.id != connection.id, live(Connection)
        )
        ending = update_rows(Credential).where(Credential.id == former, ~used.exists())
        await work.session.execute(ending.values(deleted_at=now()))
