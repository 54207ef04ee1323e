"""One call, as a log or a capture tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

#: Characters of a client's name that are kept.
LONGEST_CLIENT: Final = 120
UNKNOWN_CLIENT: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """`size` are the bytes of the answer's body; `at` is in seconds of the epoch.

    `body` is what the answer holds, None where that is not known.
    """

    client: str
    method: str
    target: str
    status: int
    size: int = 0
    at: float = 0.0
    body: Any = None


def client_of(*parts: object) -> str:
    """Whoever calls, as far as it is told: an address, a user, a User-Agent."""
    told = [str(part) for part in parts if part not in {None, "", "-"}]
    return " ".join(told)[:LONGEST_CLIENT] or UNKNOWN_CLIENT
