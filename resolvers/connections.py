"""Connections: their lists, commands, and the Kubernetes context made of one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, case, select, true
from sqlalchemy import update as update_rows
from strawberry import UNSET

from app.db.base import live, now
from app.db.connections import Connection
from app.db.environments import Environment, EnvironmentConnection
from app.db.inserting import Draft
from app.errors import BadInput, Conflict, NotFound
from resolvers import credentials, texts
from resolvers.access import connections_open, visible
from resolvers.context import Context
from resolvers.listing import Filter, Listing, Order, Via
from resolvers.telling import Tells, Told
from resolvers.versions import expect
from resolvers.viewer import Viewer
from resolvers.work import Work

#: Where the metadata of a `meshery` connection carries the id of its server.
SERVER_ID_KEYS = ("server_id", "meshery_server_id", "instance_id", "id")

CONNECTIONS = Listing(
    Connection,
    search=(Connection.name,),
    order={
        "NAME": Order.text(Connection.name),
        "KIND": Order.text(Connection.kind),
        "STATUS": Order.text(Connection.status),
        "TYPE": Order.text(Connection.type),
        "SUB_TYPE": Order.text(Connection.sub_type),
        "CREATED_AT": Order.time(Connection.created_at),
        "UPDATED_AT": Order.time(Connection.updated_at),
    },
    filters={
        "kind": Filter.among(Connection.kind),
        "status": Filter.among(Connection.status),
        "type": Filter.among(Connection.type),
        "sub_type": Filter.among(Connection.sub_type),
        "name": Filter.contains(Connection.name),
        "owner_id": Filter.equals(Connection.user_id),
    },
    all_rows=100,
)
_UNASSIGNED = Listing(
    Connection,
    search=CONNECTIONS.search,
    order=CONNECTIONS.order,
    filters=CONNECTIONS.filters,
    via=Via(
        Environment.id,
        joins=((Environment, true()),),
        where=(
            ~select(EnvironmentConnection.id)
            .where(
                EnvironmentConnection.environment_id == Environment.id,
                EnvironmentConnection.connection_id == Connection.id,
                live(EnvironmentConnection),
            )
            .correlate(Environment, Connection)
            .exists(),
        ),
    ),
)
CONNECTIONS_OF_ENVIRONMENT = Listing(
    Connection,
    search=CONNECTIONS.search,
    order=CONNECTIONS.order,
    filters=CONNECTIONS.filters,
    via=Via(
        EnvironmentConnection.environment_id,
        joins=((EnvironmentConnection, EnvironmentConnection.connection_id == Connection.id),),
        opens=connections_open,
    ),
    otherwise=("assigned", _UNASSIGNED),
)


async def kubernetes_context(context: Context, row: Connection) -> dict[str, Any] | None:
    """The context of a Kubernetes connection, with its secrets: for its owner, else None."""
    if row.kind != "kubernetes" or row.user_id is None or row.user_id != context.viewer.user_id:
        return None
    secret = await credentials.opened(context, row)
    metadata, owner = row.metadata_, str(row.user_id)
    return {
        "id": metadata.get("id", str(row.id)),
        "name": row.name,
        "auth": secret.get("auth"),
        "cluster": secret.get("cluster"),
        "server": metadata.get("server"),
        "owner": owner,
        "created_by": owner,
        "meshery_instance_id": metadata.get("meshery_instance_id"),
        "kubernetes_server_id": metadata.get("kubernetes_server_id"),
        "deployment_type": metadata.get("deployment_type"),
        "version": metadata.get("version"),
        "updated_at": row.updated_at.isoformat().replace("+00:00", "Z"),
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "connection_id": str(row.id),
    }


async def create(work: Work, given: Any) -> Connection:
    """`POST /api/integrations/connections`; an id of one's own connection updates that one.

    Raises `Conflict` for every other id that was ever used, and does not tell whose it is.
    """
    row_id = given.id or work.row_id
    if (known := await work.by_id(Connection, row_id)) is not None:
        if known.user_id != work.viewer.user_id or known.deleted_at is not None:
            raise Conflict(f"id: {row_id} is taken; leave it out to get a new one.", field="id")
        return await _write(work, known, given)
    connection = Connection(
        id=row_id, user_id=work.viewer.identified(), metadata_={}, credential_id=None
    )
    await _write(work, connection, given)
    connection.created_at = connection.updated_at
    return await work.add(connection)


def lone(viewer: Viewer, given: Any, row_id: UUID) -> Draft | None:
    """The row that `create` inserts, unless it has an id or a credential to look for."""
    if given.id or given.credential_id or given.credential_secret not in (UNSET, None):
        return None
    moment = now()
    connection = Draft(
        Connection, id=row_id, user_id=viewer.identified(), metadata_={}, credential_id=None,
        created_at=moment, updated_at=moment, deleted_at=None, version=1,
    )  # fmt: skip
    _assign(connection, given)
    return connection


async def update(work: Work, given: Any) -> Connection:
    """`PUT /api/integrations/connections/{connectionId}`: what is absent stays as it is."""
    connection = await governed(work, given.connection_id)
    expect(connection, given)
    return await _write(work, connection, given)


async def governed(work: Work, connection_id: UUID) -> Connection:
    """A connection of the viewer's own, or of an organization in which the key is held.

    It is of the organizations of the environments it is in; raises `NotFound` or `Forbidden`.
    """
    connection = await work.find(Connection, connection_id, "connectionId")
    if connection.user_id != work.viewer.user_id:
        await work.require_in(
            select(Environment.organization_id)
            .join(EnvironmentConnection, EnvironmentConnection.environment_id == Environment.id)
            .where(EnvironmentConnection.connection_id == connection_id)
            .where(live(EnvironmentConnection), live(Environment))
        )
    return connection


async def _write(work: Work, connection: Connection, given: Any) -> Connection:
    _assign(connection, given)
    await credentials.change(work, connection, given)
    connection.updated_at = now()
    return connection


def _assign(connection: Connection | Draft, given: Any) -> None:
    if given.name is not UNSET:
        connection.name = texts.name(given.name, "name")
    for attribute, spelled in (("kind", "kind"), ("type", "type"), ("sub_type", "subType")):
        if (value := getattr(given, attribute)) is not UNSET:
            setattr(connection, attribute, texts.name(value, spelled))
    if given.status is not UNSET:
        connection.status = _status(given.status)
    if given.metadata is not UNSET:
        connection.metadata_ = texts.json_object(given.metadata, "metadata")
    connection.server_id = server_id(connection)


def _status(value: Any) -> str:
    if value is None:
        raise BadInput("status: a connection always has a status.", field="status")
    return str(value.value)


def server_id(connection: Connection | Draft) -> UUID | None:
    """The Meshery server id that the metadata of a `meshery` connection carries, if any."""
    if connection.kind != "meshery":
        return None
    for key in SERVER_ID_KEYS:
        try:
            return UUID(str(connection.metadata_.get(key)))
        except ValueError:
            continue
    return None


async def _delete(work: Work, connection: Connection, given: Any) -> Connection:
    expect(connection, given)
    connection.deleted_at, connection.status = now(), "deleted"
    await work.session.execute(
        update_rows(EnvironmentConnection)
        .where(EnvironmentConnection.connection_id == connection.id, live(EnvironmentConnection))
        .values(deleted_at=now())
    )
    return connection


async def remove(work: Work, given: Any) -> Connection:
    """`DELETE /api/integrations/connections/{connectionId}`: a soft delete, unassigned."""
    return await _delete(work, await governed(work, given.connection_id), given)


async def remove_meshery(work: Work, given: Any) -> Connection:
    """`DELETE …/connections/meshery/{mesheryServerId}`: the caller's own connection, if any.

    Raises `NotFound` for an unknown id.
    """
    found = (
        select(Connection.id)
        .where(Connection.kind == "meshery", Connection.server_id == given.meshery_server_id)
        .where(live(Connection), visible(Connection, work.viewer))
        .order_by(case((Connection.user_id == work.viewer.user_id, 0), else_=1), Connection.id)
    )
    connection_id = (await work.session.execute(found.limit(1))).scalar_one_or_none()
    if connection_id is None:
        message = f"mesheryServerId: no Meshery server {given.meshery_server_id} is connected."
        raise NotFound(message, field="mesheryServerId")
    return await _delete(work, await governed(work, connection_id), given)


def _home(connection: Connection) -> ScalarSelect[UUID]:
    """The organization of the environment that a connection was assigned to last."""
    assigned = (
        select(Environment.organization_id)
        .join(EnvironmentConnection, EnvironmentConnection.environment_id == Environment.id)
        .where(EnvironmentConnection.connection_id == connection.id)
        .order_by(EnvironmentConnection.id.desc())
        .limit(1)
    )
    return assigned.scalar_subquery()


def told(action: str, words: str) -> Tells:
    """What is told of a command on a connection, which is of where it was assigned last."""

    def tells(given: Any, row: Connection | Draft) -> Told:
        home = None if isinstance(row, Draft) else _home(row)
        metadata = {"kind": row.kind, "status": row.status}
        description = words.format(row=row, given=given)
        return Told("connection", action, description, row.id, home, metadata)

    return tells
