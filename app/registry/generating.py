"""Packages that are generated of a model's source, as Meshery's Model Create does."""

from __future__ import annotations

from collections.abc import Iterable

from app.registry.crds import components_of
from app.registry.definitions import ENABLED, Component, Json, Model, Package, registrable
from app.registry.kinds import DEFINITION_VERSION, readable
from app.registry.model_sources import ModelSource
from app.registry.reading import REGISTRANTS, read_component, read_model

MODEL_SCHEMA_VERSION = "models.meshery.io/v1beta2"

#: What can be done with every component in a design: name, what it does, kind, type, sub-type.
_CAPABILITIES = (
    ("Styling", "Change the look of the component", "mutate", "style", ""),
    ("Change Shape", "Change the shape of the component", "mutate", "style", "shape"),
    (
        "Compound Drag And Drop",
        "Put components into it",
        "interaction",
        "graph",
        "compoundDnd",
    ),
)
CAPABILITIES: list[Json] = [
    {
        "schemaVersion": "capability.meshery.io/v1alpha1",
        "version": "0.7.0",
        "displayName": name,
        "description": description,
        "kind": kind,
        "type": type_,
        "subType": sub_type,
        "key": "",
        "entityState": ["declaration"],
        "status": ENABLED,
        "metadata": None,
    }
    for name, description, kind, type_, sub_type in _CAPABILITIES
]


def generated_model(source: ModelSource, version: str) -> Model:
    """The model of a source, whose version is that of what it was generated of."""
    return read_model(
        source.model,
        {
            "schemaVersion": MODEL_SCHEMA_VERSION,
            "version": DEFINITION_VERSION,
            "name": source.model,
            "displayName": source.display_name or readable(source.model),
            "description": source.description,
            "status": source.status,
            "registrant": {
                "kind": source.registrant,
                "name": REGISTRANTS.get(source.registrant, source.registrant),
            },
            "category": {"name": source.category},
            "subCategory": source.sub_category,
            "metadata": {
                **source.styles,
                "isAnnotation": source.is_annotation,
                "source_uri": source.source_uri,
            },
            "model": {"version": version},
        },
    )


def dressed(component: Component, source: ModelSource) -> Component:
    """The component in the styles of its model, with its status; what it has itself stays."""
    given = component.definition
    status = source.status if component.status == ENABLED else component.status
    return read_component(
        component.kind,
        {
            **given,
            "status": status,
            "styles": source.styles | (component.styles or {}),
            "capabilities": component.capabilities or CAPABILITIES,
            "metadata": given.get("metadata", {}) | {"source_uri": source.source_uri},
        },
    )


def generated_package(source: ModelSource, documents: Iterable[object], version: str) -> Package:
    """The model with a component of each kind that the documents describe.

    Without components, and so not registered, if the source is not to be published.
    """
    components = (dressed(each, source) for each in components_of(documents, source.group))
    distinct = {component.digest: component for component in components}
    model = generated_model(source, version)
    return registrable(Package(model, components=tuple(distinct.values())))
