"""What every resolver is given: who asks, and the ways to read and to write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Executable, Result
from sqlalchemy.ext.asyncio import AsyncSession

from app.broker import Broker
from app.budgets import Charge
from app.db.access import CHANGED, has_written
from app.db.base import Table, new_id
from app.db.engine import Store
from app.db.inserting import Draft
from app.db.session import SerialSession, SnapshotSession
from app.errors import Problem, Unavailable
from app.evaluator import Evaluator
from app.intake import Intake
from app.outside import Outside
from app.permissions import Permission
from app.vault import Vault
from resolvers.grants import is_current, load_viewer
from resolvers.loaders import Loaders
from resolvers.telling import Tells, tell
from resolvers.viewer import Viewer
from resolvers.work import Work

Row = TypeVar("Row", bound=Table)
Answer = TypeVar("Answer")


#: Reads the viewer anew in a session; raises `Unauthenticated` where there is none any more.
Reload = Callable[[AsyncSession], Awaitable[Viewer]]


NOTHING = nullcontext()

#: A statement that reads, in the session that is given.
Run = Callable[[SerialSession], Awaitable[Result[*tuple[Any, ...]]]]

#: Seconds that a read has which nobody waits for any more.
MOMENT = 0.1


class Single(Protocol):
    """The one transaction of an operation with an idempotency key: see `resolvers.once`.

    `session` is None before its first command. The methods are as those of `Context`.
    """

    session: SerialSession | None

    async def write(self, work: Callable[[AsyncSession], Awaitable[Answer]], /) -> Answer: ...

    async def prepared(
        self, name: Hashable, prepare: Callable[[], Awaitable[Answer]], /
    ) -> Answer: ...

    def noting(self) -> AbstractContextManager[None]: ...


@dataclass
class Context:
    """One operation. Reads share one snapshot; a command ends it, so that its payload is fresh.

    With `reload`, `viewer` may have been read earlier: a snapshot or a transaction begins with a
    look whether the rights are still the same, and they are read again where they are not.
    `proof` tells whether the token is still good. This is an `app.subscriptions.Subscriber`, where
    `last_event_id` is explained. `charge` is what the operation has been charged, where that is
    counted. With `once`, all that the operation changes is one transaction, in which it reads as
    well from its first command on. One that `writes` waits for connections as writers do, in all
    that it reads: it was let in as a writer, and after its commit it is too late to say that there
    is no room.
    """

    store: Store
    vault: Vault
    viewer: Viewer
    reload: Reload | None = None
    outside: Outside | None = None
    events: Broker | None = None
    proof: Callable[[], Awaitable[None]] | None = None
    last_event_id: str | None = None
    charge: Charge | None = None
    once: Single | None = None
    writes: bool = False
    _loaders: Loaders | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _session: SnapshotSession | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _reader: asyncio.Task[Any] | None = None
    _over: bool = False
    _attempted: UUID | None = None

    @property
    def caller(self) -> UUID | None:
        """Whose subscriptions are counted together."""
        return self.viewer.user_id

    @property
    def intake(self) -> Intake:
        """The way in for content; raises `Unavailable` where the service has none."""
        if self.outside is None:
            raise Unavailable("Nothing can be brought in here.")
        return self.outside.intake

    @property
    def broker(self) -> Broker:
        """Where events come from as they happen; raises `Unavailable` where there is none."""
        if self.events is None:
            raise Unavailable("Events cannot be followed here.")
        return self.events

    async def prove(self) -> None:
        """Raise `Unauthenticated` if the token is not good any more."""
        if self.proof is not None:
            await self.proof()

    @property
    def evaluator(self) -> Evaluator:
        """What evaluates designs; raises `Unavailable` where the service has none."""
        if self.outside is None:
            raise Unavailable("Nothing can be evaluated here.")
        return self.outside.evaluator

    @property
    def loaders(self) -> Loaders:
        """The loaders over what this reads: others, once the snapshot has been given back."""
        if self._loaders is None:
            self._loaders = Loaders(self.read, self.rows, self.settled)
        return self._loaders

    async def settled(self) -> Viewer:
        """The viewer with the rights of the operation's snapshot, which this opens if need be.

        Raises `Unauthenticated` when the viewer has ceased to be one.
        """
        if self.reload is not None:
            async with self._turn:
                await self._opened()
        return self.viewer

    async def read(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result[*tuple[Any, ...]]:
        """Run a read in the operation's snapshot; raises `Unavailable` once it has ended.

        It goes on where a field that waits for it is cancelled because another has failed: to break
        it off would break the snapshot, which fields elsewhere still need.
        """
        return await self._shielded(lambda session: session.execute(statement, values))

    async def rows(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result[*tuple[Any, ...]]:
        """As `read`, for columns alone, of which no object is made."""
        return await self._shielded(lambda session: session.rows(statement, values))

    async def _shielded(self, run: Run) -> Result[*tuple[Any, ...]]:
        return await asyncio.shield(asyncio.ensure_future(self._in_turn(run)))

    async def _in_turn(self, run: Run) -> Result[*tuple[Any, ...]]:
        async with self._turn:
            self._reader = asyncio.current_task()
            try:
                session = await self._opened()
                with self._noting():
                    return await run(session)
            finally:
                self._reader = None

    def _noting(self) -> AbstractContextManager[None]:
        return NOTHING if self.once is None else self.once.noting()

    async def _opened(self) -> SerialSession:
        """The session of the snapshot, for who has the turn."""
        if self._over:
            raise Unavailable("The operation has ended.")
        if self.once is not None and self.once.session is not None:
            return self.once.session
        if self._session is None:
            begun = self.store.reading(patient=self.writes)
            session = await self._stack.enter_async_context(begun)
            assert isinstance(session, SnapshotSession)
            try:
                await self._renew(session)
            except Problem:
                await self._stack.aclose()  # who asks next must not need one more connection
                raise
            self._session = session
        return self._session

    async def _renew(self, session: AsyncSession) -> None:
        """Read the viewer again, unless the session shows the same rights.

        Those that its own transaction has changed may yet be undone: nobody else may learn of them.
        """
        if CHANGED in session.info:
            self.viewer = await load_viewer(session, self.viewer.identified())
        elif self.reload is not None and not await is_current(session, self.viewer):
            self.viewer = await self.reload(session)

    async def close(self) -> None:
        """End the operation: the snapshot is given back, and nothing is read any more.

        An error that empties the answer does not stop the loaders of the fields beside it: of their
        reads the one under way is broken off, and those that wait behind it are refused.
        """
        self._over = True
        if self._session is not None or self._turn.locked():
            await self.give_back()

    async def give_back(self) -> None:
        """Give the snapshot back and forget what was loaded; what is read next has a new one.

        Nobody waits any more for a read that is still under way.
        """
        if self._reader is not None:
            await self._break_off(self._reader)
        async with self._turn:
            self._session = None
            await self._stack.aclose()
            self._loaders = None

    async def _break_off(self, reader: asyncio.Task[Any]) -> None:
        """End a read; one that ends in a moment is not cancelled, which costs its connection."""
        await asyncio.wait({reader}, timeout=MOMENT)
        reader.cancel()
        await asyncio.wait({reader})

    async def insert(self, row: Draft) -> bool:
        """Insert a row by one statement, if the viewer's rights are still the same.

        After False it may be there even so, when only the acknowledgement was lost: the next
        command is given its id, and finds it.
        """
        self.writes = True
        inserted = await self.store.insert(row, self.viewer.generation)
        self._attempted = None if inserted else row.id
        return inserted

    async def note(self, row: Table) -> None:
        """Store a row by itself: it stays, whatever becomes of the command that tells of it."""
        await self.give_back()

        async def work(session: AsyncSession) -> None:
            await session.merge(row)

        await self.store.write(work)

    async def prepared(self, name: Hashable, prepare: Callable[[], Awaitable[Answer]]) -> Answer:
        """What a command needs before its transaction; `name` is that of its field."""
        return await (prepare() if self.once is None else self.once.prepared(name, prepare))

    async def write(
        self,
        command: Callable[..., Awaitable[Answer]],
        permission: Permission | None,
        arguments: object,
        tells: Tells | None = None,
    ) -> Answer:
        """Run a command in a transaction, again from its start when the database asks for it.

        What it changed is told by an event in the same transaction. The connection that reads is
        given back first: a writer never waits for itself. The transaction may know of rights that
        whoever admitted the caller did not: they must still hold the permission key.
        """
        await self.give_back()
        self.writes = True
        row_id, self._attempted = self._attempted or new_id(), None
        event_id = new_id()

        async def work(session: AsyncSession) -> Answer:
            await self._renew(session)
            self.viewer.require(permission)
            answer = await command(
                Work(session, self.viewer, self.vault, permission, row_id), arguments
            )
            if tells is not None and await has_written(session):
                await tell(session, tells(arguments, answer), self.viewer, event_id)
            return answer

        write = self.store.write if self.once is None else self.once.write
        return await write(work)
