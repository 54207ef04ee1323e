"""What a policy is: how relationships of one route are found, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from app.evaluation.actions import Action
from app.evaluation.bonds import Bond
from app.evaluation.definitions import Definition, EndSet
from app.evaluation.draft import Draft
from app.evaluation.routes import Route

#: The ids of the components to look at, or None for all.
Focus = Collection[str] | None


@dataclass(frozen=True)
class Policy:
    """`plan` is done once for a version of the registry, the others in each pass.

    `spared` are statuses in which a relationship stays although an end of it is missing.
    """

    name: str
    plan: Callable[[Route, tuple[EndSet, ...]], Any]
    identify: Callable[[Draft, Definition, Focus], Iterator[Bond]]
    act: Callable[[Draft, Bond], Iterator[Action]]
    spared: frozenset[str] = frozenset()
