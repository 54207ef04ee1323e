"""Environments: their lists and commands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy import update as update_rows
from strawberry import UNSET

from app.db.base import live, now
from app.db.connections import Connection
from app.db.environments import Environment, EnvironmentConnection
from app.errors import BadInput, NotFound
from resolvers import texts
from resolvers.connections import governed
from resolvers.listing import Filter, Listing, Order
from resolvers.telling import Tells, Told
from resolvers.versions import expect
from resolvers.work import Work

ENVIRONMENTS = Listing(
    Environment,
    search=(Environment.name,),
    order={
        "NAME": Order.text(Environment.name),
        "CREATED_AT": Order.time(Environment.created_at),
        "UPDATED_AT": Order.time(Environment.updated_at),
    },
    filters={
        "ids": Filter.among(Environment.id),
        "organization_id": Filter.equals(Environment.organization_id),
        "owner_id": Filter.equals(Environment.owner),
    },
)
ENVIRONMENTS_OF_ORGANIZATION = ENVIRONMENTS.under(Environment.organization_id)
ENVIRONMENTS_OF_CONNECTION = ENVIRONMENTS.under(
    EnvironmentConnection.connection_id,
    (EnvironmentConnection, EnvironmentConnection.environment_id == Environment.id),
)


async def create(work: Work, given: Any) -> Environment:
    """`POST /api/environments`, in an organization in which the caller holds the key."""
    if (made := await work.first(Environment, Environment.id == work.row_id)) is not None:
        return made
    work.require(given.organization_id)
    return await work.add(
        Environment(
            id=work.row_id,
            name=texts.name(given.name, "name", 100),
            description=texts.prose(given.description or None, "description", 1_000),
            organization_id=given.organization_id,
            owner=work.viewer.identified(),
            metadata_={},
        )
    )


async def _found(work: Work, given: Any) -> Environment:
    environment = await work.find(Environment, given.environment_id, "environmentId")
    work.require(environment.organization_id)
    return environment


async def update(work: Work, given: Any) -> Environment:
    """`PUT /api/environments/{environmentId}`: its organization cannot change."""
    environment = await _found(work, given)
    expect(environment, given)
    if given.organization_id not in (UNSET, None, environment.organization_id):
        message = "organizationId: the organization of an environment cannot be changed."
        raise BadInput(message, field="organizationId")
    if given.name is not UNSET:
        environment.name = texts.name(given.name, "name", 100)
    if given.description is not UNSET:
        environment.description = texts.prose(given.description, "description", 1_000)
    environment.updated_at = now()
    return environment


async def remove(work: Work, given: Any) -> Environment:
    """`DELETE /api/environments/{environmentId}`: a soft delete, with its assignments."""
    environment = await _found(work, given)
    expect(environment, given)
    environment.deleted_at = now()
    await work.session.execute(
        update_rows(EnvironmentConnection)
        .where(EnvironmentConnection.environment_id == environment.id, live(EnvironmentConnection))
        .values(deleted_at=now())
    )
    return environment


async def _assignment(
    work: Work, environment: Environment, connection: Connection
) -> EnvironmentConnection | None:
    return await work.first(
        EnvironmentConnection,
        EnvironmentConnection.environment_id == environment.id,
        EnvironmentConnection.connection_id == connection.id,
    )


async def add_connection(work: Work, given: Any) -> EnvironmentConnection:
    """`POST …/environments/{environmentId}/connections/{connectionId}`; idempotent.

    Whoever governs one of its environments governs the connection, so that the caller must
    govern it already.
    """
    environment = await _found(work, given)
    connection = await governed(work, given.connection_id)
    assigned = await _assignment(work, environment, connection)
    if assigned is not None:
        return assigned
    return await work.add(
        EnvironmentConnection(
            id=work.row_id, environment_id=environment.id, connection_id=connection.id
        )
    )


async def remove_connection(work: Work, given: Any) -> EnvironmentConnection:
    """`DELETE …/environments/{environmentId}/connections/{connectionId}`."""
    environment = await _found(work, given)
    connection = await work.find(Connection, given.connection_id, "connectionId")
    assigned = await _assignment(work, environment, connection)
    if assigned is None:
        message = "connectionId: the connection is not assigned to this environment."
        raise NotFound(message, field="connectionId")
    assigned.deleted_at = now()
    return assigned


def told(action: str, words: str) -> Tells:
    """What is told of a command on an environment, or on the connections in it."""

    def tells(given: Any, row: Environment | EnvironmentConnection) -> Told:
        description = words.format(row=row, given=given)
        if isinstance(row, Environment):
            return Told("environment", action, description, row.id, row.organization_id)
        home = select(Environment.organization_id).where(Environment.id == row.environment_id)
        metadata = {"connection_id": str(row.connection_id)}
        known = row.environment_id
        return Told("environment", action, description, known, home.scalar_subquery(), metadata)

    return tells
