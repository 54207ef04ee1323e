"""Models, their components and relationships in three sheets of comma-separated values.

The first record of a sheet is a banner, the second has the names of columns. Cells are texts,
formulas too, and may have several lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.importing.refusals import Refused, TooLarge, Unreadable
from app.registry.definitions import EntityType, Problem
from app.strict_json import text_flaw

MOST_BYTES = 64 * 1024 * 1024
MOST_ROWS = 100_000
# The limit is one for the process; texts that have it are short enough for all of a field.
csv.field_size_limit(MOST_BYTES)

_STYLE = (
    "shape", "primaryColor", "secondaryColor", "svgColor", "svgWhite", "svgComplete", "styles",
    "styleOverrides", "shapePolygonPoints", "defaultData", "capabilities", "logoURL",
)  # fmt: skip
#: The columns that are read of each sheet, the first of which it must have; others are ignored.
COLUMNS: Mapping[EntityType, tuple[str, ...]] = {
    "model": (
        "model", "modelDisplayName", "registrant", "category", "subCategory", "description",
        "sourceURL", "website", "docs", *_STYLE, "isAnnotation", "publishToRegistry", "group",
    ),
    "component": (
        "component", "model", "registrant", "description", "schema", "docs", *_STYLE, "genealogy",
        "isAnnotation", "version", "status",
    ),
    "relationship": (
        "Model", "Version", "kind", "type", "subType", "status", "PublishToRegistry",
        "metadata.description", "metadata.isAnnotation", "metadata.styles", "evalPolicy",
        "selector", "filename",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of the sheet of an entity, which ends on that line. A column it lacks is empty."""

    entity: EntityType
    line: int
    cells: Mapping[str, str]

    @property
    def place(self) -> str:
        return f"{self.entity} sheet, line {self.line}"

    def text(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def flag(self, column: str) -> bool:
        """Whether the cell is `true`, in any case; anything else is false."""
        return self.text(column).lower() == "true"


@dataclass(frozen=True)
class Sheets:
    """The rows of three sheets. A sheet that is not read has none, and a problem."""

    models: tuple[Row, ...]
    components: tuple[Row, ...]
    relationships: tuple[Row, ...]
    problems: tuple[Problem, ...]


def read_sheets(models: bytes, components: bytes, relationships: bytes) -> Sheets:
    """The rows of the sheets; an empty one has none. What is wrong with a sheet is its problem."""
    rows: dict[EntityType, tuple[Row, ...]] = {}
    problems: list[Problem] = []
    given: tuple[tuple[EntityType, bytes], ...] = (
        ("model", models),
        ("component", components),
        ("relationship", relationships),
    )
    for entity, data in given:
        try:
            rows[entity] = tuple(_rows(entity, data))
        except Refused as refusal:
            rows[entity] = ()
            problems.append(Problem(f"{entity} sheet", entity, refusal.message))
    return Sheets(rows["model"], rows["component"], rows["relationship"], tuple(problems))


def _rows(entity: EntityType, data: bytes) -> Iterator[Row]:
    records = _records(entity, _text(entity, data))
    if next(records, None) is None:
        return
    _, names = next(records, (0, []))
    columns = _columns(entity, names)
    for number, (line, record) in enumerate(records):
        if len(record) != len(names):
            raise Unreadable(
                f"The {entity} sheet has {len(record)} cells in the row that ends on line {line}, "
                f"but {len(names)} columns."
            )
        if number >= MOST_ROWS:
            raise TooLarge(f"The {entity} sheet has more than {MOST_ROWS:,} rows.")
        yield Row(entity, line, {name: record[at] for name, at in columns.items()})


def _records(entity: EntityType, text: str) -> Iterator[tuple[int, list[str]]]:
    """Records, each with the line it ends on; empty lines are none."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for record in reader:
            if record:
                yield reader.line_num, record
    except csv.Error as error:
        raise Unreadable(f"The {entity} sheet, line {reader.line_num}: {error}.") from None


def _columns(entity: EntityType, names: list[str]) -> dict[str, int]:
    """Where the known columns are; names are compared without case, spaces as underscores."""
    given = [name.strip().replace(" ", "_").lower() for name in names]
    found = {name: given.index(name.lower()) for name in COLUMNS[entity] if name.lower() in given}
    required = COLUMNS[entity][0]
    if required not in found:
        raise Unreadable(
            f"The {entity} sheet has no column {required}; its second line must name the columns."
        )
    return found


def _text(entity: EntityType, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise TooLarge(f"The {entity} sheet has more than {MOST_BYTES:,} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"The {entity} sheet is not UTF-8 at byte {error.start}.") from None
    if (flaw := text_flaw(text)) is not None:
        raise Unreadable(f"The {entity} sheet is not text: {flaw}.")
    return text
