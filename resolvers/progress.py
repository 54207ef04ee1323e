"""How far a command has come that takes long, told by events while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from app.db.base import new_id
from resolvers.context import Context
from resolvers.events import event

#: What is done sooner is told when it is done, by its last event.
SECONDS = 1.0


@dataclass
class Progress:
    """The steps of one operation: an event for the first that ends after every second.

    All events of the operation, the last included, have its `operation_id`.
    """

    context: Context
    category: str
    action: str
    clock: Callable[[], float] = time.monotonic
    operation_id: UUID = field(default_factory=new_id)
    _told: float = field(init=False)

    def __post_init__(self) -> None:
        self._told = self.clock()

    async def step(self, description: str, done: int, total: int) -> None:
        """Something has been done: the `done`th of `total` things to do."""
        moment = self.clock()
        if moment - self._told < SECONDS:
            return
        self._told = moment
        row = event(
            self.context.viewer,
            self.category,
            self.action,
            "informational",
            description,
            operation_id=self.operation_id,
            done=done,
            total=total,
        )
        await self.context.note(row)
