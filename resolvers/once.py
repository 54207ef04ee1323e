"""Requests with an idempotency key: executed once, and answered alike ever after.

All that a request changes is one transaction, with the row of its key and with its answer: the
payload is read in that transaction as well, before it is committed. So there is no moment at which
something is changed and the answer to it is not kept, whatever dies, and an answer that was sent is
the answer that is kept. Without data there is no change: a mutation of several fields is done as a
whole or not at all, and what changed nothing is not kept. Bad input may be mended and sent again.

Requests of the same key that come together wait for each other: the row of the key is the first
thing that is written, and the second to write it waits until the first is committed. An answer is
given again only where it would not be lost with the server that keeps it.

An answer may hold secrets that its caller asked for, and what was asked may too: both are sealed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from graphql import ExecutionResult
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.access import CHANGED, begin_writing
from app.db.base import now
from app.db.idempotency import claim, confirm, keep, kept
from app.db.retry import FAILURES, collides, passes, unavailable
from app.db.session import SerialSession
from app.errors import BadInput, KeyReused, LimitExceeded
from app.graphql_errors import shown
from app.idempotency import HEADER, Asked, KeptError, Replayed, id_of, read_key
from app.strict_json import encode
from resolvers.context import Context
from resolvers.grants import load_viewer

Answer = TypeVar("Answer")

#: Bytes of an answer that is kept, before it is compressed.
LONGEST_ANSWER = 1_048_576
FASTEST = 1  # level of compression


class Undone(Exception):
    """What was executed changed nothing, or is not to have changed anything; carries the result."""

    def __init__(self, result: ExecutionResult) -> None:
        super().__init__(result)
        self.result = result


class Once:
    """As `app.idempotency.Once`, of the operation of one context. `text` is that of the header."""

    def __init__(self, context: Context, text: str, lifetime: timedelta) -> None:
        self._context = context
        self._text = text
        self._lifetime = lifetime
        self._prepared: dict[Hashable, Any] = {}
        self._begin()

    def _begin(self) -> None:
        self.session: SerialSession | None = None
        self._stack = AsyncExitStack()
        self._failure: BaseException | None = None
        self._collided = self._done = False

    async def run(
        self,
        execute: Callable[[], Awaitable[ExecutionResult]],
        asked: Asked,
        seconds: float,
    ) -> ExecutionResult:
        """As `app.idempotency.Once` has it."""
        self._context.writes = True
        self._user = self._context.viewer.identified()
        self._id = id_of(self._user, asked.operation, read_key(self._text))
        self._digest = asked.digest
        return await self._context.store.trying(partial(self._attempt, execute), seconds)

    async def _attempt(self, execute: Callable[[], Awaitable[ExecutionResult]]) -> ExecutionResult:
        if (known := await self._kept()) is not None:
            return known
        self._begin()
        try:
            async with self._stack:
                return await self._execute(execute)
        except Undone as undone:
            result = undone.result
        finally:
            self.session = None
        if not self._collided:
            return _shown(result)
        if (known := await self._kept()) is None:
            raise unavailable()
        return known

    async def _execute(self, execute: Callable[[], Awaitable[ExecutionResult]]) -> ExecutionResult:
        """Raises `Undone`, and what the database has said if that may pass."""
        result = await execute()
        failure = self._failure
        if failure is not None and (passes(failure) or collides(failure)):
            raise failure
        if failure is not None or not self._done or result.data is None:
            raise Undone(result)
        return await self._keep(_shown(result))

    async def _kept(self) -> Replayed | None:
        """The answer that was given; raises `KeyReused` if it was given to something else.

        The caller's rights are looked at, as before any read, but not whether they still allow
        what was done then: nothing is done now, and the answer is theirs.
        """
        await self._context.give_back()
        sealed = (await self._context.read(kept(self._id, now()))).scalar_one_or_none()
        await self._context.give_back()  # who waits for another connection holds none
        if sealed is None:
            return None
        if self._context.store.dialect == "postgresql":
            async with self._context.store.transaction() as session:
                await confirm(session, self._id)
        value = json.loads(zlib.decompress(self._context.vault.open(self._id, sealed)))
        if value["digest"] != self._digest:
            message = f"{HEADER}: this key came before, with another request: send a new one."
            raise KeyReused(message, field=HEADER)
        return Replayed(_told(value))

    async def _keep(self, result: ExecutionResult) -> ExecutionResult:
        """The result as it will be told again, for the first time."""
        errors = [each.formatted for each in result.errors or ()]
        answer = encode({"digest": self._digest, "data": result.data, "errors": errors})
        if len(answer) > LONGEST_ANSWER:
            raise LimitExceeded(
                f"{HEADER}: an answer that is kept has {LONGEST_ANSWER} bytes at most, and this "
                f"one {len(answer)}: ask for less of it, or send no key. Nothing was changed.",
                field=HEADER,
            )
        assert self.session is not None
        sealed = self._context.vault.seal(self._id, zlib.compress(answer, FASTEST))
        await keep(self.session, self._id, sealed)
        return _told(json.loads(answer))

    async def prepared(self, name: Hashable, prepare: Callable[[], Awaitable[Answer]]) -> Answer:
        """What comes before the transaction, once for all attempts; raises `BadInput` after that.

        It takes its time, and writers would wait for it.
        """
        if name not in self._prepared:
            if self.session is not None:
                raise BadInput(
                    f"{name}: with an {HEADER} this is the first field of a mutation, or in one of "
                    "its own.",
                    field=HEADER,
                )
            self._prepared[name] = await prepare()
        found: Answer = self._prepared[name]
        return found

    async def write(self, work: Callable[[AsyncSession], Awaitable[Answer]]) -> Answer:
        """Run a command in the transaction."""
        with self.noting():
            session = await self._begun()
            begin_writing(session)
            answer = await work(session)
            await session.flush()
            if CHANGED in session.info:
                self._context.viewer = await load_viewer(session, self._user)
        self._done = True
        return answer

    async def _begun(self) -> AsyncSession:
        """The session of the transaction, which the first command begins."""
        if self.session is None:
            entered = self._context.store.transaction()
            self.session = await self._stack.enter_async_context(entered)
            moment = now()
            claimed = await claim(self.session, self._id, moment, moment + self._lifetime)
            self._collided = not claimed
        if self._collided:
            raise unavailable()
        return self.session

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what the database fails with first: for graphql-core it is the error of a field."""
        try:
            yield
        except FAILURES as error:
            self._failure = self._failure or error
            raise


def _shown(result: ExecutionResult) -> ExecutionResult:
    return ExecutionResult(result.data, shown(result.errors) if result.errors else None)


def _told(value: Any) -> ExecutionResult:
    return ExecutionResult(value["data"], [KeptError(each) for each in value["errors"]] or None)
