from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.registry.definitions import (
    Component,
    Model,
    Registrant,
    canonical,
    component_id,
    model_id,
)

MODEL = Model(
    schema_version="models.meshery.io/v1beta1",
    definition_version="v1.0.0",
    name="couchbase",
    version="v2.3.0",
    registrant=Registrant("Github", "github"),
    definition={"name": "couchbase", "model": {"version": "v2.3.0"}},
)


def component(**definition: Any) -> Component:
    return Component(schema_version="…", kind="Pod", definition={"status": "enabled"} | definition)


def test_an_id_is_the_same_on_every_machine() -> None:
    assert model_id(MODEL) == UUID("f61c0295-f267-5600-b001-b27a301302c0")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"version": "v2.4.0"},
        {"definition_version": "v1.0.1"},
        {"schema_version": "models.meshery.io/v1beta2"},
        {"registrant": Registrant("Github", "meshery")},
        {"registrant": Registrant("Mirror", "github")},
    ],
)
def test_a_model_is_another_when_what_identifies_it_is(change: dict[str, Any]) -> None:
    assert model_id(replace(MODEL, **change)) != model_id(MODEL)


@pytest.mark.parametrize("change", [{"description": "…"}, {"status": "ignored"}, {"metadata": {}}])
def test_a_model_is_the_same_when_it_is_described_otherwise(change: dict[str, Any]) -> None:
    assert model_id(replace(MODEL, **change)) == model_id(MODEL)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "00000000-0000-0000-0000-000000000001"},
        {"createdAt": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"},
        {"model": {"name": "couchbase"}, "modelReference": {}},
    ],
)
def test_what_defines_a_component_is_not_where_it_was_kept(change: dict[str, Any]) -> None:
    assert component(**change).digest == component().digest


@pytest.mark.parametrize("change", [{"status": "ignored"}, {"configuration": {"id": 1}}])
def test_another_definition_is_another_component(change: dict[str, Any]) -> None:
    model = model_id(MODEL)
    assert component_id(model, component(**change)) != component_id(model, component())


def test_the_version_of_a_model_is_part_of_its_digest() -> None:
    other = replace(MODEL, definition=MODEL.definition | {"model": {"version": "v9"}})
    assert other.digest != MODEL.digest


def test_the_same_component_of_two_models_is_two() -> None:
    other = model_id(replace(MODEL, name="other"))
    assert component_id(other, component()) != component_id(model_id(MODEL), component())


def test_canonical_json_does_not_depend_on_the_order_of_members() -> None:
    assert canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"\\u00e9"]}'
