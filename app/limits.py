"""How much one operation may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import LimitExceeded


@dataclass(frozen=True)
class Limits:
    """The greatest accepted value of each measure; a refusal reports it in `extensions.limits`."""

    body_bytes: int = 262_144
    upload_bytes: int = 33_554_432
    json_depth: int = 32

    # The text of a document: what lexing and parsing may cost.
    source_length: int = 10_000
    tokens: int = 1_000
    comments: int = 100

    # The shape of a document, its fragments inlined: what validating may cost.
    depth: int = 10
    aliases: int = 30
    root_fields: int = 20
    directives: int = 8
    same_name: int = 10
    selections: int = 5_000
    errors: int = 20

    # The variables.
    variables: int = 100
    list_items: int = 1_000
    text_bytes: int = 65_536

    # The pages: what executing may cost.
    page_size: int = 100
    default_page_size: int = 25
    all_rows: int = 10_000
    nodes: int = 10_000
    cost: int = 1_000

    query_seconds: float = 5.0
    mutation_seconds: float = 10.0
    lasting_seconds: float = 60.0

    # The sockets and subscriptions of one process.
    subscriptions: int = 1_000
    subscriptions_per_user: int = 50
    subscriptions_per_connection: int = 10
    operations_per_connection: int = 50  # under way, of any kind
    init_seconds: float = 10.0
    send_seconds: float = 10.0
    ping_seconds: float = 20.0
    comment_seconds: float = 15.0

    cached_characters: int = 250_000  # of remembered documents: 160 bytes of memory for each


MOST_SHOWN = 1_000_000  # nested fragments reach numbers too long to print


def refusal(
    measure: str, allowed: int, found: int, field: str | None = None, advice: str = ""
) -> LimitExceeded:
    """The outcome for a measure that was exceeded, in the wording all of them share."""
    shown = f"over {MOST_SHOWN}" if found > MOST_SHOWN else str(found)
    subject = f"{measure}: {shown}" if field is None else f"{field}: {shown} {_unit(measure)}"
    report = {measure: {"allowed": allowed, "found": min(found, MOST_SHOWN)}}
    message = f"{subject} found, at most {allowed} allowed.{advice}"
    return LimitExceeded(message, field=field, limits=report)


def _unit(measure: str) -> str:
    """What is counted: the measure's last word."""
    return measure.rpartition("_")[2]
