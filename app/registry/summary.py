"""What came of a registration: counts, what was registered of each model, and what was not.

The message is Meshery's, word for word, as its command line and its users read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.registry.definitions import EntityType, Model, Package, Problem

NOTHING_IN_MODEL = "Model won't be registered because there was no Component or Relationship."
NOTHING_AT_ALL = "No component found in model provided. Models must have at least one component."
#: Entities that did not come in are told of in this order; others are unknown.
FAILED: tuple[EntityType, ...] = ("model", "component", "relationship")

Severity = Literal["success", "warning", "error"]


@dataclass(frozen=True)
class Trouble:
    """One reason, and all that it kept out: `names` and `entities` go in pairs."""

    text: str
    names: tuple[str, ...]
    entities: tuple[EntityType, ...]


@dataclass(frozen=True)
class Summary:
    """`packages` were registered; `empty` are models that had nothing to register."""

    packages: tuple[Package, ...]
    empty: tuple[Model, ...]
    troubles: tuple[Trouble, ...]

    @property
    def models(self) -> int:
        return len(self.packages)

    @property
    def components(self) -> int:
        return sum(len(package.components) for package in self.packages)

    @property
    def relationships(self) -> int:
        return sum(len(package.relationships) for package in self.packages)

    @property
    def failed(self) -> Counter[EntityType]:
        """How many of each entity were not registered."""
        return Counter(entity for trouble in self.troubles for entity in trouble.entities)

    @property
    def severity(self) -> Severity:
        if not self.packages:
            return "warning" if self.empty and not self.troubles else "error"
        return "warning" if self.troubles or self.empty else "success"


def summarize(packages: Iterable[Package], problems: Iterable[Problem]) -> Summary:
    """The summary of what was given to be registered and of what was refused before."""
    given = tuple(packages)
    by_text: dict[str, list[Problem]] = {}
    for problem in problems:
        by_text.setdefault(problem.text, []).append(problem)
    return Summary(
        packages=tuple(each for each in given if _has_content(each)),
        empty=tuple(each.model for each in given if not _has_content(each)),
        troubles=tuple(
            Trouble(text, tuple(each.name for each in same), tuple(each.entity for each in same))
            for text, same in by_text.items()
        ),
    )


def message(summary: Summary) -> str:
    """One sentence for whoever asked for the registration."""
    imported, failed = _imported(summary), _failed(summary)
    if imported and failed:
        return f"{imported}, {failed}"
    if failed:
        return f"Import {failed}."
    return imported or (NOTHING_IN_MODEL if summary.empty else NOTHING_AT_ALL)


def _has_content(package: Package) -> bool:
    return bool(package.components or package.relationships)


def _imported(summary: Summary) -> str:
    if not summary.packages:
        return ""
    names = ", ".join(dict.fromkeys(package.model.name for package in summary.packages))
    content = _listed([(summary.components, "component"), (summary.relationships, "relationship")])
    return f"Imported {_plural(summary.models, 'model')} {names} ({content})"


def _failed(summary: Summary) -> str:
    failed = summary.failed
    total, known = failed.total(), [(failed[entity], entity) for entity in FAILED]
    if not total:
        return ""
    unknown = total - sum(count for count, _ in known)
    content = _listed([*known, (unknown, "unknown entity")])
    return f"encountered error for {total} {_plural(total, 'entity')} ({content})"


def _listed(counts: Sequence[tuple[int, str]]) -> str:
    """E.g. `1 model, 2 components and 1 unknown entity`; what there is none of is left out."""
    parts = [f"{count} {_plural(count, noun)}" for count, noun in counts if count]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _plural(count: int, noun: str) -> str:
    if count == 1:
        return noun
    return noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
