"""SVG drawings of models and components: shown in browsers, so they must be drawings alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.parsers import expat

from app.registry.definitions import Component, Entity, Json

#: Elements that run code, or put another document into the drawing.
ACTIVE = frozenset({"script", "handler", "foreignobject", "iframe", "object", "embed", "audio"})
#: Attributes whose value is where something else is.
REFERENCES = frozenset({"href", "src"})

_LOCAL = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp);)", re.IGNORECASE)
_FOREIGN_STYLE = re.compile(
    r"""\\|@import|url\((?>\s*['"]?\s*)(?!#|data:image/(png|jpeg|gif|webp);)""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class _NotADrawing(Exception):
    """The argument says what it has that a drawing must not."""


def drawing_flaw(entity: Entity) -> str | None:
    """Why an entity's drawings are not shown, naming the member; None if all are harmless."""
    styles = entity.styles if isinstance(entity, Component) else None
    for key, text in _texts({"metadata": entity.metadata, "styles": styles or {}}):
        if key.lower().startswith("svg") or "<svg" in text.lower():
            flaw = svg_flaw(text)
            if flaw is not None:
                return f"{key} is not a harmless SVG drawing: {flaw}."
    return None


def svg_flaw(text: str) -> str | None:
    """What an SVG text has that it must not: scripts, event handlers, references to elsewhere, a
    document type or entities. A text without markup is the name of a drawing.
    """
    if "<" not in text:
        return "it is an address elsewhere" if _SCHEME.match(text) else None
    parser = expat.ParserCreate()
    parser.StartElementHandler = _check_element
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.ProcessingInstructionHandler = _refuse_instruction
    parser.CharacterDataHandler = parser.CommentHandler = _check_text
    parser.buffer_text, parser.buffer_size = True, 4 * len(text) + 1  # texts are judged whole
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - positional only
    except _NotADrawing as found:
        return str(found)
    except expat.ExpatError as error:
        return f"it is not well-formed XML ({expat.ErrorString(error.code)})"
    return None


def _check_element(name: str, attributes: dict[str, str]) -> None:
    if _local(name) in ACTIVE:
        raise _NotADrawing(f"it has the element {name}")
    for key, value in attributes.items():
        _check_attribute(key, value)


def _check_attribute(key: str, value: str) -> None:
    local = _local(key)
    target = _local(value.strip()) if local == "attributename" else local  # what is animated
    if target.startswith("on"):
        raise _NotADrawing(f"it has the event handler {key}")
    if target in REFERENCES and not _LOCAL.match(value):
        raise _NotADrawing(f"its {key} refers to elsewhere")
    if ":" not in key:  # what editors keep under prefixes of theirs is no style
        _check_style(value)


def _check_style(text: str) -> None:
    if _FOREIGN_STYLE.search(text):
        raise _NotADrawing("a style refers to elsewhere")


def _check_text(text: str) -> None:
    if "<" in text:  # an HTML parser ends comments and CDATA sooner than this one
        raise _NotADrawing("it has markup in a text or comment")
    _check_style(text)


def _refuse_document_type(*_: object) -> None:
    raise _NotADrawing("it has a document type")


def _refuse_instruction(target: str, _: str) -> None:
    raise _NotADrawing(f"it has the instruction {target}")


def _local(name: str) -> str:
    """The name without its prefix."""
    return name.rpartition(":")[2].lower()


def _texts(value: Json) -> Iterator[tuple[str, str]]:
    """Every text with the key it is under, however deep."""
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        key, each = waiting.pop()
        if isinstance(each, str):
            yield key, each
        elif isinstance(each, dict):
            waiting += reversed(each.items())
        elif isinstance(each, list):
            waiting += [(key, item) for item in reversed(each)]
