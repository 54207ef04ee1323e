"""Calls: a question with its ids, run as a viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from app.bugs import describe
from app.db.engine import Store
from app.db.retry import FAILURES
from app.permissions import Permission
from resolvers.answers import Public
from resolvers.asks import values
from resolvers.context import Context
from resolvers.plan.generated import NotAsPlanned
from resolvers.plan.reading import Reading
from resolvers.plan.statement import Process, Statement
from resolvers.sights import value_of
from resolvers.viewer import Viewer

log = structlog.get_logger()


@dataclass(frozen=True)
class Question:
    """A statement with the values of its lists, the ids written in it, and the numbers of pages.

    `parameters` are in order; `open` tells the places of those that the call and the viewer give.
    """

    statement: Statement
    parameters: tuple[Any, ...]
    open: tuple[tuple[int, str, Process | None], ...]
    ids: Mapping[str, UUID]
    pages: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """An operation ready to run: its question, and the ids that its variables give."""

    question: Question
    ids: Mapping[str, UUID]

    async def run(self, context: Context) -> dict[str, Any]:
        """As `app.compiling.Call` has it."""
        statement, viewer = self.question.statement, context.viewer
        for access, key in statement.admissions:
            if not _admitted(viewer, access, key, self):
                raise NotAsPlanned("the viewer may not ask this")
        try:
            rows = await self._rows(context.store, statement, self._parameters(viewer))
        except FAILURES as error:  # a bug: what passes by itself is `Unavailable` by now
            log.error("plan_failed", **describe(error))  # noqa: TRY400 - a traceback quotes values
            raise NotAsPlanned("its statement failed") from error
        if rows[0][0] != viewer.generation:
            raise NotAsPlanned("the viewer's rights have changed")
        try:
            return statement.build(rows, self.question.pages)
        except KeyError:  # a value that is no member of its enum
            raise NotAsPlanned from None

    async def _rows(
        self, store: Store, statement: Statement, parameters: Sequence[Any]
    ) -> Sequence[Any]:
        if statement.many:
            return await store.fetch(statement.sql, parameters)
        return (await store.row(statement.sql, parameters),)

    def id(self, key: str) -> UUID:
        return self.ids[key] if key in self.ids else self.question.ids[key]

    def _parameters(self, viewer: Viewer) -> list[Any]:
        found = list(self.question.parameters)
        for place, name, process in self.question.open:
            given = self.ids.get(name)
            if given is None:
                found[place] = _of_viewer(viewer, name, process)
            else:
                found[place] = process(given) if process else given
        return found


def _of_viewer(viewer: Viewer, name: str, process: Process | None) -> Any:
    """What the viewer gives, worked out once for all plans."""
    if name not in viewer.parameters:
        value = value_of(viewer, name)
        viewer.parameters[name] = process(value) if process else value
    return viewer.parameters[name]


def question_of(statement: Statement, reading: Reading) -> Question:
    given: dict[str, Any] = dict(reading.ids)
    for index, ask in enumerate(reading.asks):
        given |= values(ask, index)
    parameters, places = [], []
    for place, each in enumerate(statement.parameters):
        process = statement.process.get(each.name)
        if each.name in given:
            value = given[each.name]
            parameters.append(process(value) if process else value)
        else:
            parameters.append(each.value)
            if each.name:
                places.append((place, each.name, process))
    pages = tuple(ask.window.page for ask in reading.asks)
    return Question(statement, tuple(parameters), tuple(places), reading.ids, pages)


def _admitted(viewer: Viewer, access: Any, key: str, call: Call) -> bool:
    if viewer.user_id is None:
        return False
    if isinstance(access, Permission):
        return viewer.may(access, call.id(key) if key else None)
    return isinstance(access, Public)
