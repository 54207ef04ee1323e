"""Statements that are asked for at the same moment, sent together: one round trip for all of them.

For a statement that finds one row by its key, the way to the database and back costs several
times what the database does for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any

from app.db.retry import FAILURES, passes
from app.recent import Recent

Parameters = Sequence[Any]
#: Runs a statement once for each of the parameters; returns the one row of each, in their order,
#: and how many seconds that took once there was a connection.
Carry = Callable[[str, Sequence[Parameters]], Awaitable[tuple[Sequence[Any], float]]]

#: As many go together at most.
MOST = 16
#: Seconds that those who go together may take in all. Of statements that take long, the database
#: does several at once on connections of their own, and there is no way worth sharing.
SPAN = 0.004
#: Statements whose pace is remembered, and the part that the last journey has in it.
PACES, LATEST = 1_000, 0.2


class Convoy:
    """Lets those travel together who ask for the same statement in one turn of the event loop.

    Nobody waits for others to come. Each has its own parameters, and its own row. Where one makes
    the statement fail, each of them travels once more, alone. What takes long goes in smaller
    groups, so that `span` is kept.
    """

    def __init__(self, carry: Carry, span: float = SPAN) -> None:
        self._carry = carry
        self._span = span
        self._paces: Recent[str, float] = Recent(PACES)
        self._gathering: dict[str, _Group] = {}
        self._travelling: set[asyncio.Task[None]] = set()

    async def row(self, sql: str, parameters: Parameters) -> Any:
        """The row of a statement that always has one; raises what carrying it does."""
        group = self._gathering.get(sql)
        loop = asyncio.get_running_loop()
        if group is None:
            group = self._gathering[sql] = _Group(sql, self._room(sql))
            loop.call_soon(self._depart, group)
        turn: asyncio.Future[Any] = loop.create_future()
        group.given.append(parameters)
        group.turns.append(turn)
        if len(group.turns) >= group.room:
            del self._gathering[sql]
        try:
            return await turn
        except asyncio.CancelledError:
            group.leave()
            raise

    async def close(self) -> None:
        """Wait for those who are under way."""
        await asyncio.gather(*self._travelling, return_exceptions=True)

    def _room(self, sql: str) -> int:
        """How many may go together."""
        pace = self._paces.get(sql)
        return MOST if pace is None else int(min(MOST, max(1, self._span / pace)))

    def _depart(self, group: _Group) -> None:
        if self._gathering.get(group.sql) is group:
            del self._gathering[group.sql]
        if group.deserted:
            return
        loop = asyncio.get_running_loop()
        # What is logged on the way is no member's own, so that it has the context of none.
        group.task = loop.create_task(self._travel(group), context=Context())
        self._travelling.add(group.task)
        group.task.add_done_callback(self._travelling.discard)

    async def _travel(self, group: _Group) -> None:
        try:
            rows, seconds = await self._carry(group.sql, group.given)
            group.arrive(rows)
            self._learn(group.sql, seconds / len(group.turns))
        except FAILURES as error:
            if len(group.turns) == 1 or passes(error):
                group.fail(error)
            else:
                await self._alone(group)
        except Exception as error:  # noqa: BLE001 - each member raises it
            group.fail(error)

    def _learn(self, sql: str, seconds: float) -> None:
        pace = self._paces.get(sql)
        mean = seconds if pace is None else pace + LATEST * (seconds - pace)
        self._paces.add(sql, max(mean, 1e-6))

    async def _alone(self, group: _Group) -> None:
        for given, turn in zip(group.given, group.turns, strict=True):
            if not turn.done():
                await self._travel(_Group(group.sql, 1, [given], [turn]))


class _Group:
    """Up to `room` who travel together: the parameters of each, and where its row is waited for."""

    __slots__ = ("given", "room", "sql", "task", "turns")

    def __init__(
        self,
        sql: str,
        room: int,
        given: list[Parameters] | None = None,
        turns: list[asyncio.Future[Any]] | None = None,
    ) -> None:
        self.sql = sql
        self.room = room
        self.given = [] if given is None else given
        self.turns = [] if turns is None else turns
        self.task: asyncio.Task[None] | None = None

    @property
    def deserted(self) -> bool:
        return all(turn.done() for turn in self.turns)

    def leave(self) -> None:
        """Break off what nobody waits for any more."""
        if self.task is not None and self.deserted:
            self.task.cancel()

    def arrive(self, rows: Sequence[Any]) -> None:
        """Raises ValueError, and gives no row to anybody, unless there is one for each."""
        for turn, row in list(zip(self.turns, rows, strict=True)):
            if not turn.done():
                turn.set_result(row)

    def fail(self, error: BaseException) -> None:
        for turn in self.turns:
            if not turn.done():
                turn.set_exception(error)
