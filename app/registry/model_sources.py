"""What models are like whose components are generated, as the form of Model Create has it."""

from __future__ import annotations

from dataclasses import dataclass

from app.importing.refusals import Unsafe, Unsupported
from app.registry.definitions import ENABLED, IGNORED, UNCATEGORIZED, Json
from app.registry.drawings import svg_flaw
from app.registry.kinds import readable
from app.registry.members import Members
from app.strict_json import printable

#: Where models come from; those of `meshery` are written into sheets by hand.
SOURCES = ("github", "artifacthub", "meshery")
#: The drawings of models that have none: a hexagon in the colours, and in white.
COLOR, WHITE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    f'<path fill="{left}" d="M12 2 3 7v10l9 5z"/>'
    f'<path fill="{right}" d="m12 2 9 5v10l-9 5z"/></svg>'
    for left, right in (("#00B39F", "#00D3A9"), ("#FFFFFF", "#FFFFFFCC"))
)


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """What a model is like whose components are generated; `model` is its name.

    The model and all of it is registered only if `publish_to_registry`. Of the kinds found, only
    those of the API group `group` are taken, if it is given.
    """

    model: str
    display_name: str = ""
    registrant: str = "github"
    category: str = UNCATEGORIZED
    sub_category: str = UNCATEGORIZED
    description: str = ""
    source_uri: str = ""
    group: str = ""
    shape: str = "Circle"
    primary_color: str = "#00B39F"
    secondary_color: str = "#00D3A9"
    svg_color: str = COLOR
    svg_white: str = WHITE
    svg_complete: str = ""
    is_annotation: bool = False
    publish_to_registry: bool = False

    @property
    def status(self) -> str:
        return ENABLED if self.publish_to_registry else IGNORED

    @property
    def styles(self) -> Json:
        return {
            "primaryColor": self.primary_color,
            "secondaryColor": self.secondary_color,
            "shape": self.shape.lower(),
            "svgColor": self.svg_color,
            "svgWhite": self.svg_white,
            "svgComplete": self.svg_complete,
        }


#: The fields of a source that are text with a default, by the members of the form.
_TEXTS = {
    "category": "category",
    "sub_category": "subCategory",
    "description": "description",
    "source_uri": "sourceURL",
    "group": "group",
    "shape": "shape",
    "primary_color": "primaryColor",
    "secondary_color": "secondaryColor",
    "svg_color": "svgColor",
    "svg_white": "svgWhite",
    "svg_complete": "svgComplete",
}


def read_model_source(document: Json, file: str = "model") -> ModelSource:
    """A source out of the form of Model Create; what is missing or empty has its default.

    Raises `Unreadable` for a form without a name or with a member of the wrong kind, `Unsupported`
    for another registrant than `github`, `artifacthub` and `meshery`, and `Unsafe` for a drawing
    that is more than a drawing.
    """
    at = Members(file, document)
    name = at.required("model").strip().lower()
    registrant = at.text("registrant", "github").replace(" ", "").lower()
    if registrant not in SOURCES:
        raise Unsupported(
            f'{file}: unsupported registrant "{printable(registrant)}"; '
            f"allowed: {', '.join(SOURCES)}."
        )
    source = ModelSource(
        model=name,
        display_name=at.text("modelDisplayName") or at.text("displayName") or readable(name),
        registrant=registrant,
        is_annotation=at.flag("isAnnotation"),
        publish_to_registry=at.flag("publishToRegistry"),
        **{field: text for field, key in _TEXTS.items() if (text := at.text(key).strip())},
    )
    for key in ("svgColor", "svgWhite", "svgComplete"):
        if (flaw := svg_flaw(source.styles[key])) is not None:
            raise Unsafe(f"{file}: {key} is not a harmless SVG drawing: {flaw}.")
    return source
