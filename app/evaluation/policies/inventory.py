"""Components within others: what is in a namespace, what is on a node.

This is the only policy that looks at the models and the denials of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.evaluation.bonds import APPROVED, Bond
from app.evaluation.definitions import Definition
from app.evaluation.draft import Draft
from app.evaluation.feasibility import Gate
from app.evaluation.policy import Focus, Policy
from app.evaluation.relating import patch, plan, related
from app.evaluation.routes import INVENTORY


def identify(draft: Draft, definition: Definition, focus: Focus) -> Iterator[Bond]:
    """Pairs whose values agree and which the definition allows; approved from the start."""
    return related(draft, definition, focus, APPROVED, Gate(draft, definition))


POLICY = Policy(INVENTORY, plan, identify, patch)
