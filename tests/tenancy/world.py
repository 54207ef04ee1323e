"""Two organizations that share nobody: `home`, where the callers belong, and `foreign`.

Every text that a caller can set says `canary` in the rows of the foreign one. Of every kind there
is a live row and a deleted one in both. Ids and times are the same each time the world is built.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from itertools import chain
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Text, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogue import load_catalogue
from app.db import (
    connections,
    designs,
    environments,
    events,
    keys,
    organizations,
    registry,
    rest_calls,
    teams,
    users,
)
from app.db.base import Json, Table
from app.db.engine import Store
from app.vault import Vault

CANARY = "canary"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
HOME, FOREIGN = "home", "foreign"
LIVE, DELETED = "live", "deleted"
SIDES = (HOME, FOREIGN)
STATES = (LIVE, DELETED)

#: Texts that are no caller's to set: each is one of a few, or made by the service.
FIXED: Mapping[type[Table], Mapping[str, Any]] = {
    users.User: {"status": "active"},
    connections.Connection: {"status": "connected"},
    designs.Design: {"visibility": "private", "pattern_file": "{}", "unmatched": []},
    events.Event: {"severity": "success", "status": "unread"},
    rest_calls.RestCall: {"endpoint": "getOrgs"},
}
#: Columns that hold what callers say, though neither as text nor as JSON.
BYTES = {designs.Design: {"source"}, connections.Credential: {"secret"}}

#: caller → what they are. The foreigner is a member of the foreign organization.
CALLERS = ("admin", "member", "nobody", None)
ADMIN = "admin"

#: kind → its table. The kinds are those of the graph, as far as it has the table.
KINDS: Mapping[str, type[Table]] = {
    "Organization": organizations.Organization,
    "OrganizationMembership": organizations.OrganizationUser,
    "Team": teams.Team,
    "OrganizationTeam": teams.TeamOrganization,
    "TeamMembership": teams.TeamUser,
    "User": users.User,
    "UserRole": users.UserRole,
    "Environment": environments.Environment,
    "EnvironmentConnection": environments.EnvironmentConnection,
    "Connection": connections.Connection,
    "Credential": connections.Credential,
    "Design": designs.Design,
    "Event": events.Event,
    "RestCall": rest_calls.RestCall,
}
#: What is no row of its own: the server that a connection of kind `meshery` is to.
SERVER = "MesheryServer"
#: What events name besides: the operation they are of, and the system that tells of it.
OPERATION, SYSTEM = "Operation", "System"
#: What all organizations share.
SHARED: Mapping[str, type[Table]] = {
    "Registrant": registry.Registrant,
    "Category": registry.Category,
    "Model": registry.Model,
    "Component": registry.Component,
    "Relationship": registry.Relationship,
    "Policy": registry.Policy,
    "Key": keys.Key,
    "Role": keys.Role,
}
Row = dict[str, Any]


def identity(kind: str, side: str, state: str = LIVE, name: str = "") -> UUID:
    return uuid5(NAMESPACE_URL, f"{kind}/{side}/{state}/{name}")


def shared(kind: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"{kind}/shared")


def said(table: type[Table], attribute: str, side: str, mark: str) -> str:
    """A text as a caller of that side would have set it; a canary on the foreign one."""
    word = CANARY if side == FOREIGN else "own"
    return f"{word}-{table.__tablename__}-{attribute}-{mark}".lower()


def texts_of(table: type[Table]) -> Iterator[tuple[str, str]]:
    """The columns that hold what callers say, and whether as `text`, `json` or `bytes`."""
    for name, column in inspect(table).columns.items():
        if name in BYTES.get(table, ()):
            yield name, "bytes"
        elif isinstance(column.type, Text):
            yield name, "text"
        elif isinstance(column.type, type(Json)):
            yield name, "json"


def row(table: type[Table], side: str, state: str, /, name: str = "", **given: Any) -> Row:
    """A row of which all that is not given says whose it is."""
    made: Row = {"created_at": MOMENT, "updated_at": MOMENT, **FIXED.get(table, {}), **given}
    made["deleted_at"] = MOMENT if state == DELETED else None
    for attribute, form in texts_of(table):
        if attribute not in made:
            text = said(table, attribute, side, f"{state}{name}")
            made[attribute] = {"text": text, "json": {"said": text}, "bytes": text.encode()}[form]
    return made


Rows = Iterator[tuple[type[Table], Row]]


@dataclass(frozen=True)
class Side:
    """One organization with all that belongs to it."""

    side: str
    vault: Vault
    roles: Mapping[str, UUID]

    def id(self, kind: str, state: str = LIVE, name: str = "") -> UUID:
        return identity(kind, self.side, state, name)

    def row(self, kind: str, state: str, /, name: str = "", **given: Any) -> tuple[Any, Row]:
        table = KINDS[kind]
        return table, row(table, self.side, state, name, id=self.id(kind, state, name), **given)

    def rows(self) -> Rows:
        return chain(self._people(), self._places(), *(self._state(state) for state in STATES))

    def _people(self) -> Rows:
        """The administrator is of the name that tokens have; so are a member and a nobody."""
        yield self._person(LIVE, ADMIN)
        for state in STATES:  # the member that the other rows are about
            yield self._person(state, "")
        yield self._person(LIVE, "nobody")
        yield self._person(LIVE, "spare")

    def _person(self, state: str, name: str) -> tuple[Any, Row]:
        free = {"socials": [{"site": said(users.User, "socials", self.side, f"{state}{name}")}]}
        return self.row(
            "User", state, name, user_id=subject(self.side, name or "member", state), **free
        )

    def _places(self) -> Rows:
        for state in STATES:
            yield self.row("Organization", state, owner=self.id("User", name=ADMIN))
        home: Row = {"organization_id": self.id("Organization")}
        yield self.row(
            "OrganizationMembership", LIVE, ADMIN, **home,
            user_id=self.id("User", name=ADMIN), role_id=self.roles["every key"],
        )  # fmt: skip
        yield self.row(
            "OrganizationMembership", LIVE, "spare", **home,
            user_id=self.id("User", name="spare"), role_id=None,
        )  # fmt: skip

    def _state(self, state: str) -> Rows:
        """What is live, or deleted, in the organization that is live."""
        owner, member = self.id("User", name=ADMIN), self.id("User", state)
        home, team = self.id("Organization"), self.id("Team", state)
        yield self.row(
            "OrganizationMembership", state, organization_id=home, user_id=member, role_id=None
        )
        yield self.row("UserRole", state, user_id=member, role_id=self.roles["curator"])
        yield self.row("Team", state, owner=owner)
        yield self.row("OrganizationTeam", state, org_id=home, team_id=team)
        yield self.row("TeamMembership", state, team_id=team, user_id=member, role_id=None)
        environment = self.id("Environment", state)
        yield self.row("Environment", state, organization_id=home, owner=owner)
        yield from self._connections(state, owner)
        yield self.row(
            "EnvironmentConnection", state, environment_id=environment,
            connection_id=self.id("Connection", state),
        )  # fmt: skip
        yield self.row("Design", state, user_id=owner, components_count=0)
        yield from self._events(state, owner)
        yield self.row(
            "RestCall", state, user_id=owner, calls=1, errors=0, last_used_at=MOMENT
        )  # fmt: skip

    def _connections(self, state: str, owner: UUID) -> Rows:
        key = self.id("Credential", state)
        secret = json.dumps({"auth": said(connections.Credential, "secret", self.side, state)})
        yield self.row("Credential", state, user_id=owner, secret=self.vault.seal(key, secret))
        yield self.row(
            "Connection", state, user_id=owner, kind="kubernetes", credential_id=key, server_id=None
        )
        server = self.id(SERVER, state)
        yield self.row(
            "Connection", state, "meshery", user_id=owner, kind="meshery", credential_id=None,
            server_id=server,
            metadata_={"server_id": str(server), "said": said(
                connections.Connection, "metadata_", self.side, state)},
        )  # fmt: skip

    def _events(self, state: str, owner: UUID) -> Rows:
        """One of a command in the organization, and one of its owner's alone."""
        about: Row = {
            "user_id": owner, "system_id": self.id(SYSTEM),
            "acted_upon": self.id("Design"), "operation_id": self.id(OPERATION),
        }  # fmt: skip
        yield self.row("Event", state, organization_id=self.id("Organization"), position=1, **about)
        yield self.row("Event", state, "own", organization_id=None, position=2, **about)


def subject(side: str, name: str, state: str = LIVE) -> str:
    """What a token of theirs says; on the foreign side it is a canary, like all that is theirs."""
    return said(users.User, "user_id", side, f"{state}{name}")


def subject_of(caller: str | None) -> str | None:
    return None if caller is None else subject(HOME, caller)


def own(kind: str, state: str = LIVE) -> str:
    """The id that a caller would name: of what is shared by all, the one there is."""
    return str(shared(kind) if kind in SHARED else identity(kind, HOME, state))


def foreign(kind: str, state: str = LIVE) -> str:
    return str(identity(kind, FOREIGN, state))


def absent(row_id: str, number: int = 1) -> str:
    """An id of nothing, which sorts where the other one does; another for each number below 16."""
    return row_id[:-1] + f"{int(row_id[-1], 16) ^ number:x}"


def _catalogue() -> Rows:
    """What all share; one row of each kind."""
    same: Mapping[str, Any] = {"model_id": shared("Model")}
    given: Mapping[str, Mapping[str, Any]] = {
        "Registrant": {}, "Category": {},
        "Model": {"registrant_id": shared("Registrant"), "category_id": shared("Category")},
        "Component": {**same, "status": "enabled"}, "Relationship": same, "Policy": same,
    }  # fmt: skip
    for kind, values in given.items():
        table = SHARED[kind]
        yield table, row(table, HOME, LIVE, id=shared(kind), **values)
    yield keys.Key, row(keys.Key, HOME, LIVE, id=shared("Key"), owner=UUID(int=0))


def _every_key(roles: Mapping[str, UUID], every: list[UUID]) -> Rows:
    """A role that holds every key there is."""
    chain_id = shared("Keychain")
    made: Row = {"id": chain_id, "owner": UUID(int=0)}
    yield keys.Keychain, row(keys.Keychain, HOME, LIVE, **made)
    given: Row = {"role_id": roles["every key"], "keychain_id": chain_id}
    yield keys.RoleKeychain, row(keys.RoleKeychain, HOME, LIVE, id=shared("given"), **given)
    for key in every:
        held: Row = {"id": shared(f"held-{key}"), "keychain_id": chain_id, "key_id": key}
        yield keys.KeychainKey, row(keys.KeychainKey, HOME, LIVE, **held)


async def build(store: Store, vault: Vault) -> None:
    """Fill an empty store."""

    async def work(session: AsyncSession) -> None:
        await load_catalogue(session, files("app").joinpath("permission_keys.csv").read_text())
        made = row(keys.Role, HOME, LIVE, id=shared("Role"), role_name="every key")
        await session.execute(insert(keys.Role), [made])
        roles = {each.role_name: each.id for each in await session.scalars(select(keys.Role))}
        every = list(await session.scalars(select(keys.Key.id)))
        sides = (Side(side, vault, roles).rows() for side in SIDES)
        for table, values in chain(_every_key(roles, every), _catalogue(), *sides):
            await session.execute(insert(table), [values])

    await store.write(work)


def foreign_ids(*kinds: str) -> frozenset[str]:
    """Every id of those kinds, or of all, on the foreign side."""
    names = ("", ADMIN, "nobody", "spare", "meshery", "own")
    return frozenset(
        str(identity(kind, FOREIGN, state, name))
        for kind in kinds or (*KINDS, SERVER, OPERATION, SYSTEM)
        for state in STATES
        for name in names
    )
