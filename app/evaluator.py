"""The evaluation of designs for many callers: in worker processes, and once for the same design."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from app.away import Away
from app.errors import BadInput
from app.evaluation.options import Options
from app.evaluation.refusals import OverLimit
from app.evaluation_work import Answer, evaluated
from app.importing.refusals import Refused

#: Bytes of answers that are kept for who asks the same again.
KEPT_BYTES = 64 * 1024 * 1024

Key = tuple[str, str, bool, bool]


@dataclass(frozen=True)
class Rules:
    """The relationship definitions of the registry as JSON; `version` is the hash of that."""

    version: str
    definitions: bytes = field(repr=False)

    @classmethod
    def of(cls, definitions: bytes) -> Rules:
        return cls(sha256(definitions).hexdigest(), definitions)


@dataclass
class Shared:
    """A computation and how many wait for it; it ends with the last of them."""

    task: asyncio.Task[Answer]
    waiting: int = 0


@dataclass
class Latest:
    """The rules of the last version of the registry that was met, and the stamp of that."""

    stamp: object = None
    rules: Rules | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Evaluator:
    """Evaluates in worker processes; `seconds` is the longest that one design may take."""

    workers: Away
    seconds: float = 30.0
    kept_bytes: int = KEPT_BYTES
    _kept: OrderedDict[Key, Answer] = field(default_factory=OrderedDict)
    _running: dict[Key, Shared] = field(default_factory=dict)
    _latest: Latest = field(default_factory=Latest)

    async def rules(self, stamp: object, read: Callable[[], Awaitable[bytes]]) -> Rules:
        """The rules of the registry that has that stamp: as remembered, or read."""
        latest = self._latest
        async with latest.turn:
            if latest.rules is None or latest.stamp != stamp:
                rules = Rules.of(await read())
                latest.stamp, latest.rules = stamp, rules
            return latest.rules

    async def evaluate(self, design: bytes, rules: Rules, options: Options) -> Answer:
        """The answer for a design as JSON.

        Who asks for the same at the same time, to the byte, waits for the same computation. Raises
        `BadInput` for what is no design, and `LimitExceeded` for what takes too long.
        """
        digest = await asyncio.to_thread(_digest, design)
        key = (digest, rules.version, options.return_diff_only, options.enable_trace)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        answer = await self._shared(key, lambda: self._evaluated(design, rules, options))
        self._keep(key, answer)
        return answer

    async def _shared(self, key: Key, work: Callable[[], Awaitable[Answer]]) -> Answer:
        shared = self._running.get(key)
        if shared is None:
            shared = self._running[key] = Shared(asyncio.ensure_future(work()))
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting:  # who asks next must not wait for what is being ended
                del self._running[key]
                shared.task.cancel()

    async def _evaluated(self, design: bytes, rules: Rules, options: Options) -> Answer:
        """A worker that does not know the definitions is given them the second time."""
        given: bytes | None = None
        while True:
            try:
                answer = await self.workers.run(
                    evaluated, design, options, rules.version, given, seconds=self.seconds
                )
            except Refused as refused:
                raise _refusal(refused) from None
            if answer is not None:
                return answer
            given = rules.definitions

    def _keep(self, key: Key, answer: Answer) -> None:
        self._kept[key] = answer
        size = sum(each.size for each in self._kept.values())
        while size > self.kept_bytes:
            size -= self._kept.popitem(last=False)[1].size


def _digest(design: bytes) -> str:
    return sha256(design).hexdigest()


def _refusal(refused: Refused) -> BadInput:
    limits: dict[str, Any] = {"limits": {}} if isinstance(refused, OverLimit) else {}
    return BadInput(f"design: {refused.message}", field="design", **limits)
