"""Evaluations: the definitions of the registry, and what is told of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select

from app.db.base import live, new_id, now
from app.db.registry import Model, Relationship
from app.errors import BadInput
from app.evaluation import Options
from app.evaluation_work import Answer
from app.evaluator import Rules
from app.registry.definitions import ENABLED
from app.strict_json import encode
from resolvers.context import Context
from resolvers.events import event, failures_told, tell
from resolvers.work import Work


@dataclass(frozen=True)
class Evaluated:
    """An answer, and when it was found."""

    answer: Answer
    moment: datetime
    operation_id: UUID


async def prepare(context: Context, given: Any) -> Evaluated:
    """Evaluate a design; raises `BadInput` for what is none."""
    operation_id = new_id()
    async with failures_told(
        context, "relationship", "evaluation", "A design was not evaluated", operation_id
    ):
        rules = await rules_of(context)
        answer = await context.evaluator.evaluate(_bytes(given.design), rules, _options(given))
    return Evaluated(answer, now(), operation_id)


def _bytes(design: Any) -> bytes:
    """The design as JSON text: as it was sent, or written again."""
    if isinstance(design, bytes):
        return design
    try:
        return orjson.dumps(design)
    except TypeError as error:
        raise BadInput(
            f"design: this cannot be written as JSON: {error}.", field="design"
        ) from None


def _options(given: Any) -> Options:
    if not given.options:
        return Options()
    return Options(
        return_diff_only=bool(given.options.return_diff_only),
        enable_trace=bool(given.options.enable_trace),
    )


async def rules_of(context: Context) -> Rules:
    """The definitions of enabled models: read anew only when the registry has changed."""
    stamp = tuple((await context.read(_STAMP)).one())
    return await context.evaluator.rules(stamp, lambda: _definitions(context))


#: What changes with every definition that is added, changed, deleted or brought back.
_STAMP = select(
    *(
        select(measure).scalar_subquery()
        for table in (Model, Relationship)
        for measure in (
            func.count(table.id),
            func.max(table.updated_at),
            func.max(table.deleted_at),
        )
    )
)


async def _definitions(context: Context) -> bytes:
    statement = (
        select(Relationship.id, Relationship.definition, Model.name)
        .join(Model, Model.id == Relationship.model_id)
        .where(live(Relationship), live(Model))
        .where(Relationship.status == ENABLED, Model.status == ENABLED)
        .order_by(Relationship.id)
    )
    rows = (await context.read(statement)).all()
    return encode(
        [
            {**definition, "id": str(row_id), "model": {**_model_in(definition), "name": name}}
            for row_id, definition, name in rows
        ]
    )


def _model_in(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """The model that a definition carries along, of which only the package's name counts."""
    model = definition.get("model")
    return model if isinstance(model, dict) else {}


async def record(work: Work, evaluated: Evaluated) -> Evaluated:
    """`POST /evaluate`: nothing is changed but that there is an event of it."""
    answer = evaluated.answer
    number = sum(answer.changes.values())
    told = event(
        work.viewer,
        "relationship",
        "evaluation",
        "informational",
        f"{number} {'change' if number == 1 else 'changes'} in '{answer.name[:255]}' "
        f"at version '{answer.version[:50]}'",
        acted_upon=_identity(answer.design_id),
        operation_id=evaluated.operation_id,
        evaluationHash=answer.evaluation_hash,
        changes=answer.changes,
        passes=answer.passes,
        settled=answer.settled,
        ties=answer.ties,
    )
    await tell(work, told)
    return evaluated


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
