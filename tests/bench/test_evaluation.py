"""The workloads of the evaluation find what they are made for."""

from __future__ import annotations

import pytest

from app.evaluation import evaluate
from tests.bench.evaluation import (
    Workload,
    bindings,
    joined_pairs,
    micro,
    mutators,
    nested_pairs,
    siblings,
)


@pytest.mark.parametrize(
    ("workload", "added"),
    [(micro(), 0), (siblings(50), 16), (bindings(50), 500), (mutators(50), 194)],
    ids=lambda value: value.name if isinstance(value, Workload) else str(value),
)
def test_workloads(workload: Workload, added: int) -> None:
    found = evaluate(workload.design, workload.definitions)
    relationships = len(found.design["relationships"])
    assert relationships == added + len(workload.design["relationships"])
    assert found.settled


def test_the_join_finds_what_a_loop_finds() -> None:
    assert joined_pairs(mutators(20)) == nested_pairs(mutators(20)) > 0
