"""Definitions compiled once for a version of the registry."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec

from app.evaluation import shapes
from app.evaluation.checking import check_json
from app.evaluation.definitions import OWN, Definition, Definitions, end_set
from app.evaluation.options import Limits
from app.evaluation.policies import POLICIES
from app.evaluation.refusals import NoDesign, Unevaluable
from app.evaluation.routes import policy_of, route
from app.evaluation.values import marshalled

PLANS = {policy.name: policy.plan for policy in POLICIES}


def compile_definitions(given: Iterable[dict[str, Any]]) -> Definitions:
    """Those that a policy takes, in an order that does not depend on that of the given.

    One that is not valid is left out and told of in `refused`. Versions of a model bring copies;
    of those that find the same only one is kept. Others may find the same relationships still.
    """
    texts: dict[str, dict[str, Any]] = {}
    refused: list[str] = []
    for at, each in enumerate(given):
        try:
            check_json(each, "the definition", Limits())
            _converted(each)
            texts[marshalled(each)] = each
        except Unevaluable as refusal:
            refused.append(f"definition {at + 1}: {refusal.message}")
    compiled: dict[Any, Definition] = {}
    for text in sorted(texts):
        shape = _converted(texts[text])
        definition = _compiled(shape, texts[text])
        if definition is not None:
            found = (definition.route, definition.model, shape.selectors)
            compiled.setdefault(found, definition)
    digest = sha256("\n".join(sorted(texts)).encode()).hexdigest()
    return Definitions(tuple(compiled.values()), digest, tuple(refused))


def _converted(raw: Any) -> shapes.Relationship:
    if not isinstance(raw, dict):
        raise NoDesign("it is no object")
    try:
        return msgspec.convert(raw, shapes.Relationship)
    except msgspec.ValidationError as error:
        raise NoDesign(f"it is not valid: {error}") from None


def _compiled(shape: shapes.Relationship, raw: dict[str, Any]) -> Definition | None:
    taken = route(shape.kind, shape.type, shape.sub_type)
    policy = policy_of(taken)
    if policy is None or not shape.selectors:
        return None
    sets = tuple(map(end_set, shape.selectors, raw["selectors"]))
    return Definition(
        policy=policy,
        route=taken,
        model=(shape.model and shape.model.name) or "",
        layer="-".join(taken),
        header={name: value for name, value in raw.items() if name not in OWN},
        sets=sets,
        plan=PLANS[policy](taken, sets),
    )
