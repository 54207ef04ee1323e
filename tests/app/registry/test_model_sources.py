from __future__ import annotations

from typing import Any

import pytest

from app.importing.refusals import Refused, Unreadable, Unsafe, Unsupported
from app.registry.drawings import svg_flaw
from app.registry.model_sources import ModelSource, read_model_source


@pytest.mark.parametrize(
    ("form", "source"),
    [
        ({"model": "Couchbase"}, ModelSource(model="couchbase", display_name="couchbase")),
        (
            {
                "model": "couchbase",
                "modelDisplayName": "Couchbase",
                "registrant": "Artifact Hub",
                "category": "Database",
                "subCategory": "",
                "shape": None,
                "primaryColor": "#FF0000",
                "svgWhite": "<svg/>",
                "isAnnotation": "TRUE",
                "publishToRegistry": True,
            },
            ModelSource(
                model="couchbase",
                display_name="Couchbase",
                registrant="artifacthub",
                category="Database",
                primary_color="#FF0000",
                svg_white="<svg/>",
                is_annotation=True,
                publish_to_registry=True,
            ),
        ),
        (
            {"model": "a", "model_display_name": "A", "publish_to_registry": "false"},
            ModelSource(model="a", display_name="A"),
        ),
    ],
)
def test_a_source_out_of_a_form(form: dict[str, Any], source: ModelSource) -> None:
    assert read_model_source(form) == source


@pytest.mark.parametrize(
    ("form", "error", "text"),
    [
        ({}, Unreadable, "model: model must be given and not empty."),
        (
            {"registrant": "dockerhub"},
            Unsupported,
            'model: unsupported registrant "dockerhub"; allowed: github, artifacthub, meshery.',
        ),
        ({"publishToRegistry": "1"}, Unreadable, "model: publishToRegistry must be true or false."),
        (
            {"svgColor": "<svg><script/></svg>"},
            Unsafe,
            "model: svgColor is not a harmless SVG drawing: it has the element script.",
        ),
    ],
)
def test_what_is_refused(form: dict[str, Any], error: type[Refused], text: str) -> None:
    with pytest.raises(error) as raised:
        read_model_source({"model": "a", **form} if form else form)
    assert raised.value.message == text


def test_the_drawings_of_models_without_are_harmless() -> None:
    styles = ModelSource(model="a").styles
    assert [svg_flaw(styles[key]) for key in ("svgColor", "svgWhite")] == [None, None]
