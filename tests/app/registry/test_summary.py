from __future__ import annotations

import pytest

from app.registry.definitions import (
    Component,
    EntityType,
    Model,
    Package,
    Problem,
    Registrant,
    Relationship,
)
from app.registry.summary import Severity, Trouble, message, summarize


def package(name: str, components: int, relationships: int = 0) -> Package:
    model = Model(
        schema_version="…", name=name, registrant=Registrant("Github", "github"), definition={}
    )
    component = Component(schema_version="…", kind="Pod", definition={})
    relationship = Relationship(schema_version="…", kind="edge", definition={})
    return Package(model, (component,) * components, (relationship,) * relationships)


def problems(*entities: EntityType) -> list[Problem]:
    return [Problem(f"{number}.json", each, "damaged") for number, each in enumerate(entities)]


ONE = package("couchbase", 1, 1)
CASES: list[tuple[list[Package], list[Problem], str, Severity]] = [
    ([ONE], [], "Imported model couchbase (1 component and 1 relationship)", "success"),
    ([package("a", 2)], [], "Imported model a (2 components)", "success"),
    ([package("a", 0, 2)], [], "Imported model a (2 relationships)", "success"),
    (
        [package("a", 1), package("b", 1, 2)],
        [],
        "Imported models a, b (2 components and 2 relationships)",
        "success",
    ),
    ([package("a", 1), package("a", 2)], [], "Imported models a (3 components)", "success"),
    (
        [package("a", 0)],
        [],
        "Model won't be registered because there was no Component or Relationship.",
        "warning",
    ),
    (
        [],
        [],
        "No component found in model provided. Models must have at least one component.",
        "error",
    ),
    (
        [ONE],
        problems("model", "component", "component", "unknown"),
        (
            "Imported model couchbase (1 component and 1 relationship), encountered error for "
            "4 entities (1 model, 2 components and 1 unknown entity)"
        ),
        "warning",
    ),
    (
        [ONE],
        problems("component"),
        (
            "Imported model couchbase (1 component and 1 relationship), encountered error for "
            "1 entity (1 component)"
        ),
        "warning",
    ),
    (
        [],
        problems("relationship", "unknown", "connection", "relationship"),
        "Import encountered error for 4 entities (2 relationships and 2 unknown entities).",
        "error",
    ),
    (
        [package("a", 0)],
        problems("component"),
        "Import encountered error for 1 entity (1 component).",
        "error",
    ),
]


@pytest.mark.parametrize(("packages", "refused", "text", "severity"), CASES)
def test_message_and_severity(
    packages: list[Package], refused: list[Problem], text: str, severity: Severity
) -> None:
    summary = summarize(packages, refused)
    assert (message(summary), summary.severity) == (text, severity)


def test_counts_are_of_what_was_registered() -> None:
    summary = summarize([ONE, package("b", 2), package("empty", 0)], [])
    assert (summary.models, summary.components, summary.relationships) == (2, 3, 1)
    assert [model.name for model in summary.empty] == ["empty"]


def test_equal_reasons_are_told_once() -> None:
    given = [
        Problem("a.json", "component", "damaged"),
        Problem("b.json", "model", "old"),
        Problem("c.json", "relationship", "damaged"),
    ]
    assert summarize([], given).troubles == (
        Trouble("damaged", ("a.json", "c.json"), ("component", "relationship")),
        Trouble("old", ("b.json",), ("model",)),
    )
