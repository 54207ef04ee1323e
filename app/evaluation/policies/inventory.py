"""Components within others: what is in a namespace, what is on a node.

This is the only policy that looks at the models and the denials of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.evaluation.bonds import APPROVED, Bond
from app.evaluation.definitions import Definition
from app.evaluation.draft import Draft, Part
from app.evaluation.feasibility import KindOfModel, allowed, denied
from app.evaluation.policy import Focus, Policy
from app.evaluation.relating import patch, plan, related
from app.evaluation.routes import INVENTORY


def identify(draft: Draft, definition: Definition, focus: Focus) -> Iterator[Bond]:
    """Pairs whose values agree, which a set allows and none denies; approved from the start."""
    decided: dict[tuple[KindOfModel, KindOfModel], bool] = {}

    def gate(from_: Part, to: Part) -> bool:
        what = ((from_.kind, from_.model), (to.kind, to.model))
        if what not in decided:
            decided[what] = allowed(draft, definition, *what) and not any(
                denied(draft, each, *what) for each in definition.sets
            )
        return decided[what]

    return related(draft, definition, focus, APPROVED, gate)


POLICY = Policy(INVENTORY, plan, identify, patch)
