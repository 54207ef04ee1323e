"""The work of evaluating a design, as a worker process does it: from bytes to bytes."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson

from app.evaluation import Definitions, Options, compile_definitions, evaluate, evaluation_hash
from app.importing.documents import json_document

#: Of how many versions of the registry a process remembers the compiled definitions.
MOST_KNOWN = 2
#: Bytes of memory that an answer takes beside its parts.
OVERHEAD = 4_096

_known: OrderedDict[str, Definitions] = OrderedDict()


@dataclass(frozen=True)
class Answer:
    """An evaluation, its parts as JSON; `changes` counts its actions by their operation."""

    design: bytes
    actions: bytes
    trace: bytes | None
    evaluation_hash: str
    design_id: str
    name: str
    version: str
    changes: dict[str, int]
    passes: int
    settled: bool
    ties: int

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return OVERHEAD + len(self.design) + len(self.actions) + len(self.trace or b"")


def evaluated(
    design: bytes, options: Options, version: str, definitions: bytes | None
) -> Answer | None:
    """The evaluation of a design by the definitions of a version of the registry.

    None where this process does not know that version, and is not given the definitions. Raises
    `Refused` for what is no design.
    """
    known = _definitions(version, definitions)
    if known is None:
        return None
    given = json_document(design)
    found = evaluate(given, known, options)
    return Answer(
        design=orjson.dumps(found.design),
        actions=orjson.dumps(found.actions),
        trace=None if found.trace is None else orjson.dumps(found.trace),
        evaluation_hash=evaluation_hash(given, known, options),
        design_id=_text(found.design.get("id")),
        name=_text(found.design.get("name")),
        version=_text(found.design.get("version")),
        changes=dict(Counter(str(each["op"]) for each in found.actions)),
        passes=found.passes,
        settled=found.settled,
        ties=found.ties,
    )


def _definitions(version: str, given: bytes | None) -> Definitions | None:
    if version not in _known and given is not None:
        _known[version] = compile_definitions(orjson.loads(given))
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return _known.get(version)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
