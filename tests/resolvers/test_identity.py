"""A token is proven once and its viewer kept, yet no change of rights is ever missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.auth import Authenticator
from app.claims import Claims
from app.db.base import Table, now
from app.db.engine import Store
from app.db.tables import keys, organizations, teams, users
from app.errors import Forbidden, Unauthenticated
from app.limits import Limits
from app.local_tokens import issue, local_secret
from app.operations import Operations
from app.permissions import Permission
from app.settings import Settings
from app.vault import Vault
from resolvers.identity import LONGEST_TRUST, UNKNOWN, Identity
from resolvers.viewer import Viewer
from resolvers.viewers import FIXED, Proven, Viewers, key_of
from resolvers.work import Work
from schema import schema
from tests.doors import InProcessDoor, Reply
from tests.world import World, build

NOW = 1_800_000_000
GENERATION = "access_generations"


class Clock:
    """Moved by hand, and the same for the time of day and for what only runs on."""

    def __init__(self) -> None:
        self.time = float(NOW)

    def __call__(self) -> float:
        return self.time


@dataclass
class Process:
    """A service, and everybody's token."""

    door: InProcessDoor
    tokens: dict[str, str]

    @property
    def identity(self) -> Identity:
        return self.door.identity

    async def ask(self, person: str, operation: str, **given: Any) -> Reply:
        return await self.door.ask(self.tokens[person], operation, **given)

    def cached(self, person: str) -> Viewer | None:
        return self.identity.cached(self.tokens[person])


@dataclass
class Scene:
    """`reader` answers, and the changes are made through `writer`."""

    world: World
    clock: Clock
    reader: Process
    writer: Process

    async def change(self, table: type[Table], row: str, **values: Any) -> None:
        async def work(session: AsyncSession) -> None:
            found: Any = await session.get(table, self.world.ids[row])
            for name, value in values.items():
                setattr(found, name, value)

        await self.writer.identity.store.write(work)


def process(store: Store, folder: Path, clock: Clock) -> Process:
    settings = Settings.from_environ({"MESHGRAPH_DATA_DIR": str(folder)})
    secret = local_secret(settings.jwt_secret_file)
    identity = Identity(
        store,
        Vault.from_file(settings.vault_keys_file),
        Authenticator.from_settings(settings, clock=clock),
        clock=clock,
    )
    tokens = {name: issue(secret, subject=name, now=NOW) for name in ("ann", "bob", "cid", "rae")}
    return Process(InProcessDoor(identity, Operations(schema._schema, Limits())), tokens)


#: On PostgreSQL, the changes may be made by another process.
ANYWHERE = pytest.mark.parametrize(
    ("databases", "processes"),
    [("sqlite", 1), ("postgresql", 1), ("postgresql", 2)],
    indirect=["databases"],
)


@pytest.fixture
def processes() -> int:
    return 1


@pytest.fixture
async def scene(
    store: Store, database_url: str, processes: int, tmp_path: Path
) -> AsyncIterator[Scene]:
    clock, world = Clock(), await build(store)
    stores = [store, *(Store.open(database_url) for _ in range(processes - 1))]
    reader, *others = [process(each, tmp_path, clock) for each in stores]
    yield Scene(world, clock, reader, others[0] if others else reader)
    for each in others:
        await each.identity.store.close()


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is sent to the database meanwhile, but for the bounds of transactions."""
    seen: list[str] = []

    def note(*given: Any) -> None:
        if "FROM" in given[2] or "UPDATE" in given[2] or "INSERT" in given[2]:
            seen.append(given[2])

    engines = [store.writer.sync_engine, store.reserve.sync_engine]
    if store.dialect == "sqlite":  # on PostgreSQL both are one, and share their events
        engines.append(store.reader.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_known_token_costs_one_look_at_the_generation(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["ann"]
    with statements(identity.store) as first:
        async with identity.open(token) as context:
            known = context.viewer
    assert len(first) == 4
    with statements(identity.store) as second:
        async with identity.open(token) as context:
            assert context.viewer is known
    assert len(second) == 1
    assert GENERATION in second[0]
    with statements(identity.store) as third:
        assert identity.cached(token) is known
        assert await identity.viewer(token) is known
        async with identity.open(token, settled=False) as context:
            assert context.viewer is known
    assert third == []


async def test_requests_that_come_together_read_a_viewer_once(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["ann"]
    with statements(identity.store) as seen:
        found = await asyncio.gather(*(identity.viewer(token) for _ in range(20)))
    assert len(seen) == 3
    assert all(each is found[0] for each in found)


async def test_a_refusal_is_nobody_elses(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    await scene.change(users.User, "bob", status="inactive")
    asked = asyncio.gather(*(identity.viewer(token) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in await asked] == [Unauthenticated] * 3
    await scene.change(users.User, "bob", status="active")
    assert (await identity.viewer(token)).organizations == (scene.world.ids["acme"],)


async def test_a_caller_without_a_token_costs_nothing(scene: Scene) -> None:
    identity = scene.reader.identity
    with statements(identity.store) as seen:
        assert identity.cached(None) == await identity.viewer(None) == Viewer()
        async with identity.open(None) as context:
            assert await context.settled() == Viewer()
    assert seen == []


async def test_a_command_looks_in_its_own_transaction(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["ann"]
    await identity.viewer(token)
    with statements(identity.store) as seen:
        async with identity.open(token, settled=False) as context:
            await context.write(nothing, Permission.CREATE_TEAM, None)
    assert len(seen) == 1
    assert GENERATION in seen[0]


async def nothing(work: Work, _: object) -> Viewer:
    return work.viewer


async def remove_member(scene: Scene) -> None:
    given = {"orgId": scene.world["acme"], "userId": "bob"}
    assert (await scene.writer.ask("ann", "deleteUserFromOrg", **given)).code == "OK"


async def unlink_team(scene: Scene) -> None:
    at = {"orgId": scene.world["acme"], "teamId": scene.world["acme-team"]}
    assert (await scene.writer.ask("ann", "removeTeamFromOrg", **at)).code == "OK"


async def leave_team(scene: Scene) -> None:
    at = {"orgId": scene.world["acme"], "teamId": scene.world["acme-team"]}
    reply = await scene.writer.ask("ann", "removeUserFromTeam", **at, userId="bob")
    assert reply.code == "OK"


async def delete_organization(scene: Scene) -> None:
    reply = await scene.writer.ask("ann", "deleteOrg", orgId=scene.world["acme"])
    assert reply.code == "OK"


async def switch_off(scene: Scene) -> None:
    await scene.change(users.User, "bob", status="inactive")


async def change_subject(scene: Scene) -> None:
    await scene.change(users.User, "bob", user_id="robert")


async def take_keychains(scene: Scene) -> None:
    async def work(session: AsyncSession) -> None:
        roles = select(keys.Role.id).where(keys.Role.role_name.in_(("user", "team admin")))
        await session.execute(
            update(keys.RoleKeychain)
            .where(keys.RoleKeychain.role_id.in_(roles))
            .values(deleted_at=now())
        )

    await scene.writer.identity.store.write(work)


REVOKED: dict[str, tuple[Callable[[Scene], Awaitable[None]], str, str]] = {
    "a member removed": (remove_member, "FORBIDDEN", "FORBIDDEN"),
    "a team unlinked": (unlink_team, "OK", "FORBIDDEN"),
    "a seat ended": (leave_team, "OK", "FORBIDDEN"),
    "an organization deleted": (delete_organization, "FORBIDDEN", "FORBIDDEN"),
    "a user switched off": (switch_off, "UNAUTHENTICATED", "UNAUTHENTICATED"),
    "another subject": (change_subject, "UNAUTHENTICATED", "UNAUTHENTICATED"),
    "a role without its keychains": (take_keychains, "FORBIDDEN", "FORBIDDEN"),
}


@ANYWHERE
@pytest.mark.parametrize(("revoke", "reading", "writing"), REVOKED.values(), ids=REVOKED)
async def test_what_is_revoked_is_gone_with_the_next_request(
    scene: Scene, revoke: Callable[[Scene], Awaitable[None]], reading: str, writing: str
) -> None:
    """Bob may read by his place in the organization, and write by his role in the team."""
    acme = {"orgId": scene.world["acme"]}
    team = {**acme, "teamId": scene.world["acme-team"], "name": "New"}
    await scene.change(teams.TeamUser, "acme-seat", role_id=await role(scene, "team admin"))
    assert (await scene.reader.ask("bob", "updateTeam", **team)).code == "OK"
    assert (await scene.reader.ask("bob", "getOrg", **acme)).code == "OK"
    await revoke(scene)
    assert scene.reader.cached("bob") is not None
    assert (await scene.reader.ask("bob", "getOrg", **acme)).code == reading
    assert (await scene.reader.ask("bob", "updateTeam", **team)).code == writing


@ANYWHERE
@pytest.mark.parametrize("revoke", [remove_member, unlink_team, take_keychains, switch_off])
async def test_a_command_ahead_of_any_read_misses_no_revocation(
    scene: Scene, revoke: Callable[[Scene], Awaitable[None]]
) -> None:
    await scene.change(teams.TeamUser, "acme-seat", role_id=await role(scene, "team admin"))
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    async with identity.open(token) as context:
        context.viewer.require(Permission.CREATE_TEAM)
        await revoke(scene)
        with pytest.raises((Forbidden, Unauthenticated)):
            await context.write(nothing, Permission.CREATE_TEAM, None)


async def role(scene: Scene, name: str) -> Any:
    async with scene.reader.identity.store.reading() as session:
        return (
            await session.execute(select(keys.Role.id).where(keys.Role.role_name == name))
        ).scalar_one()


@ANYWHERE
@pytest.mark.parametrize("settled", [True, False])
async def test_what_is_granted_counts_at_once(scene: Scene, settled: bool) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    await identity.viewer(token)
    await scene.change(
        organizations.OrganizationUser, "bob@acme", role_id=await role(scene, "organization admin")
    )
    document = 'mutation { createTeam(input: {organizationId: "%s", name: "N"}) { team { name } } }'
    async with identity.open(token, settled=settled) as context:
        result = await schema.execute(document % scene.world["acme"], context_value=context)
    assert result.errors is None, result.errors
    assert result.data == {"createTeam": {"team": {"name": "N"}}}


async def test_a_payload_shows_the_rights_its_command_gave(scene: Scene) -> None:
    document = """mutation { createOrganization(input: {name: "N"}) { organization {
        name users { totalCount } viewerKeys { totalCount } } } }"""
    async with scene.reader.identity.open(scene.reader.tokens["ann"]) as context:
        result = await schema.execute(document, context_value=context)
    assert result.errors is None, result.errors
    assert result.data is not None
    organization = result.data["createOrganization"]["organization"]
    assert organization["users"]["totalCount"] == 1
    assert organization["viewerKeys"]["totalCount"] > 1


@ANYWHERE
async def test_a_snapshot_keeps_the_rights_it_began_with(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    async with identity.open(token) as context:
        await remove_member(scene)
        before = await schema.execute("{ organizations { totalCount } }", context_value=context)
    async with identity.open(token) as context:
        after = await schema.execute("{ organizations { totalCount } }", context_value=context)
    assert before.data == {"organizations": {"totalCount": 1}}
    assert after.data == {"organizations": {"totalCount": 0}}


async def test_a_viewer_is_read_once_after_a_change(scene: Scene) -> None:
    for person in ("ann", "bob"):
        await scene.reader.ask(person, "getOrgs")
    await remove_member(scene)
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    counts = []
    for _ in range(2):
        with statements(identity.store) as seen:
            async with identity.open(token):
                pass
        counts.append(len(seen))
    assert counts == [4, 1]


async def test_what_is_forgotten_is_read_anew(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    known = await identity.viewer(token)
    identity.forget(token)
    assert identity.cached(token) is None
    assert await identity.viewer(token) == known


@pytest.mark.parametrize(("after", "lasts"), [(3602, True), (3603, False)])
async def test_a_kept_token_expires(scene: Scene, after: int, lasts: bool) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    scene.clock.time = NOW + 3602 - LONGEST_TRUST / 2
    await identity.viewer(token)
    scene.clock.time = NOW + after
    assert (identity.cached(token) is not None) is lasts
    if not lasts:
        with pytest.raises(Unauthenticated, match="expired"):
            async with identity.open(token):
                pass


async def test_a_change_behind_the_service_counts_within_seconds(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    await identity.viewer(token)
    async with identity.store.writer.begin() as connection:
        await connection.execute(text("UPDATE users SET status = 'inactive'"))
    scene.clock.time = NOW + LONGEST_TRUST - 0.01
    assert identity.cached(token) is not None
    scene.clock.time = NOW + LONGEST_TRUST
    with pytest.raises(Unauthenticated, match=UNKNOWN):
        await identity.viewer(token)


async def test_a_change_of_rights_does_not_make_a_proof_younger(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["ann"]
    await identity.viewer(token)
    scene.clock.time = NOW + LONGEST_TRUST - 0.01
    await scene.change(teams.TeamUser, "acme-seat", deleted_at=now())
    async with identity.open(token):
        pass
    assert identity.cached(token) is not None
    scene.clock.time = NOW + LONGEST_TRUST
    assert identity.cached(token) is None


async def test_other_keys_of_the_provider_end_what_was_proven(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"]
    await identity.viewer(token)
    identity.authenticator.revision = lambda: 1
    assert identity.cached(token) is None


async def test_a_bad_token_is_refused_each_time(scene: Scene) -> None:
    identity, token = scene.reader.identity, scene.reader.tokens["bob"][:-2] + "AA"
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await identity.viewer(token)
        assert identity.cached(token) is None


PROVEN = Proven(Claims("ada", None, None, None), Viewer(), 0.0, 0)


def grants(number: int) -> Proven:
    viewer = Viewer(grants={None: frozenset()} if number else {})
    return replace(PROVEN, viewer=viewer)


def test_the_longest_unused_make_room() -> None:
    viewers = Viewers(room=3 * FIXED + 1)
    for name in ("a", "b", "c"):
        viewers.put(key_of(name), grants(0))
    assert viewers.get(key_of("a"))
    viewers.put(key_of("d"), grants(1))
    assert [bool(viewers.get(key_of(name))) for name in "abcd"] == [True, False, True, True]
    viewers.put(key_of("d"), grants(0))
    viewers.put(key_of("d"), grants(1))
    viewers.forget(key_of("a"))
    viewers.forget(key_of("a"))
    viewers.put(key_of("e"), grants(0))
    assert [bool(viewers.get(key_of(name))) for name in "acde"] == [False, True, True, True]
