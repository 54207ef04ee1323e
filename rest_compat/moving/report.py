"""What was found, as Markdown for a person, and as files for a folder of trusted documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from graphql import DocumentNode, SelectionSetNode, print_ast

from rest_compat.documents import Operation
from rest_compat.endpoints import ENDPOINTS
from rest_compat.moving.grafting import Document, Refusal, query_of
from rest_compat.moving.loops import Branch
from rest_compat.moving.selecting import operation_of
from rest_compat.moving.sources import Source
from rest_compat.moving.study import Loop, Study, Use

#: Loops that are shown in full, and clients that are named of each.
MOST_SHOWN: Final = 20
MOST_NAMED: Final = 5
#: In place of a number of bytes where there were none, or a log tells of none.
UNTOLD: Final = "–"
#: Characters that would be read as Markdown, or end a cell of a table.
_SPECIAL: Final = str.maketrans({each: f"\\{each}" for each in "\\`*_[]<>|#&"})


@dataclass(frozen=True)
class Found:
    """A loop with the query that replaces it."""

    loop: Loop
    document: Document


def found_in(study: Study, refusal: Refusal) -> list[Found]:
    """The loops, those that save most calls first."""
    loops = sorted(study.loops.values(), key=lambda each: -(each.calls - each.times))
    documents = ((each, query_of(study.schema, each.tree, refusal)) for each in loops)
    return [Found(loop, document) for loop, document in documents if document is not None]


def single_documents(study: Study) -> list[Document]:
    """The operation of each endpoint that was called, with the variables of the first call.

    Of mutations, placeholders: what was sent may be a secret.
    """
    return [
        Document(
            name,
            print_ast(_narrowed(study, study.operations[name])) + "\n",
            use.example or study.operations[name].least(),
        )
        for name, use in sorted(study.uses.items())
    ]


def _narrowed(study: Study, operation: Operation) -> DocumentNode:
    """The operation as it is, unless fewer fields are wanted of a query."""
    outline = study.outlines.get(operation.name)
    if study.fields is None or outline is None:
        return operation.document
    node = operation_of(operation.document)
    changed = type(node)(
        operation=node.operation,
        name=node.name,
        variable_definitions=node.variable_definitions,
        directives=node.directives,
        selection_set=SelectionSetNode(selections=outline.fields),
    )
    return DocumentNode(definitions=(changed,))


def write_documents(folder: Path, documents: list[Document]) -> None:
    """One file for each operation, and one with its variables as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in documents:
        (folder / f"{each.name}.graphql").write_text(each.source, "utf-8")
        text = json.dumps(each.variables, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{each.name}.variables.json").write_text(text, "utf-8")


def report(study: Study, source: Source, found: list[Found]) -> Iterator[str]:
    """The lines of the report."""
    yield "# From REST to GraphQL"
    yield ""
    yield from _traffic(study, source, found)
    yield from _calls(study)
    yield from _loops(study, found)
    yield from _meaning(study, source)


def _traffic(study: Study, source: Source, found: list[Found]) -> Iterator[str]:
    calls = sum(each.calls for each in study.uses.values())
    kind = "entries" if source.captured else "lines"
    yield f"- {source.read:,} {kind} read; {source.skipped:,} could not be understood."
    yield f"- {calls:,} calls of {len(study.uses)} of the {len(ENDPOINTS)} REST endpoints."
    yield f"- {study.others:,} other requests."
    if study.begin:
        yield f"- From {_moment(study.begin)} to {_moment(study.end)}."
    looped = sum(each.loop.calls for each in found)
    queries = sum(each.loop.times for each in found)
    yield f"- {looped:,} calls were in loops, for which {queries:,} would do."
    yield from (f"- **{_plain(each)}**" for each in source.problems)
    if study.overlooked:
        yield f"- {study.overlooked:,} loops of further shapes are not told."
    yield ""


def _calls(study: Study) -> Iterator[str]:
    yield "## What was called"
    yield ""
    yield "| Endpoint | Operation | Calls | Errors | Bytes | Bytes needed |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    rows = {each.operation: each for each in ENDPOINTS}
    for name, use in sorted(study.uses.items(), key=lambda each: -each[1].calls):
        row = rows[name]
        yield (
            f"| `{row.method} {row.path}` | `{name}` | {use.calls:,} | {use.errors:,} "
            f"| {_bytes(use)} | {_needed(use)} |"
        )
    yield ""
    unused = len(rows) - len(study.uses)
    yield f"{unused} endpoints were not called."
    yield ""


def _needed(use: Use | Loop) -> str:
    """With a ~ where any of it is estimated."""
    if not use.size:
        return UNTOLD
    return f"{'' if use.exact == use.calls else '~'}{round(use.needed):,}"


def _bytes(use: Use | Loop) -> str:
    return f"{use.size:,}" if use.size else UNTOLD


def _loops(study: Study, found: list[Found]) -> Iterator[str]:
    yield "## Loops that one query replaces"
    yield ""
    if not found:
        yield "None were found."
        yield ""
    for number, each in enumerate(found[:MOST_SHOWN], 1):
        yield from _loop(number, each)
    if len(found) > MOST_SHOWN:
        yield f"{len(found) - MOST_SHOWN} further loops: `--output` writes their queries."
        yield ""
    del study


def _loop(number: int, found: Found) -> Iterator[str]:
    loop = found.loop
    yield f"### {number}. `{found.document.name}`"
    yield ""
    yield from _steps(loop.tree)
    clients = sorted(loop.clients)
    named = ", ".join(_plain(each) for each in clients[:MOST_NAMED])
    more = f" and {len(clients) - MOST_NAMED} more" if len(clients) > MOST_NAMED else ""
    yield ""
    yield (
        f"Met {_times(loop.times)}: {loop.calls:,} calls become {loop.times:,}"
        f"{' at best' if found.document.notes else ''}. Bytes over REST: {_bytes(loop)}; of the "
        f"fields needed: {_needed(loop)}."
    )
    yield f"By {named}{more}."
    if any(not each.certain and each.place for each in loop.tree.all() if each is not loop.tree):
        yield "That one call led to the next is guessed from their order: no answers were seen."
    yield from found.document.notes
    yield from ("", "```graphql", found.document.source.rstrip(), "```", "")
    yield from ("```json", json.dumps(found.document.variables, indent=2, ensure_ascii=False))
    yield from ("```", "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _steps(tree: Branch, depth: int = 0) -> Iterator[str]:
    if tree.place is None:
        of = "page by page" if tree.paged else "as a whole"
    else:
        of = f"for each of {len(tree.values)} `{tree.place.variable}`"
    endpoint = tree.calls[0].endpoint
    yield f"{'  ' * depth}- `{endpoint.method} {endpoint.path}` {of}, {_times(len(tree.calls))}"
    for each in tree.branches:
        yield from _steps(each, depth + 1)


def _meaning(study: Study, source: Source) -> Iterator[str]:
    yield "## What the numbers mean"
    yield ""
    yield "- Bytes are those of the answers' bodies, without headers."
    if study.fields is None:
        yield "- All fields count as needed. Name those that the caller uses with `--fields`."
    else:
        yield f"- Needed are the fields {', '.join(f'`{each}`' for each in study.fields)}."
    if source.captured:
        yield "- Bytes needed are counted in the answers; those with a ~ are in part estimated."
    else:
        yield "- A log has no answers: bytes needed (~) are estimated from the sizes in the log and"
        yield "  from how long values of a field's type usually are."
    yield (
        "- A loop is at least three GETs of one client that differ in one id, or in the page, with "
        f"no pause of more than {study.window:g} s."
    )
    yield "- Values of variables are those of the first call; of what changes data, placeholders."


def _plain(text: str) -> str:
    """Text from outside, so that Markdown takes it for nothing else."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return shown.translate(_SPECIAL)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
