"""Docker Compose files as objects of Kubernetes, by the rules of kompose.

    reading/   interpolation, validation and all syntaxes, into one `Project`
    writing/   the objects of Kubernetes, a module per noun

What a Compose file says and Kubernetes cannot express is told as a warning, once per kind.
"""

from __future__ import annotations

from app.importing.compose.conversion import convert
from app.importing.compose.options import Converted, Options

__all__ = ["Converted", "Options", "convert", "is_compose"]


def is_compose(document: object) -> bool:
    """Whether a parsed YAML document claims to be a Compose file: `services`, and no `kind`."""
    return isinstance(document, dict) and "services" in document and "kind" not in document
