"""Baseline: Strawberry, the SQLAlchemy ORM and aiodataloader, as a competent user writes it.

One loader per nested list and operation, each batch one statement with a window per parent, in a
session of its own. The token is verified for each request, and a reader must be a member of the
organization. The names are those of the project's schema, so the same operations fit.
"""

from __future__ import annotations

import os
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry
from joserfc.jwk import OctKey
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry import Info
from strawberry.asgi import GraphQL
from strawberry.scalars import JSON

from app.db.base import live, new_id
from app.db.connections import Connection as ConnectionRow
from app.db.environments import Environment as EnvironmentRow
from app.db.organizations import Organization as OrganizationRow
from app.db.organizations import OrganizationUser
from app.db.teams import Team as TeamRow
from app.db.users import User as UserRow
from tests.bench.naive_loaders import CONNECTIONS, TEAMS, USERS, Context, Session
from tests.bench.tokens import Refused, verify

KEY = OctKey.import_key(Path(os.environ["BENCH_SECRET_FILE"]).read_bytes())

Item = TypeVar("Item")


@strawberry.type
class Page(Generic[Item]):
    items: list[Item]


@strawberry.enum(name="ConnectionStatus")
class Status(Enum):
    DISCOVERED = "discovered"
    REGISTERED = "registered"
    CONNECTED = "connected"
    IGNORED = "ignored"
    MAINTENANCE = "maintenance"
    DISCONNECTED = "disconnected"
    DELETED = "deleted"
    NOT_FOUND = "not found"


@strawberry.type
class User:
    id: strawberry.ID
    username: str | None
    email: str
    first_name: str
    last_name: str

    @classmethod
    def of(cls, row: UserRow) -> User:
        return cls(
            id=strawberry.ID(str(row.id)),
            username=row.username,
            email=row.email,
            first_name=row.first_name,
            last_name=row.last_name,
        )


@strawberry.type
class Team:
    id: strawberry.ID
    name: str
    description: str

    @classmethod
    def of(cls, row: TeamRow) -> Team:
        return cls(id=strawberry.ID(str(row.id)), name=row.name, description=row.description)

    @strawberry.field
    async def users(self, info: Info[Context, None], page_size: int = 25) -> Page[User]:
        rows = await info.context.pages_of("users", USERS).load((UUID(self.id), page_size))
        return Page(items=[User.of(row) for row in rows])


@strawberry.type
class Organization:
    id: strawberry.ID
    name: str

    @strawberry.field
    async def teams(self, info: Info[Context, None], page_size: int = 25) -> Page[Team]:
        rows = await info.context.pages_of("teams", TEAMS).load((UUID(self.id), page_size))
        return Page(items=[Team.of(row) for row in rows])


@strawberry.type
class Connection:
    id: strawberry.ID
    name: str
    kind: str
    type: str
    sub_type: str
    status: Status
    metadata: JSON
    credential_id: strawberry.ID | None
    owner_id: strawberry.ID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @classmethod
    def of(cls, row: ConnectionRow) -> Connection:
        return cls(
            id=strawberry.ID(str(row.id)),
            name=row.name,
            kind=row.kind,
            type=row.type,
            sub_type=row.sub_type,
            status=Status(row.status),
            metadata=JSON(row.metadata_),
            credential_id=_id(row.credential_id),
            owner_id=_id(row.user_id),
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
        )


@strawberry.type
class ConnectionPage:
    parent: strawberry.Private[UUID]
    size: strawberry.Private[int]

    @strawberry.field
    async def items(self, info: Info[Context, None]) -> list[Connection]:
        loader = info.context.pages_of("connections", CONNECTIONS)
        return [Connection.of(row) for row in await loader.load((self.parent, self.size))]

    @strawberry.field
    async def total_count(self, info: Info[Context, None]) -> int:
        return await info.context.connection_totals.load(self.parent)


@strawberry.type
class Environment:
    id: strawberry.ID
    name: str
    description: str
    organization_id: strawberry.ID
    owner_id: strawberry.ID | None
    metadata: JSON
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: EnvironmentRow) -> Environment:
        return cls(
            id=strawberry.ID(str(row.id)),
            name=row.name,
            description=row.description,
            organization_id=strawberry.ID(str(row.organization_id)),
            owner_id=_id(row.owner),
            metadata=JSON(row.metadata_),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field
    def connections(self, page_size: int = 25) -> ConnectionPage:
        return ConnectionPage(parent=UUID(self.id), size=page_size)


def _id(value: UUID | None) -> strawberry.ID | None:
    return None if value is None else strawberry.ID(str(value))


@strawberry.type
class Query:
    @strawberry.field
    async def environment(
        self,
        info: Info[Context, None],
        id: strawberry.ID,  # noqa: A002
    ) -> Environment | None:
        async with Session() as session:
            statement = select(EnvironmentRow).where(
                EnvironmentRow.id == UUID(id), live(EnvironmentRow)
            )
            row = await session.scalar(statement)
        if row is None or row.organization_id not in info.context.organizations:
            return None
        return Environment.of(row)

    @strawberry.field
    async def environments(
        self, info: Info[Context, None], organization_id: strawberry.ID, page_size: int = 25
    ) -> Page[Environment]:
        if UUID(organization_id) not in info.context.organizations:
            return Page(items=[])
        async with Session() as session:
            rows = await session.scalars(
                select(EnvironmentRow)
                .where(EnvironmentRow.organization_id == UUID(organization_id))
                .where(live(EnvironmentRow))
                .order_by(EnvironmentRow.updated_at.desc(), EnvironmentRow.id.desc())
                .limit(page_size)
            )
        return Page(items=[Environment.of(row) for row in rows])

    @strawberry.field
    async def organization(
        self,
        info: Info[Context, None],
        id: strawberry.ID,  # noqa: A002
    ) -> Organization | None:
        if UUID(id) not in info.context.organizations:
            return None
        async with Session() as session:
            row = await session.scalar(
                select(OrganizationRow).where(OrganizationRow.id == UUID(id), live(OrganizationRow))
            )
        return Organization(id=strawberry.ID(str(row.id)), name=row.name) if row else None


@strawberry.input
class CreateConnectionInput:
    name: str
    kind: str
    type: str
    sub_type: str
    status: Status
    metadata: JSON


@strawberry.type
class CreateConnectionPayload:
    connection: Connection


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_connection(
        self,
        info: Info[Context, None],
        input: CreateConnectionInput,  # noqa: A002
    ) -> CreateConnectionPayload:
        row = ConnectionRow(
            id=new_id(),
            name=input.name,
            kind=input.kind,
            type=input.type,
            sub_type=input.sub_type,
            status=input.status.value,
            metadata_=input.metadata,
            user_id=info.context.user,
        )
        async with Session() as session, session.begin():
            session.add(row)
        return CreateConnectionPayload(connection=Connection.of(row))


class Door(GraphQL[Context, None]):
    async def get_context(self, request: Any, response: Any) -> Context:  # noqa: ARG002
        subject, _ = verify(KEY, request.headers.get("authorization", ""))
        async with Session() as session:
            rows = (
                await session.execute(
                    select(UserRow.id, OrganizationUser.organization_id)
                    .outerjoin(
                        OrganizationUser,
                        (OrganizationUser.user_id == UserRow.id) & live(OrganizationUser),
                    )
                    .where(UserRow.user_id == subject, live(UserRow))
                )
            ).all()
        if not rows:
            raise Refused
        return Context(rows[0][0], {organization for _, organization in rows})


async def refused(_: Request, __: Exception) -> Response:
    return Response("Unauthorized", 401)


app = Starlette(
    routes=[Route("/graphql", Door(strawberry.Schema(Query, Mutation)))],
    exception_handlers={Refused: refused},
)
