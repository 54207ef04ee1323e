"""The evaluation of a design: passes until nothing changes any more.

For the same definitions, design and options the result is the same to the byte. What the result
shares with the input and the definitions must not be written to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from app.evaluation import shapes
from app.evaluation.actions import UPDATES, Action, fingerprint, first_of_each, id_of, last_of_each
from app.evaluation.checking import checked
from app.evaluation.collecting import without_collector
from app.evaluation.definitions import Definitions
from app.evaluation.draft import Draft, draft
from app.evaluation.options import DEFAULTS, Options
from app.evaluation.passes import Checkpoint, Passes
from app.evaluation.refusals import Flapping, OverLimit
from app.evaluation.traces import Trace
from app.evaluation.versions import next_version

#: The `schemaVersion` of an answer, which Meshery demands and leaves empty.
SCHEMA_VERSION = "evaluations.meshery.io/v1beta1"
ALIASES = "resolvedAliases"
#: So many passes, two and two alike, are going back and forth.
TO_AND_FRO = 4


@dataclass(frozen=True)
class Evaluation:
    """`actions`, done in their order, make the design from the one that was sent.

    `trace` is None unless it was asked for. `settled` is False when the last pass still changed
    something. `ties` counts the places that relationships disagreed about, which stayed as they
    were; `absent_matches` the new relationships that rest on absent values.
    """

    design: dict[str, Any]
    actions: list[Action]
    trace: dict[str, list[Any]] | None
    passes: int
    settled: bool
    ties: int
    absent_matches: int


def evaluate(
    design: Any,
    definitions: Definitions,
    options: Options = DEFAULTS,
    checkpoint: Checkpoint = lambda: None,
) -> Evaluation:
    """The design with its relationships as they should be; the design given is not written to.

    Raises `Unevaluable` for what is no design or goes over a limit, and whatever `checkpoint`
    raises, which is called often.
    """
    try:
        with without_collector():
            found = _evaluated(design, definitions, options, checkpoint)
        if any(each["op"] in UPDATES for each in found.actions):
            orjson.dumps(found.design)
    except (RecursionError, orjson.JSONEncodeError):
        # Values that are put into each other may become deeper than JSON may be.
        raise OverLimit("the design has values that are nested too deeply") from None
    return found


def _evaluated(
    design: Any, definitions: Definitions, options: Options, checkpoint: Checkpoint
) -> Evaluation:
    shape = checked(design, options.limits)
    working = draft(design, shape, options)
    passes = Passes(working, definitions, _switched_off(shape), checkpoint)
    trace = Trace()
    every: list[Action] = []
    history: list[str] = []
    while len(history) < options.limits.passes and (passes.focus is None or passes.focus):
        actions = passes.run()
        trace.add(working, actions)
        every += actions
        history.append(fingerprint(actions) if passes.focus else "")
        if is_flapping(history):
            raise Flapping(_to_and_fro(actions))
    return Evaluation(
        design=_result(design, working, trace, len(history), changed=bool(every)),
        actions=(first_of_each if options.parity.first_action_only else last_of_each)(every),
        trace=trace.as_json() if options.enable_trace else None,
        passes=len(history),
        settled=not passes.focus,
        ties=len(passes.ties),
        absent_matches=working.absent_matches,
    )


def _switched_off(shape: shapes.Design) -> frozenset[str]:
    """The layers that the design does not want to see."""
    layers = (
        shape.preferences and shape.preferences.layers and shape.preferences.layers.relationships
    )
    return frozenset(name for name, shown in (layers or {}).items() if shown is False)


def is_flapping(history: Sequence[str]) -> bool:
    """Whether the last four passes did A, B, A, B.

    Meshery compares the passes of different requests too, so that a design which is sent twice
    flaps.
    """
    if len(history) < TO_AND_FRO:
        return False
    one, other, again, once_more = history[-TO_AND_FRO:]
    return one == again and other == once_more and one != other


def _to_and_fro(actions: Sequence[Action]) -> str:
    written = [each for each in actions if isinstance(each["value"].get("path"), list)]
    where = (
        f"{'.'.join(written[0]['value']['path'])} of component {id_of(written[0])!r}"
        if written
        else "the design"
    )
    return f"the relationships change {where} back and forth; no version of it suits them all"


def _result(
    design: Mapping[str, Any], working: Draft, trace: Trace, passes: int, *, changed: bool
) -> dict[str, Any]:
    result = dict(design)
    if working.options.return_diff_only:
        result |= trace.projection(working)
    else:
        whole = {
            "components": [part.raw for part in working.parts.values()],
            "relationships": [one.raw for one in working.bonds.values()],
        }
        result |= {name: every for name, every in whole.items() if every or design.get(name)}
    _set_aliases(result, working)
    grown = passes if working.options.parity.version_per_pass else int(changed)
    for _ in range(grown):
        result["version"] = next_version(result.get("version"))
    return result


def _set_aliases(result: dict[str, Any], working: Draft) -> None:
    metadata = result.get("metadata") or {}
    aliases = {alias: found.as_json() for alias, found in working.aliases.items()}
    if aliases != metadata.get(ALIASES, {}):
        result["metadata"] = {**metadata, ALIASES: aliases}
