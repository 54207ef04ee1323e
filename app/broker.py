"""Events as they are committed, for those in this process who wait for them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.access import current_generation
from app.db.arrays import any_of
from app.db.base import live
from app.db.engine import Store
from app.db.events import Event, settled_before
from app.db.listening import listening_on
from app.db.users import SIGNING_IN, User
from app.errors import Lagging, Problem, Unauthenticated
from app.metrics import SUBSCRIBERS

#: Events that wait for one subscriber, at most.
ROOM = 500
#: Events that are read at once.
BATCH = 500

#: Seconds: within which events that are committed together are read together; until those are read
#: whose transaction has not been settled; between two looks if nobody wakes the broker.
GATHERING, SETTLING, IDLE = 0.005, 0.02, 1.0
#: Seconds between two looks whether subscribers may still listen, at most.
TRUST = 2.0

log = structlog.get_logger()


class Place(NamedTuple):
    """Where an event is in the order of all."""

    position: int
    id: UUID


BEGINNING = Place(-(2**63), UUID(int=0))


def beyond(place: Place) -> ColumnElement[bool]:
    """The event comes after that place."""
    same = and_(Event.position == place.position, Event.id > place.id)
    return or_(Event.position > place.position, same)


@dataclass(eq=False)
class Subscriber:
    """One who waits for the events of a user, or of an organization, after the place `since`.

    What is at that place or before is in the table.
    """

    user_id: UUID
    wants: Callable[[Event], bool]
    since: Place
    _rows: deque[Event] = field(default_factory=deque)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _lagging: bool = False
    _unsure: bool = False
    _gone: bool = False

    def offer(self, row: Event) -> None:
        """Keep an event for them, unless so many wait already that they have to begin anew."""
        if self._lagging or not self.wants(row):
            return
        self._lagging = len(self._rows) >= ROOM
        if not self._lagging:
            self._rows.append(row)
        self._ready.set()

    def doubt(self, active: bool) -> None:  # noqa: FBT001 - what was found out of the user
        """Have them look whether they may still listen; who is not active any more may not."""
        self._unsure, self._gone = True, not active
        self._ready.set()

    async def next(self) -> Event | None:
        """The next event, or None when it is time to look whether the subscriber may still listen.

        Raises `Unauthenticated` for a user who is not active any more, and `Lagging` after the
        last of the events that there was room for.
        """
        while True:
            if self._gone:
                raise Unauthenticated("The user of this token is not known here.")
            if self._unsure:
                self._unsure = False
                return None
            if self._rows:
                return self._rows.popleft()
            if self._lagging:
                raise Lagging(
                    "Events came faster than they were taken; subscribe again, after the last "
                    "event that you have."
                )
            self._ready.clear()
            await self._ready.wait()


class Broker:
    """Reads each committed event once, in order, and hands it to all who wait for it.

    Commits of this process wake it, and those of the others where `url` is of a PostgreSQL that is
    not behind a pooler; what nobody told of is found a second later. Nothing is read while nobody
    waits.
    """

    def __init__(self, store: Store, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._listening = listening_on(url, self.wake)
        store.committed = self._committed
        self._clock = clock
        self._topics: defaultdict[UUID, set[Subscriber]] = defaultdict(set)
        self._woken = asyncio.Event()
        self._starting = asyncio.Lock()
        self._tail: asyncio.Task[None] | None = None
        self._place = BEGINNING
        self._generation = 0
        self._looked = 0.0

    @property
    def subscribers(self) -> int:
        """How many wait."""
        return sum(map(len, self._topics.values()))

    def wake(self) -> None:
        """There may be new events."""
        self._woken.set()

    def _committed(self) -> None:
        self.wake()
        if self._listening is not None:
            self._listening.tell()

    @asynccontextmanager
    async def subscribed(
        self, user_id: UUID, topic: UUID, wants: Callable[[Event], bool]
    ) -> AsyncIterator[Subscriber]:
        """A subscriber to the events of a topic: the id of a user, or of an organization."""
        async with self._starting:
            if self._tail is None or self._tail.done():
                if self._listening is not None:
                    self._listening.start()
                self._place = await self._store.read(_head)
                # In no context: what it reads and logs is not of the request that begins it.
                self._tail = asyncio.create_task(self._run(), context=Context())
            subscriber = Subscriber(user_id, wants, self._place)
            self._topics[topic].add(subscriber)
        try:
            with SUBSCRIBERS.track_inprogress():
                yield subscriber
        finally:
            self._topics[topic].discard(subscriber)
            if not self._topics[topic]:
                del self._topics[topic]

    async def close(self) -> None:
        """Read no more."""
        if self._listening is not None:
            await self._listening.close()
        if self._tail is not None:
            self._tail.cancel()
            with suppress(asyncio.CancelledError):
                await self._tail

    async def _run(self) -> None:
        """Until nobody waits any more."""
        while self._topics or self._starting.locked():
            self._woken.clear()
            pause = IDLE
            try:
                pause = await self._advance()
            except Problem as problem:
                log.warning("events.unreachable", error=problem.message)
            except Exception as error:  # noqa: BLE001 - subscribers outlive a failure
                log.error("events.failed", error=type(error).__name__)  # noqa: TRY400 - it may quote values
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()
                await asyncio.sleep(GATHERING)

    async def _advance(self) -> float:
        """Hand over what is new; the seconds after which there may be more."""
        found = await self._store.read(self._look)
        for row in found.rows:
            for topic in (row.user_id, row.organization_id):
                for subscriber in self._topics.get(topic, ()) if topic is not None else ():
                    subscriber.offer(row)
        if found.rows:
            self._place = Place(found.rows[-1].position, found.rows[-1].id)
        if found.generation != self._generation or self._clock() - self._looked >= TRUST:
            self._generation, self._looked = found.generation, self._clock()
            await self._doubt()
        if len(found.rows) == BATCH:
            return 0.0
        return SETTLING if found.unsettled else IDLE

    async def _look(self, session: AsyncSession) -> Found:
        order = Event.position, Event.id
        settled = select(Event).where(beyond(self._place), Event.position < settled_before())
        rows = await session.scalars(settled.order_by(*order).limit(BATCH))
        unsettled = exists().where(Event.position >= settled_before())
        generation, more = (await session.execute(select(current_generation(), unsettled))).one()
        return Found(tuple(rows), generation, bool(more))

    async def _doubt(self) -> None:
        """Have all subscribers look whether they may still listen."""
        waiting = [each for topic in self._topics.values() for each in topic]
        users = tuple({each.user_id for each in waiting})
        active = await self._store.read(lambda session: _active(session, users))
        for each in waiting:
            each.doubt(each.user_id in active)


class Found(NamedTuple):
    """What one look shows: new events, the generation of rights, whether more are on the way."""

    rows: Sequence[Event]
    generation: int
    unsettled: bool


async def _head(session: AsyncSession) -> Place:
    """The last place of which it is settled what comes before it."""
    last = select(Event.position, Event.id).where(Event.position < settled_before())
    last = last.order_by(Event.position.desc(), Event.id.desc()).limit(1)
    row = (await session.execute(last)).one_or_none()
    return BEGINNING if row is None else Place(*row)


async def _active(session: AsyncSession, users: Sequence[UUID]) -> frozenset[UUID]:
    signing_in = select(User.id).where(live(User), User.status.in_(SIGNING_IN))
    return frozenset(await session.scalars(signing_in.where(any_of(User.id, users))))
