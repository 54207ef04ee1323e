"""What an operation may use besides the store."""

from __future__ import annotations

from dataclasses import dataclass

from app.evaluator import Evaluator
from app.intake import Intake


@dataclass(frozen=True)
class Outside:
    """The way in for content, and the evaluation of designs."""

    intake: Intake
    evaluator: Evaluator

    async def close(self) -> None:
        """End what is under way, and the processes for it."""
        await self.intake.close()
