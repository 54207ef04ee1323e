"""The sweep: every position, with ids of the other organization, asked by everybody.

An answer must not hold anything of the other organization, and must be the one to an id of
nothing. What was asked must have changed nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.db.base import Table
from app.db.engine import Store
from app.db.tables import idempotency, rest_calls
from tests.tenancy.doors import Answer, Door
from tests.tenancy.positions import Parameter, Position
from tests.tenancy.rules import Rule, rule_of
from tests.tenancy.values import Question, asked, requested
from tests.tenancy.world import ADMIN, CALLERS, CANARY, DELETED, absent, foreign, foreign_ids, own

#: Tables of what was asked, whoever asked it.
NOTED = {rest_calls.RestCall.__tablename__, idempotency.idempotency_keys.name}
#: The ids in question, compared each with one of nothing; those of the deleted for who sees most.
IDS: Mapping[str, Callable[[str], str]] = {
    "foreign": foreign,
    "foreign deleted": lambda kind: foreign(kind, DELETED),
    "own deleted": lambda kind: own(kind, DELETED),
}
SAID = re.compile(CANARY.encode() + rb"[\w-]*")
FOREIGN_ID = re.compile("|".join(sorted(foreign_ids())).encode())

#: How often a difference must show to be one.
PATIENCE = 3

Make = Callable[[str], Question]


@dataclass
class Report:
    """What was swept by each door, and what was found."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def find(self, *words: object) -> None:
        self.findings.append(" | ".join(map(str, words)))

    def __str__(self) -> str:
        return "\n".join(f"{name}: {count:,}" for name, count in sorted(self.counts.items()))


def leaks(answer: Answer, question: str, rule: Rule | None = None) -> set[str]:
    """What an answer holds of the other organization, but for the id in question."""
    plain = answer.plain()
    found = {each.group().decode() for each in FOREIGN_ID.finditer(plain)}
    found |= {each.group().decode() for each in SAID.finditer(plain)}
    found.discard(question)
    if rule is None:
        return found
    shown = foreign_ids(*rule.kinds) if rule.kinds else frozenset()
    return {each for each in found - shown if not each.startswith(rule.shows)}


async def digest(store: Store) -> dict[str, str]:
    """Each table, but for those that note what was asked, as a fingerprint of all its rows."""
    found = {}
    async with store.reading() as session:
        for table in Table.metadata.sorted_tables:
            if table.name not in NOTED:
                rows = (await session.execute(select(table).order_by(table.c.id))).all()
                found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


@dataclass(frozen=True)
class Sweep:
    """One door."""

    name: str
    door: Door
    store: Store
    report: Report

    async def graph(self, positions: Iterable[Position]) -> None:
        for position in positions:
            writes = position.root == "mutation"
            ids = ("foreign",) if position.spot.cursor else tuple(IDS)
            await self._swept(position.name, position.kinds, _of(position), ids, writes=writes)

    async def rest(self, parameters: Iterable[Parameter]) -> None:
        for parameter in parameters:
            writes = parameter.endpoint.method != "GET"
            await self._swept(
                parameter.name, parameter.kinds, _at(parameter), tuple(IDS), writes=writes
            )

    async def everything(self, questions: Iterable[Question]) -> None:
        """What is answered to questions without any foreign id."""
        for question in questions:
            for caller in CALLERS:
                await self._asked(question.name, caller, question, rule_of(question.name, caller))

    async def _swept(
        self, name: str, kinds: tuple[str, ...], make: Make, ids: tuple[str, ...], *, writes: bool
    ) -> None:
        self.report.counts[f"{self.name}, positions"] += 1
        before = await digest(self.store) if writes else {}
        rules = {caller: rule_of(name, caller) for caller in CALLERS}
        for kind in kinds:
            for caller, rule in rules.items():
                if rule is None or not rule.left_out:
                    asked_of = ids if caller == ADMIN else ids[:1]
                    await self._compared(name, kind, caller, make, asked_of)
        if writes:
            after = await digest(self.store)
            changed = {table for table in after if after[table] != before[table]}
            added = {each for rule in rules.values() if rule is not None for each in rule.adds}
            if changed - added:
                self.report.find(self.name, name, "changed", sorted(changed - added))

    async def _compared(
        self, name: str, kind: str, caller: str | None, make: Make, ids: tuple[str, ...]
    ) -> None:
        """Each id in question against one of nothing.

        Who asks first has it planned, and a proof of the token or of rights may fall between: what
        differs is asked again.
        """
        rule = rule_of(name, caller)
        number = 1 if rule is None or not rule.adds else 2  # it may be something from now on
        nothing = make(absent(foreign(kind), number))
        expected = await self._asked(name, caller, nothing, rule)
        for label in ids:
            question = make(IDS[label](kind))
            answer = await self._asked(name, caller, question, rule)
            if rule is not None and (label in rule.apart or rule.adds):
                continue
            for _ in range(PATIENCE):
                if answer.about(question) == expected.about(nothing):
                    break
                expected = await self._asked(name, caller, nothing, rule)
                answer = await self._asked(name, caller, question, rule)
            else:
                told = answer.about(question), expected.about(nothing)
                self.report.find(self.name, name, kind, caller, label, "apart", *told)

    async def _asked(
        self, name: str, caller: str | None, question: Question, rule: Rule | None
    ) -> Answer:
        answer = await self.door.ask(caller, question)
        self.report.counts[f"{self.name}, requests"] += 1
        self.report.counts[f"{self.name}, compiled"] += answer.planned
        if found := leaks(answer, question.text, rule):
            self.report.find(self.name, name, caller, "leaks", sorted(found))
        return answer


def _of(position: Position) -> Make:
    return lambda row_id: asked(position, row_id)


def _at(parameter: Parameter) -> Make:
    return lambda row_id: requested(parameter, row_id)
