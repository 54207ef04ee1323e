"""Events as they happen: none is missed, none comes twice, and nobody sees those of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import broker as brokers
from app.broker import Broker
from app.db.base import now
from app.db.engine import Store
from app.db.events import SYSTEM_ID, Event, put_restored_first
from app.db.organizations import OrganizationUser
from app.db.users import User
from app.errors import Forbidden, Lagging, NotFound, Unauthenticated
from app.vault import Vault
from resolvers.context import Context
from resolvers.event_stream import follow
from resolvers.grants import find_viewer
from tests.world import World, build

Stream = AsyncGenerator[Event, None]
SECONDS = 20.0
CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'meshgraph events' AND datname = current_database()
"""


@dataclass
class Stage:
    """A store with a world in it, and the broker of one process."""

    store: Store
    broker: Broker
    world: World
    contexts: list[Context] = field(default_factory=list)

    async def context(self, person: str, proof: Any = None) -> Context:
        async def reload(session: AsyncSession) -> Any:
            viewer = await find_viewer(session, person)
            if viewer is None:
                raise Unauthenticated("gone")
            return viewer

        viewer = await self.store.read(reload)
        context = Context(self.store, Vault(()), viewer, reload, None, self.broker, proof)
        self.contexts.append(context)
        return context

    async def write(self, person: str, description: str, **values: Any) -> UUID:
        row = self.event(person, description, **values)

        async def add(session: AsyncSession) -> None:
            session.add(row)

        await self.store.write(add)
        return row.id

    def event(self, person: str, description: str, **values: Any) -> Event:
        given: dict[str, Any] = {"severity": "success", "category": "test", **values}
        return Event(
            user_id=self.world.ids[person], system_id=SYSTEM_ID, action="x", status="unread",
            description=description, metadata_={}, **given,
        )  # fmt: skip


@pytest.fixture
async def stage(store: Store, database_url: str) -> AsyncIterator[Stage]:
    made = Stage(store, Broker(store, database_url), await build(store))
    yield made
    for context in made.contexts:
        await context.close()
    await made.broker.close()


@asynccontextmanager
async def following(stage: Stage, person: str, **given: Any) -> AsyncIterator[Stream]:
    """A stream that waits for what happens, from now on."""
    stream = follow(await stage.context(person), **given)
    async with aclosing(stream):
        before = stage.broker.subscribers
        first = asyncio.create_task(anext(stream))
        await until(lambda: stage.broker.subscribers > before or first.done())
        yield _with(first, stream)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def _with(first: asyncio.Task[Event], rest: Stream) -> Stream:
    yield await first
    async for row in rest:
        yield row


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.001)


async def _all(stream: Stream, seen: list[Event]) -> None:
    async for row in stream:
        seen.append(row)  # noqa: PERF401 - what was seen before it raises


async def take(stream: Stream, number: int) -> list[str]:
    async with asyncio.timeout(SECONDS):
        return [(await anext(stream)).description for _ in range(number)]


async def test_what_happens_is_told_in_order(stage: Stage) -> None:
    async with following(stage, "bob") as stream:
        for each in range(20):
            await stage.write("ann", f"other {each}")
            await stage.write("bob", str(each))
        assert await take(stream, 20) == [str(each) for each in range(20)]


async def test_first_what_is_stored_then_what_happens(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.event_stream.BATCH", 3)
    ids = [await stage.write("bob", str(each)) for each in range(10)]
    async with following(stage, "bob", after=ids[1]) as stream:
        for each in range(10, 14):
            await stage.write("bob", str(each))
        assert await take(stream, 12) == [str(each) for each in range(2, 14)]


async def test_nothing_is_missed_between_the_stored_and_the_live(stage: Stage) -> None:
    """Subscribers begin while events are written all the time."""
    beginning = await stage.write("bob", "0")
    number = 60

    async def writing() -> None:
        for each in range(1, number):
            await stage.write("bob", str(each))

    async def reading(delay: float) -> list[str]:
        await asyncio.sleep(delay)
        async with aclosing(follow(await stage.context("bob"), after=beginning)) as stream:
            return await take(stream, number - 1)

    found = await asyncio.gather(writing(), *(reading(each / 20) for each in range(8)))
    assert found[1:] == [[str(each) for each in range(1, number)]] * 8


async def test_transactions_that_overlap_are_in_one_order_for_all(
    stage: Stage, database_url: str
) -> None:
    """One begins first and is committed last: who resumes after the other must not miss it."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    beginning = await stage.write("bob", "beginning")
    async with following(stage, "bob") as live, AsyncSession(stage.store.writer) as slow:
        slow.add(stage.event("bob", "slow"))
        await slow.flush()
        quick = await stage.write("bob", "quick")
        resumed = follow(await stage.context("bob"), after=quick)
        waiting = asyncio.create_task(take(resumed, 2))
        await asyncio.sleep(0.2)
        await slow.commit()
        stage.broker.wake()
        after = await stage.write("bob", "after")
        assert after
        order = await take(live, 3)
        assert order == ["slow", "quick", "after"]
        assert await waiting == ["slow", "after"]  # whoever had seen but the quick one
        async with aclosing(resumed):
            pass
    async with aclosing(follow(await stage.context("bob"), after=beginning)) as stream:
        assert await take(stream, 3) == order


async def test_what_is_rolled_back_is_never_told(stage: Stage) -> None:
    async with following(stage, "bob") as stream:

        async def fail(session: AsyncSession) -> None:
            session.add(stage.event("bob", "never"))
            await session.flush()
            raise RuntimeError("power")

        with pytest.raises(RuntimeError):
            await stage.store.write(fail)
        await stage.write("bob", "ever")
        assert await take(stream, 1) == ["ever"]


CONDITIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"severity": ["ERROR"]}, ["two"]),
    ({"category": ["other"]}, ["one"]),
    ({"severity": ["ERROR", "SUCCESS"], "category": ["test"]}, ["two", "three"]),
]


@pytest.mark.parametrize(("given", "expected"), CONDITIONS)
async def test_a_filter_holds_for_stored_and_live(
    stage: Stage, given: dict[str, Any], expected: list[str]
) -> None:
    from_schema = _filter(given)
    beginning = await stage.write("bob", "beginning", severity="debug")

    async def write() -> None:
        await stage.write("bob", "one", category="other")
        await stage.write("bob", "two", severity="error")
        await stage.write("bob", "three")

    async with following(stage, "bob", filter=from_schema) as live:
        await write()
        assert await take(live, len(expected)) == expected
    async with aclosing(
        follow(await stage.context("bob"), filter=from_schema, after=beginning)
    ) as stored:
        assert await take(stored, len(expected)) == expected


def _filter(given: dict[str, Any]) -> Any:
    plain = {key: [each.lower() for each in values] for key, values in given.items()}
    return SimpleNamespace(**plain)


async def test_an_organization_is_followed_by_who_holds_the_key(stage: Stage) -> None:
    acme = stage.world.ids["acme"]
    async with following(stage, "ann", organization_id=acme) as stream:
        await stage.write("ron", "elsewhere", organization_id=stage.world.ids["rival"])
        await stage.write("bob", "here", organization_id=acme)
        assert await take(stream, 1) == ["here"]
    for person, organization in (("bob", "acme"), ("rae", "acme"), ("ann", "rival")):
        stream = follow(await stage.context(person), organization_id=stage.world.ids[organization])
        with pytest.raises(Forbidden):
            await anext(stream)
    with pytest.raises(Forbidden):
        await anext(follow(await stage.context("ann"), organization_id=UUID(int=7)))


async def test_nobody_resumes_after_what_they_may_not_see(stage: Stage) -> None:
    foreign = await stage.write("rae", "x")
    answers = []
    for after in (foreign, UUID(int=7)):
        with pytest.raises(NotFound) as refused:
            await anext(follow(await stage.context("bob"), after=after))
        answers.append(refused.value.message.replace(str(after), ""))
    assert answers[0] == answers[1]


async def test_who_deleted_an_event_resumes_after_it(stage: Stage) -> None:
    ids = [await stage.write("bob", str(each)) for each in range(3)]

    async def delete(session: AsyncSession) -> None:
        await session.execute(update(Event).where(Event.id == ids[0]).values(deleted_at=now()))

    await stage.store.write(delete)
    async with aclosing(follow(await stage.context("bob"), after=ids[0])) as stream:
        assert await take(stream, 2) == ["1", "2"]


async def test_a_slow_subscriber_is_told_to_begin_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers, "ROOM", 5)
    async with following(stage, "bob") as stream:
        ids = [await stage.write("bob", str(each)) for each in range(12)]
        await until(lambda: stage.broker._place.id == ids[-1])
        seen: list[Event] = []
        with pytest.raises(Lagging):
            await _all(stream, seen)
    assert [row.description for row in seen] == [str(each) for each in range(len(seen))]
    assert 5 <= len(seen) <= 6
    async with aclosing(follow(await stage.context("bob"), after=seen[-1].id)) as stream:
        rest = await take(stream, 12 - len(seen))
    assert rest == [str(each) for each in range(len(seen), 12)]


async def _end_user(session: AsyncSession, world: World) -> None:
    row = await session.get_one(User, world.ids["ann"])
    row.status = "inactive"


async def _end_membership(session: AsyncSession, world: World) -> None:
    member = select(OrganizationUser).where(OrganizationUser.user_id == world.ids["ann"])
    (await session.scalars(member)).one().deleted_at = now()


@pytest.mark.parametrize(
    ("change", "outcome"), [(_end_user, Unauthenticated), (_end_membership, Forbidden)]
)
async def test_it_ends_when_the_rights_do(
    stage: Stage, change: Callable[..., Any], outcome: type[Exception]
) -> None:
    async with following(stage, "ann", organization_id=stage.world.ids["acme"]) as stream:
        await stage.store.write(lambda session: change(session, stage.world))
        with pytest.raises(outcome):
            await take(stream, 1)


async def test_it_ends_when_the_token_does(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "TRUST", 0.05)
    monkeypatch.setattr(brokers, "IDLE", 0.05)

    async def expired() -> None:
        raise Unauthenticated("expired")

    stream = follow(await stage.context("bob", expired))
    with pytest.raises(Unauthenticated, match="expired"):
        await take(stream, 1)
    assert stage.broker.subscribers == 0


async def test_other_processes_are_heard(stage: Stage, database_url: str) -> None:
    """Another store is another process; it tells, and the poll is too late to be it."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one process")
    other = Store.open(database_url)
    teller = Broker(other, database_url)
    try:
        async with following(stage, "bob") as stream:
            await Stage(other, teller, stage.world).write("bob", "first")
            assert await take(stream, 1) == ["first"]
            await _cut(stage.store)
            await Stage(other, teller, stage.world).write("bob", "second")
            assert await take(stream, 1) == ["second"]
            await Stage(other, teller, stage.world).write("bob", "third")
            assert await take(stream, 1) == ["third"]
    finally:
        await teller.close()
        await other.close()


async def _cut(store: Store) -> None:
    """End the connections that listen."""
    async with AsyncSession(store.writer) as session:
        cut = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
        )
        await session.execute(text(cut), {"name": "meshgraph events"})


async def test_who_leaves_is_forgotten(stage: Stage) -> None:
    for _ in range(3):
        async with following(stage, "bob"):
            assert stage.broker.subscribers == 1
    assert stage.broker.subscribers == 0


async def test_events_restored_from_another_database_come_before_new_ones(stage: Stage) -> None:
    """The ids of transactions begin anew there, far below the places of what was restored."""
    if stage.store.dialect == "sqlite":
        pytest.skip("SQLite counts on from what there is")
    ids = [await stage.write("bob", f"old {each}") for each in range(3)]

    async def restore(session: AsyncSession) -> None:
        moved = update(Event).values(position=Event.position + 10**12)
        await session.execute(moved)

    await stage.store.write(restore)
    for _ in range(2):  # the second time there is nothing to do
        await stage.store.write(put_restored_first)
    await stage.write("bob", "new")
    async with aclosing(follow(await stage.context("bob"), after=ids[0])) as stream:
        assert await take(stream, 3) == ["old 1", "old 2", "new"]
