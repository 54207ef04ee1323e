"""Subscriptions with foreign ids: refused as with ids of nothing, or silent of what is foreign."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from tests.tenancy.doors import Answer, Door
from tests.tenancy.positions import Position
from tests.tenancy.rules import rule_of
from tests.tenancy.sweep import IDS, Report, leaks
from tests.tenancy.values import Question, asked
from tests.tenancy.world import ADMIN, CALLERS, CANARY, FOREIGN, absent, foreign, subject

FOREIGNER = subject(FOREIGN, ADMIN)
LONGEST = 20.0
TELL = """mutation Tell($about: ID!, $text: String!) {
    createEvent(input: {actedUpon: $about, operationId: $about, description: $text}) {
        event { id }
    }
}"""


class Following(Protocol):
    """A door through which subscriptions are followed: to an answer, or to those that come."""

    def following(
        self, caller: str | None, question: Question
    ) -> AbstractAsyncContextManager[Answer | AsyncIterator[Answer]]: ...


@dataclass(frozen=True)
class Streams:
    """One door to follow events by, and one to make them by."""

    name: str
    following: Following
    telling: Door
    report: Report

    async def sweep(self, positions: Iterable[Position]) -> None:
        for position in positions:
            self.report.counts[f"{self.name}, positions"] += 1
            for caller in CALLERS:
                for kind in position.kinds:
                    await self._compared(position, caller, kind)

    async def _compared(self, position: Position, caller: str | None, kind: str) -> None:
        nothing = asked(position, absent(foreign(kind)))
        expected = await self._first(position, caller, nothing)
        rule = rule_of(position.name, caller)
        for label, of in IDS.items():
            question = asked(position, of(kind))
            answer = await self._first(position, caller, question)
            apart = rule is not None and label in rule.apart
            if not apart and answer.about(question) != expected.about(nothing):
                told = answer.body, expected.body
                self.report.find(self.name, position.name, kind, caller, label, "apart", *told)

    async def _first(self, position: Position, caller: str | None, question: Question) -> Answer:
        """What comes first, when a foreigner tells of something about the id, and then the caller.

        All that is filtered by an id is about it.
        """
        self.report.counts[f"{self.name}, requests"] += 1
        async with (
            asyncio.timeout(LONGEST),
            self.following.following(caller, question) as outcome,
        ):
            if isinstance(outcome, Answer):
                answer = outcome
            else:
                answer = await self._coming(anext(aiter(outcome)), caller, question)
        if found := leaks(answer, question.text, rule_of(position.name, caller)):
            self.report.find(self.name, position.name, caller, "leaks", sorted(found))
        return answer

    async def _coming(
        self, coming: Awaitable[Answer], caller: str | None, question: Question
    ) -> Answer:
        """What comes, told of again until it does: nobody says when following has begun."""
        task = asyncio.ensure_future(coming)
        while True:
            tellers = ((FOREIGNER, CANARY), (caller, "own"))[: 1 if caller is None else 2]
            for teller, text in tellers:
                about = {"about": question.text, "text": text}
                told = await self.telling.ask(teller, Question("tell", "", TELL, about))
                assert told.good, told
            done, _ = await asyncio.wait({task}, timeout=0.3)
            if done:
                return task.result()
