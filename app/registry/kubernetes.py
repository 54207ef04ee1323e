"""The kinds that every cluster of Kubernetes serves, as a model that is there from the start.

`kubernetes.json` is the OpenAPI document of a release of Kubernetes, cut to the kinds of stable
versions, what is configured of them, and what these schemas refer to.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson

from app.registry.definitions import Model, Package
from app.registry.generating import generated_model, generated_package
from app.registry.model_sources import ModelSource

DOCUMENT = Path(__file__).with_name("kubernetes.json")
COLOR, WHITE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    f'<path fill="none" stroke="{color}" stroke-width="2" d="m12 2 8 4 2 8-6 7H8l-6-7 2-8z"/>'
    f'<path stroke="{color}" d="M12 6v12M6 9l12 6M18 9 6 15"/></svg>'
    for color in ("#326CE5", "#FFFFFF")
)
SOURCE = ModelSource(
    model="kubernetes",
    display_name="Kubernetes",
    registrant="github",
    category="Orchestration & Management",
    sub_category="Scheduling & Orchestration",
    description="The kinds of objects that are built into Kubernetes.",
    source_uri="git://github.com/kubernetes/kubernetes/master/api/openapi-spec",
    primary_color="#326CE5",
    secondary_color="#7AA1F0",
    svg_color=COLOR,
    svg_white=WHITE,
    publish_to_registry=True,
)


@cache
def core_package() -> Package:
    """The model `kubernetes` with a component of each built-in kind; its version is the release."""
    document = _document()
    return generated_package(SOURCE, [document], _release(document))


def core_model() -> Model:
    """The model alone, which is made far sooner."""
    return generated_model(SOURCE, _release(_document()))


def _document() -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(DOCUMENT.read_bytes())
    return document


def _release(document: dict[str, Any]) -> str:
    version: str = document["info"]["version"]
    return version
