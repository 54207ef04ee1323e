"""What is read of the components of a draft: kinds, and columns of values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.evaluation.draft import Draft, Part
from app.evaluation.names import is_exactly, means
from app.evaluation.paths import Path, get, resolved, stands_for_some, values_at

CONFIGURATION = "configuration"

#: A component, and for each path all values that it may mean.
Row = tuple[Part, tuple[list[Any], ...]]


def place(draft: Draft, part: Part, path: Path) -> tuple[Part, Path]:
    """Where a path of a component is: an alias has its configuration in its parent.

    So what is written to an alias is found there again. Meshery writes it into the alias, where
    nobody reads it, in every evaluation anew.
    """
    alias = draft.aliases.get(part.id)
    if alias is not None and path and path[0] == CONFIGURATION:
        parent = draft.part(alias.parent)
        if parent is not None:
            return parent, alias.path + path[1:]
    return part, path


def read(draft: Draft, part: Part, path: Path) -> Any:
    """What is at the path of the component, or None; an empty path is None."""
    part, path = place(draft, part, path)
    return get(part.raw, path) if path else None


def read_all(draft: Draft, part: Part, path: Path) -> list[Any]:
    """All that the path may mean, at least one value."""
    part, path = place(draft, part, path)
    return values_at(part.raw, path) if path else [None]


def one_place(draft: Draft, part: Part, path: Path) -> tuple[Part, Path]:
    """Where a path is that is read from or written to as one."""
    part, path = place(draft, part, path)
    return part, resolved(part.raw, path) if stands_for_some(path) else path


def kinds_meant(draft: Draft, pattern: str) -> list[str]:
    """The kinds of the design that a selector means."""
    found: list[str] | None = draft.remembered.get(("kinds", pattern))
    if found is None:
        test = means if draft.options.parity.kinds_within_names else is_exactly
        found = [kind for kind in draft.kinds if test(pattern, kind)]
        draft.remembered["kinds", pattern] = found
    return found


def kinds_of_models(draft: Draft) -> list[tuple[str, str]]:
    """Each kind of the design with each model that it is of there."""
    found: list[tuple[str, str]] | None = draft.remembered.get("kinds of models")
    if found is None:
        parts = draft.parts.values()
        found = list(dict.fromkeys([(part.kind, part.model) for part in parts if part.id]))
        draft.remembered["kinds of models"] = found
    return found


def parts_meant(draft: Draft, pattern: str) -> Iterator[Part]:
    """The components whose kind a selector means."""
    for kind in kinds_meant(draft, pattern):
        yield from draft.kinds[kind].values()


def name_means(draft: Draft, pattern: str, name: str) -> bool:
    """Whether a kind or a model's name is meant."""
    test = means if draft.options.parity.kinds_within_names else is_exactly
    return test(pattern, name)


def rows(draft: Draft, pattern: str, paths: tuple[Path, ...]) -> list[Row]:
    """The components that are meant with their values at the paths."""
    key = ("rows", pattern, paths)
    found: list[Row] | None = draft.remembered.get(key)
    if found is None:
        kinds = kinds_meant(draft, pattern)
        found = [row for kind in kinds for row in rows_of(draft, kind, paths)]
        draft.remembered[key] = found
    return found


def rows_of(draft: Draft, kind: str, paths: Iterable[Path]) -> list[Row]:
    """The components of a kind that is in the design, with their values at the paths."""
    columns = [_column(draft, kind, path) for path in paths]
    return list(zip(draft.kinds[kind].values(), zip(*columns, strict=True), strict=True))


def _column(draft: Draft, kind: str, path: Path) -> list[list[Any]]:
    columns = draft.columns.setdefault(kind, {})
    found = columns.get(path)
    if found is None:
        many = stands_for_some(path)
        parts = draft.kinds[kind].values()
        found = [
            read_all(draft, each, path) if many else [read(draft, each, path)] for each in parts
        ]
        columns[path] = found
    return found
