"""What is found out about a request while it is answered, for its headers, log line and counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from uuid import UUID

COMPILED = "compiled"
INTERPRETED = "interpreted"

#: What a request is counted under that is for no operation with a name of its own.
OTHER = "other"


@dataclass(init=False)
class Figures:
    """A request, or one operation of a connection that carries several.

    `operation` is a name of ours, of the operator's, or of a field of the schema, never what a
    caller made up. `executor` is who answered, None where nothing was executed, and `left` why
    that was not the compiler. `outcome` is the code of the first error. `statements` were sent to
    the database, those that begin and end transactions aside.
    """

    # Without a generated `__init__`, and without slots: one is made for each request, and so its
    # fields cost something only where they are set.

    operation: str | None = None
    executor: str | None = None
    left: str | None = None
    outcome: str | None = None
    statements: int = 0
    user: UUID | None = None

    def told(self) -> dict[str, object]:
        """What the log says of an operation: nothing that the caller made up, and no values."""
        if self.operation is None:
            return {}
        told = {
            "operation": self.operation,
            "executor": self.executor,
            "outcome": self.outcome,
            "statements": self.statements,
            "user": self.user,
        }
        return {name: value for name, value in told.items() if value is not None}


#: Outside of a request, figures go to one that nobody reads: so nobody has to ask.
_NOBODYS = Figures()
_CURRENT: ContextVar[Figures] = ContextVar("figures", default=_NOBODYS)

#: The figures of the request under way.
current = _CURRENT.get


def begin(figures: Figures) -> Token[Figures]:
    """Have the figures of this task be these, until `end`."""
    return _CURRENT.set(figures)


def end(token: Token[Figures]) -> None:
    _CURRENT.reset(token)


@contextmanager
def counted() -> Iterator[Figures]:
    """The figures of what is done in the block: for an operation that is no HTTP request."""
    figures = Figures()
    token = begin(figures)
    try:
        yield figures
    finally:
        end(token)
