"""Evaluations in the graph: a design, and its relationships as they should be."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry
from strawberry.scalars import JSON

from app.evaluation import SCHEMA_VERSION
from app.permissions import Permission
from resolvers import evaluations as resolve
from resolvers.fields import command


@strawberry.input(description="What an evaluation should answer.")
class EvaluationOptions:
    return_diff_only: bool | None = strawberry.field(
        default=None, description="True for a design of only what has changed."
    )
    enable_trace: bool | None = strawberry.field(
        default=None, description="True to be told what each pass added, removed and changed."
    )


@strawberry.input(description="The design to evaluate.")
class EvaluateDesignInput:
    design: JSON = strawberry.field(
        description="The Meshery design; in a multipart request it may be a JSON file."
    )
    options: EvaluationOptions | None = strawberry.field(
        default=None, description="What the answer should have."
    )


@strawberry.type(description="An evaluated design.")
class EvaluateDesignPayload:
    schema_version: str = strawberry.field(description="The schema of this answer.")
    design: JSON = strawberry.field(
        description="The design with its relationships, and what they changed in components."
    )
    actions: JSON = strawberry.field(
        description="What was done, as a list of `{op, value}`: done in this order to the design "
        "that was sent, it gives the evaluated one."
    )
    evaluation_hash: str = strawberry.field(
        description="The hash of all that the evaluation depends on: the same, the same answer."
    )
    timestamp: datetime = strawberry.field(description="When it was completed.")
    trace: JSON | None = strawberry.field(
        description="What was added, removed and changed; null unless it was asked for."
    )
    passes: int = strawberry.field(description="How many times the whole design was gone through.")
    settled: bool = strawberry.field(
        description="Whether the last time changed nothing; else evaluate the answer again."
    )
    ties: int = strawberry.field(
        description="How many places relationships disagreed about, which stayed as they were."
    )


def _json(text: bytes) -> JSON:
    return JSON(orjson.Fragment(text))


def _payload(evaluated: resolve.Evaluated) -> EvaluateDesignPayload:
    """The parts are JSON already, and are put into the response as they are."""
    answer = evaluated.answer
    return EvaluateDesignPayload(
        schema_version=SCHEMA_VERSION,
        design=_json(answer.design),
        actions=_json(answer.actions),
        evaluation_hash=answer.evaluation_hash,
        timestamp=evaluated.moment,
        trace=None if answer.trace is None else _json(answer.trace),
        passes=answer.passes,
        settled=answer.settled,
        ties=answer.ties,
    )


@strawberry.type
class EvaluationMutation:
    evaluate_design: EvaluateDesignPayload = command(
        resolve.record,
        EvaluateDesignInput,
        _payload,
        "Find the relationships of a design by the definitions of the registry. Nothing is stored "
        "but an event of it.",
        needs=Permission.VALIDATE_DESIGN,
        prepare=resolve.prepare,
    )
