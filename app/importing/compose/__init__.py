"""Docker Compose files as objects of Kubernetes, by the rules of kompose.

    reading/   interpolation, validation and all syntaxes, into one `Project`
    writing/   the objects of Kubernetes, a module per noun

What a Compose file says and Kubernetes cannot express is told as a warning, once per kind.
Where kompose differs, on purpose:

    files beside the file   kompose needs them; here their objects have keys without content
    variables               kompose takes its own environment; here it is empty
    annotations             kompose adds its version and command line; here it did not run
    ports exposed twice     kompose repeats them; Kubernetes refuses that
    volumes of two services kompose repeats the claim; here there is one
    secrets                 kompose mounts their folder; here each is the file Compose promises
    `$A_B` in arguments     kompose ends a name at `_`; here names are those of Kubernetes
    shared networks         kompose moves only containers; here their volumes come along
"""

from __future__ import annotations

from app.importing.compose.conversion import convert
from app.importing.compose.options import Converted, Options

__all__ = ["Converted", "Options", "convert", "is_compose"]


def is_compose(document: object) -> bool:
    """Whether a parsed YAML document claims to be a Compose file: `services`, and no `kind`."""
    return isinstance(document, dict) and "services" in document and "kind" not in document
