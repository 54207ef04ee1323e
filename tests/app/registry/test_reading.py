from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.refusals import Refused, Unreadable, Unsupported
from app.registry.definitions import Category, Component, Entity, Model, Registrant, Relationship
from app.registry.reading import SCHEMAS, entity_of, read_entity

DEFINITIONS = Path(__file__).parents[4] / "shared/evaluate/definitions"

MODEL = {
    "schemaVersion": "models.meshery.io/v1beta1",
    "version": "v1.0.0",
    "name": "acm-controller",
    "displayName": "ACM controller",
    "status": "enabled",
    "registrant": {"name": "Github", "kind": "github"},
    "category": {"name": "Security"},
    "subCategory": "Keys",
    "metadata": {"shape": "circle"},
    "model": {"version": "v0.3.0"},
    "components_count": 2,
}
COMPONENT = {
    "schemaVersion": "components.meshery.io/v1beta2",
    "displayName": "Broker",
    "component": {
        "kind": "Broker",
        "version": "meshery.io/v1alpha1",
        "schema": '{"properties": {"spec": {}}}',
    },
    "metadata": {"isNamespaced": True},
    "status": None,
}
RELATIONSHIP = {
    "schemaVersion": "relationships.meshery.io/v1alpha3",
    "version": "v1.0.0",
    "kind": "edge",
    "type": "binding",
    "subType": "network",
    "metadata": {"description": "Traffic"},
    "selectors": [{"allow": {}}],
}


def test_a_model() -> None:
    assert read_entity("model.json", MODEL) == Model(
        schema_version="models.meshery.io/v1beta1",
        definition_version="v1.0.0",
        name="acm-controller",
        display_name="ACM controller",
        version="v0.3.0",
        sub_category="Keys",
        registrant=Registrant("Github", "github"),
        category=Category("Security"),
        metadata={"shape": "circle"},
        components_count=2,
        definition=MODEL,
    )


def test_a_component() -> None:
    assert read_entity("broker.json", COMPONENT) == Component(
        schema_version="components.meshery.io/v1beta2",
        display_name="Broker",
        kind="Broker",
        version="meshery.io/v1alpha1",
        schema='{"properties": {"spec": {}}}',
        metadata={"isNamespaced": True},
        definition=COMPONENT,
    )


def test_a_relationship() -> None:
    assert read_entity("network.json", RELATIONSHIP) == Relationship(
        schema_version="relationships.meshery.io/v1alpha3",
        definition_version="v1.0.0",
        kind="edge",
        type="binding",
        sub_type="network",
        description="Traffic",
        metadata={"description": "Traffic"},
        selectors=[{"allow": {}}],
        definition=RELATIONSHIP,
    )


@pytest.mark.parametrize(
    ("change", "member", "value"),
    [
        ({"display_name": "D", "displayName": None}, "display_name", "D"),
        ({"displayName": ""}, "display_name", "acm-controller"),
        ({"sub_category": "S", "subCategory": None}, "sub_category", "S"),
        ({"status": None}, "status", "enabled"),
        ({"status": "ignored"}, "status", "ignored"),
        ({"category": None}, "category", Category("Uncategorized")),
        ({"model": None}, "version", ""),
        ({"metadata": None}, "metadata", {}),
        (
            {"registrant": {"hostname": "Artifact Hub"}},
            "registrant",
            Registrant("Artifact Hub", "artifacthub"),
        ),
        (
            {"registrant": {"hostname": "https://github.com"}},
            "registrant",
            Registrant("https://github.com", "github"),
        ),
        (
            {"registrant": {"kind": "artifacthub"}},
            "registrant",
            Registrant("Artifact Hub", "artifacthub"),
        ),
        ({"registrant": {"kind": "own"}}, "registrant", Registrant("own", "own")),
    ],
)
def test_a_member_of_a_model(change: dict[str, Any], member: str, value: object) -> None:
    assert getattr(read_entity("model.json", MODEL | change), member) == value


@pytest.mark.parametrize(
    ("schema", "text", "is_invalid"),
    [
        ({"properties": {}}, '{"properties":{}}', None),
        ({"type": "object"}, '{"type":"object"}', True),
        ("", None, True),
        ("no JSON", "no JSON", True),
        ("[" * 100_000, "[" * 100_000, True),
    ],
)
def test_a_schema_without_properties_is_marked(
    schema: object, text: str | None, is_invalid: bool | None
) -> None:
    read = read_entity("x", COMPONENT | {"component": {"kind": "X", "schema": schema}})
    assert isinstance(read, Component)
    assert (read.schema, read.metadata.get("hasInvalidSchema")) == (text, is_invalid)


@pytest.mark.parametrize(
    ("document", "error", "text"),
    [
        ([], Unreadable, "f: a definition is an object."),
        (
            {"kind": "Pod"},
            Unsupported,
            (
                "f: schemaVersion is missing; allowed: models.meshery.io/…, "
                "components.meshery.io/…, relationships.meshery.io/…, connections.meshery.io/…, "
                "policies.meshery.io/…."
            ),
        ),
        (
            {"schemaVersion": "models.meshery.io/v1alpha1"},
            Unsupported,
            (
                'f: schemaVersion is "models.meshery.io/v1alpha1"; allowed: '
                "models.meshery.io/v1beta1, models.meshery.io/v1beta2."
            ),
        ),
        (MODEL | {"name": " "}, Unreadable, "f: name must be given and not empty."),
        (MODEL | {"name": 5}, Unreadable, "f: name must be text."),
        (MODEL | {"registrant": {}}, Unreadable, "f: registrant.kind must be given and not empty."),
        (MODEL | {"model": {"version": 1}}, Unreadable, "f: model.version must be text."),
        (
            MODEL | {"components_count": True},
            Unreadable,
            "f: componentsCount must be a whole number.",
        ),
        (COMPONENT | {"component": []}, Unreadable, "f: component must be an object."),
        (MODEL | {"name": "n" * 256}, Unreadable, "f: name must have at most 255 characters."),
        (
            MODEL | {"category": {"name": "n" * 256}},
            Unreadable,
            "f: category.name must have at most 255 characters.",
        ),
        (
            COMPONENT | {"displayName": "n" * 256},
            Unreadable,
            "f: displayName must have at most 255 characters.",
        ),
        (RELATIONSHIP | {"selectors": {}}, Unreadable, "f: selectors must be a list."),
    ],
)
def test_what_is_refused(document: object, error: type[Refused], text: str) -> None:
    with pytest.raises(error) as raised:
        read_entity("f", document)
    assert raised.value.message == text


@pytest.mark.parametrize(
    ("version", "entity"),
    [
        ("models.meshery.io/v9", "model"),
        ("policies.meshery.io/v1beta1", "policy"),
        ("apps/v1", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_entity_is_told_by_the_group_of_the_schema(version: str | None, entity: str) -> None:
    assert entity_of({"schemaVersion": version}) == entity


def test_relationships_as_meshery_has_them() -> None:
    if not DEFINITIONS.exists():
        pytest.skip("the sample definitions are not here")
    for file in sorted(DEFINITIONS.glob("*.json")):
        definition = json.loads(file.read_bytes())
        read = read_entity(file.name, definition)
        assert isinstance(read, Relationship)
        assert (read.kind, read.sub_type) == (definition["kind"], definition["subType"])
        assert read.selectors == definition["selectors"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
VERSIONS = [f"{group}/{each}" for group, (_, allowed) in SCHEMAS.items() for each in allowed]
MEMBERS = ["name", "kind", "registrant", "component", "model", "metadata", "status", "selectors"]


@given(st.sampled_from(VERSIONS), st.dictionaries(st.sampled_from(MEMBERS), VALUES))
def test_any_object_is_read_or_refused(version: str, members: dict[str, Any]) -> None:
    try:
        read = read_entity("f", members | {"schemaVersion": version})
    except Refused:
        return
    assert isinstance(read, Entity)
    assert len(read.digest) == 64
