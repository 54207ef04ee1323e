"""Edges between two components of which one names the other: references, networks.

The models and the denials of a definition are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.evaluation.bonds import IDENTIFIED, Bond
from app.evaluation.definitions import Definition
from app.evaluation.draft import Draft
from app.evaluation.policy import Focus, Policy
from app.evaluation.relating import patch, plan, related
from app.evaluation.routes import NON_BINDING


def identify(draft: Draft, definition: Definition, focus: Focus) -> Iterator[Bond]:
    """Pairs whose values agree."""
    return related(draft, definition, focus, IDENTIFIED)


POLICY = Policy(NON_BINDING, plan, identify, patch)
