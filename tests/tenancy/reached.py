"""Whether a position is reached at all: with an id of the caller's own it must be answered well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.access import ADVANCE, access_generations
from app.db.base import Table
from app.db.engine import Store
from tests.tenancy.doors import INTERPRETER, REST, Answer, Place
from tests.tenancy.positions import Parameter, Position
from tests.tenancy.values import Question, asked, requested
from tests.tenancy.world import ADMIN, own

Rows = Mapping[str, list[dict[str, Any]]]


async def rows(store: Store) -> Rows:
    """All that is stored, by table."""
    async with store.reading() as session:
        return {
            table.name: [dict(each) for each in (await session.execute(select(table))).mappings()]
            for table in Table.metadata.sorted_tables
        }


async def restore(store: Store, kept: Rows) -> None:
    """Store again what was stored, on SQLite, and have nobody go by the rights there were."""
    there = await rows(store)
    changed = [
        table
        for table in Table.metadata.sorted_tables
        if table is not access_generations and there[table.name] != kept[table.name]
    ]

    async def work(session: AsyncSession) -> None:
        await session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in reversed(changed):
            await session.execute(table.delete())
        for table in changed:
            if kept[table.name]:
                await session.execute(insert(table), kept[table.name])
        await session.execute(ADVANCE)

    if changed:
        await store.write(work)


@dataclass(frozen=True)
class Reached:
    """Positions asked with ids of one's own; what they change is undone."""

    place: Place
    kept: Rows

    async def missed(
        self, positions: Iterable[Position], parameters: Iterable[Parameter]
    ) -> list[str]:
        """The positions of which an own id is refused, so that a foreign one says nothing."""
        found = [
            f"{position.name}: {answer.body.decode()}"
            for position in positions
            if not (answer := await self._told(position)).good
        ]
        found += [
            f"{parameter.name}: {answer.body.decode()}"
            for parameter in parameters
            if not (
                answer := await self._asked(REST, requested(parameter, own(parameter.own)))
            ).good
        ]
        return found

    async def _told(self, position: Position) -> Answer:
        question = asked(position, own(position.own))
        if position.root != "subscription":
            return await self._asked(INTERPRETER, question)
        async with self.place.interpreter.following(ADMIN, question) as outcome:
            return outcome if isinstance(outcome, Answer) else Answer(0, (), b"", good=True)

    async def _asked(self, door: str, question: Question) -> Answer:
        answer = await self.place.doors[door].ask(ADMIN, question)
        if question.root == "mutation" or question.method not in {"", "GET"}:
            await restore(self.place.store, self.kept)
        return answer
