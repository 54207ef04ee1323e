"""Connections in the graph: the type, its lists, and the changes that can be made."""

from __future__ import annotations

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from app.db import connections as tables
from app.db.users import User as UserRow
from app.permissions import Permission
from resolvers import connections as resolve
from resolvers.answers import Public, Tally
from resolvers.environments import ENVIRONMENTS_OF_CONNECTION
from resolvers.fields import column, command, computed, constant, listing, one, related
from schema.environments import Environment
from schema.listing import (
    ConnectionFilter,
    ConnectionOrder,
    ConnectionStatus,
    EnvironmentFilter,
    EnvironmentOrder,
)
from schema.nodes import Stored, expected_version, row_of, version
from schema.organizations import DeletedPayload
from schema.paging import Page, tally
from schema.users import User

SCHEMA_VERSION = "connections.meshery.io/v1beta2"

_Connection = tables.Connection


@strawberry.type(description="A managed resource: a cluster, a Meshery server, a telemetry source.")
class Connection(Stored):
    is_type_of = row_of(_Connection)

    version: int = version()
    schema_version: str = constant(
        SCHEMA_VERSION, "The Meshery schema it conforms to, always the same."
    )
    name: str = column(_Connection.name, "Its name, 1 to 255 characters.")
    credential_id: strawberry.ID | None = column(
        _Connection.credential_id, "The id of its credential, whose secret is never shown."
    )
    type: str = column(_Connection.type, "Its type: `platform`, `telemetry`, `collaboration`.")
    sub_type: str = column(_Connection.sub_type, "Its subtype, such as `orchestrator`.")
    kind: str = column(_Connection.kind, "Its kind, such as `kubernetes` or `prometheus`.")
    metadata: JSON = column(_Connection.metadata_, "What is known of the resource.")
    status: ConnectionStatus = column(_Connection.status, "Its state.")
    status_text: str = column(_Connection.status, "Its state as the REST API spells it.")
    owner_id: strawberry.ID | None = column(_Connection.user_id, "The id of its owner.")
    owner: User | None = related(_Connection.user_id, UserRow, "Its owner.")
    environments: Page[Environment] = listing(
        ENVIRONMENTS_OF_CONNECTION,
        "The environments it is assigned to.",
        order=EnvironmentOrder,
        filter=EnvironmentFilter,
    )
    kubernetes_context: JSON | None = computed(
        resolve.kubernetes_context,
        "The context of a Kubernetes connection, with its secrets: for its owner only.",
    )


@strawberry.type(description="One page of a list.")
class ConnectionPage(Page[Connection]):
    status_summary: JSON = tally(
        Tally(_Connection, "status"),
        "How many of all your connections have each status, whatever this page is narrowed to.",
    )


@strawberry.input(description="A new connection, which you own.")
class CreateConnectionInput:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="An id of your own making; one of yours updates that one."
    )
    name: str = strawberry.field(description="1 to 255 characters.")
    kind: str = strawberry.field(description="Its kind, such as `kubernetes`.")
    type: str = strawberry.field(description="Its type, such as `platform`.")
    sub_type: str = strawberry.field(description="Its subtype, such as `orchestrator`.")
    status: ConnectionStatus = strawberry.field(description="Its state.")
    metadata: JSON | None = strawberry.field(default=UNSET, description="A JSON object.")
    credential_secret: JSON | None = strawberry.field(
        default=UNSET, description="A secret to seal and keep: a JSON object."
    )
    credential_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="A credential of yours to use."
    )


@strawberry.input(description="What to change of a connection; what is absent stays.")
class UpdateConnectionInput:
    connection_id: strawberry.ID = strawberry.field(description="Which connection.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 255 characters.")
    kind: str | None = strawberry.field(default=UNSET, description="Its kind.")
    type: str | None = strawberry.field(default=UNSET, description="Its type.")
    sub_type: str | None = strawberry.field(default=UNSET, description="Its subtype.")
    status: ConnectionStatus | None = strawberry.field(default=UNSET, description="Its state.")
    metadata: JSON | None = strawberry.field(
        default=UNSET, description="A JSON object, in place of the one there was."
    )
    credential_secret: JSON | None = strawberry.field(
        default=UNSET, description="A secret to seal and keep: a JSON object."
    )
    credential_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="A credential of yours to use."
    )
    expected_version: int | None = expected_version()


@strawberry.input(description="Which connection to delete.")
class DeleteConnectionInput:
    connection_id: strawberry.ID = strawberry.field(description="Which connection.")
    expected_version: int | None = expected_version()


@strawberry.input(description="The Meshery server whose connection to delete.")
class DeleteMesheryConnectionInput:
    meshery_server_id: strawberry.ID = strawberry.field(description="The id of the server.")
    expected_version: int | None = expected_version()


@strawberry.type(description="The created connection.")
class CreateConnectionPayload:
    connection: Connection = strawberry.field(description="The connection.")


@strawberry.type(description="The changed connection.")
class UpdateConnectionPayload:
    connection: Connection = strawberry.field(description="The connection.")


@strawberry.type
class ConnectionQuery:
    connection: Connection | None = one(
        _Connection,
        "A connection of yours, or of an environment of an organization of yours.",
        access=Public.SIGNED_IN,
    )
    connections: ConnectionPage = listing(
        resolve.CONNECTIONS,
        "Your connections, and those of your organizations' environments.",
        order=ConnectionOrder,
        filter=ConnectionFilter,
        access=Public.SIGNED_IN,
    )


@strawberry.type
class ConnectionMutation:
    create_connection: CreateConnectionPayload = command(
        resolve.create,
        CreateConnectionInput,
        lambda row: CreateConnectionPayload(connection=row),
        "Register a connection.",
        needs=Permission.ADD_CLUSTER,
        tells=resolve.told("create", "Registered the connection '{row.name}'"),
        lone=resolve.lone,
    )
    update_connection: UpdateConnectionPayload = command(
        resolve.update,
        UpdateConnectionInput,
        lambda row: UpdateConnectionPayload(connection=row),
        "Change a connection.",
        needs=Permission.CHANGE_CONNECTION_STATE,
        tells=resolve.told("update", "Changed the connection '{row.name}'"),
    )
    delete_connection: DeletedPayload = command(
        resolve.remove,
        DeleteConnectionInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete a connection, in all environments.",
        needs=Permission.DELETE_CONNECTION,
        tells=resolve.told("delete", "Deleted the connection '{row.name}'"),
    )
    delete_meshery_connection: DeletedPayload = command(
        resolve.remove_meshery,
        DeleteMesheryConnectionInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete the connection of a Meshery server.",
        needs=Permission.DELETE_CONNECTION,
        tells=resolve.told("delete", "Deleted the connection '{row.name}'"),
    )
