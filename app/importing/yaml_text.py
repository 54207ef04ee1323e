"""YAML documents of one file of an archive."""

from __future__ import annotations

import yaml

from app.importing.refusals import Unreadable

#: Of the parser, and of the constructors of scalars such as `!!bool x`.
_FAULTS = (
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def parse(name: str, content: bytes) -> list[object]:
    """The documents of a file; raises `Unreadable`, with the file's name, if it is not YAML."""
    try:
        return list(yaml.load_all(content, Loader=yaml.CSafeLoader))
    except _FAULTS as error:
        where = getattr(error, "problem_mark", None)
        line = f" (line {where.line + 1})" if where is not None else ""
        raise Unreadable(f"{name} is not YAML{line}.") from None
