"""Environments in the graph: the type, its lists, and the changes that can be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from app.db import environments as tables
from app.db.connections import Connection as ConnectionRow
from app.db.organizations import Organization as OrganizationRow
from app.db.users import User as UserRow
from app.permissions import Permission
from resolvers import environments as resolve
from resolvers.connections import CONNECTIONS_OF_ENVIRONMENT
from resolvers.fields import column, command, constant, listing, one, related
from schema.listing import (
    ConnectionOrder,
    EnvironmentConnectionFilter,
    EnvironmentFilter,
    EnvironmentOrder,
)
from schema.nodes import Stored, expected_version, row_of, version
from schema.organizations import DeletedPayload, Organization
from schema.paging import Page, page_of_one
from schema.users import User

if TYPE_CHECKING:
    from schema.connections import Connection, ConnectionPage

LazyConnection = Annotated["Connection", strawberry.lazy("schema.connections")]
LazyConnectionPage = Annotated["ConnectionPage", strawberry.lazy("schema.connections")]

SCHEMA_VERSION = "environments.meshery.io/v1beta1"


@strawberry.type(description="A group of connections inside one organization.")
class Environment(Stored):
    is_type_of = row_of(tables.Environment)

    version: int = version()
    schema_version: str = constant(
        SCHEMA_VERSION, "The Meshery schema it conforms to, always the same."
    )
    name: str = column(tables.Environment.name, "Its name, 1 to 100 characters.")
    description: str = column(tables.Environment.description, "What it is for.")
    organization_id: strawberry.ID = column(
        tables.Environment.organization_id, "The id of its organization, which never changes."
    )
    organization: Organization | None = related(
        tables.Environment.organization_id, OrganizationRow, "Its organization."
    )
    owner_id: strawberry.ID | None = column(tables.Environment.owner, "The id of its owner.")
    owner: User | None = related(tables.Environment.owner, UserRow, "Its owner.")
    metadata: JSON = column(tables.Environment.metadata_, "Anything else kept with it.")
    as_page: Page[Environment] = page_of_one(
        "This environment as a page of one.", resolve.ENVIRONMENTS
    )
    connections: LazyConnectionPage = listing(
        CONNECTIONS_OF_ENVIRONMENT,
        "The connections assigned to it, or with `assigned: false` those that are not.",
        order=ConnectionOrder,
        filter=EnvironmentConnectionFilter,
    )


@strawberry.input(description="A new environment.")
class CreateEnvironmentInput:
    name: str = strawberry.field(description="1 to 100 characters.")
    description: str | None = strawberry.field(default=None, description="Up to 1000 characters.")
    organization_id: strawberry.ID = strawberry.field(description="Whose environment it is.")


@strawberry.input(description="What to change of an environment; what is absent stays.")
class UpdateEnvironmentInput:
    environment_id: strawberry.ID = strawberry.field(description="Which environment.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 100 characters.")
    description: str | None = strawberry.field(default=UNSET, description="Up to 1000 characters.")
    organization_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Its organization, if given at all: it cannot be changed."
    )
    expected_version: int | None = expected_version()


@strawberry.input(description="Which environment to delete.")
class DeleteEnvironmentInput:
    environment_id: strawberry.ID = strawberry.field(description="Which environment.")
    expected_version: int | None = expected_version()


@strawberry.input(description="A connection to assign to an environment, or to take out of it.")
class EnvironmentConnectionInput:
    environment_id: strawberry.ID = strawberry.field(description="Which environment.")
    connection_id: strawberry.ID = strawberry.field(description="Which connection.")


@strawberry.type(description="The created environment.")
class CreateEnvironmentPayload:
    environment: Environment = strawberry.field(description="The environment.")


@strawberry.type(description="The changed environment.")
class UpdateEnvironmentPayload:
    environment: Environment = strawberry.field(description="The environment.")


@strawberry.type(description="The two sides of an assignment that was made or ended.")
class EnvironmentConnectionPayload:
    environment: Environment | None = related(
        tables.EnvironmentConnection.environment_id, tables.Environment, "The environment."
    )
    connection: LazyConnection | None = related(
        tables.EnvironmentConnection.connection_id, ConnectionRow, "The connection."
    )


@strawberry.type
class EnvironmentQuery:
    environment: Environment | None = one(
        tables.Environment,
        "An environment of an organization of yours.",
        access=Permission.VIEW_ENVIRONMENT,
    )
    environments: Page[Environment] = listing(
        resolve.ENVIRONMENTS,
        "The environments of an organization.",
        order=EnvironmentOrder,
        filter=EnvironmentFilter,
        access=Permission.VIEW_ENVIRONMENT,
        organization=True,
    )


@strawberry.type
class EnvironmentMutation:
    create_environment: CreateEnvironmentPayload = command(
        resolve.create,
        CreateEnvironmentInput,
        lambda row: CreateEnvironmentPayload(environment=row),
        "Create an environment.",
        needs=Permission.CREATE_ENVIRONMENT,
        tells=resolve.told("create", "Created the environment '{row.name}'"),
    )
    update_environment: UpdateEnvironmentPayload = command(
        resolve.update,
        UpdateEnvironmentInput,
        lambda row: UpdateEnvironmentPayload(environment=row),
        "Change an environment.",
        needs=Permission.EDIT_ENVIRONMENT,
        tells=resolve.told("update", "Changed the environment '{row.name}'"),
    )
    delete_environment: DeletedPayload = command(
        resolve.remove,
        DeleteEnvironmentInput,
        lambda row: DeletedPayload(deleted_id=row.id),
        "Delete an environment; its connections live on.",
        needs=Permission.DELETE_ENVIRONMENT,
        tells=resolve.told("delete", "Deleted the environment '{row.name}'"),
    )
    add_connection_to_environment: EnvironmentConnectionPayload = command(
        resolve.add_connection,
        EnvironmentConnectionInput,
        lambda row: row,
        "Assign a connection to an environment. Assigning twice changes nothing.",
        needs=Permission.ASSIGN_CONNECTION,
        tells=resolve.told("assign", "Assigned a connection to the environment"),
    )
    remove_connection_from_environment: EnvironmentConnectionPayload = command(
        resolve.remove_connection,
        EnvironmentConnectionInput,
        lambda row: row,
        "Take a connection out of an environment.",
        needs=Permission.UNASSIGN_CONNECTION,
        tells=resolve.told("unassign", "Took a connection out of the environment"),
    )
