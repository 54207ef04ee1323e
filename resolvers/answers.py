"""What can be said of how a field is answered: data on the field, for more than one executor.

Whatever an answer of these kinds holds is all there is to know about the field. Only `Computed`
and `Command` hold a function, which can be called but not looked into.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_

from app.db.base import Table, live
from app.db.inserting import Draft
from app.permissions import Permission
from resolvers.access import Sight, visible
from resolvers.listing import Listing
from resolvers.telling import Tells


class Public(Enum):
    """Who may ask a root field that needs no permission key."""

    EVERYBODY = "everybody"
    SIGNED_IN = "signed in"


Access = Permission | Public


@dataclass(frozen=True)
class Column:
    """The value of one column of the row."""

    attribute: str


@dataclass(frozen=True)
class Inside:
    """A member of the JSON object that a column holds."""

    attribute: str
    key: str


@dataclass(frozen=True)
class Constant:
    """The same for every row."""

    value: str


@dataclass(frozen=True)
class Itself:
    """The row again, as another type."""


@dataclass(frozen=True)
class Related:
    """The live, visible row that a foreign key of this row points at."""

    foreign_key: str
    table: type[Table]


@dataclass(frozen=True)
class Listed:
    """A page of a list, under this row or (with an access of its own) of the whole graph.

    With `organization` it is that of the organization an argument names.
    """

    listing: Listing
    access: Access | None
    organization: bool = False


@dataclass(frozen=True)
class Member:
    """The row of an id in the list under this row."""

    listing: Listing


@dataclass(frozen=True)
class Alone:
    """The row itself, as a page that holds nothing else."""

    listing: Listing


Part = Literal["items", "edges", "pageInfo", "totalCount", "page", "pageSize"]


@dataclass(frozen=True)
class PagePart:
    """A field that every page has."""

    name: Part


@dataclass(frozen=True)
class Tally:
    """How many live, visible rows of a table have each value of a column, as a JSON object.

    `mine` narrows them further, by who asks.
    """

    table: type[Table]
    attribute: str
    mine: Callable[[Sight], ColumnElement[bool]] | None = None

    def criterion(self, viewer: Sight) -> ColumnElement[bool]:
        """What a row meets that is counted."""
        seen = and_(live(self.table), visible(self.table, viewer))
        return seen if self.mine is None else and_(seen, self.mine(viewer))


@dataclass(frozen=True)
class One:
    """A row by its id."""

    table: type[Table]
    access: Access


@dataclass(frozen=True)
class Anyone:
    """The row of an id in whichever table has it."""

    access: Access


@dataclass(frozen=True)
class Current:
    """The viewer's own row."""

    table: type[Table]
    access: Access


@dataclass(frozen=True)
class Command:
    """A change, run in a transaction, and what the caller gets of its result.

    `tells(input, result)` is the event that goes with it; without, `run` writes its own.
    `lone(viewer, input, row_id)` is the row that `run` would insert, where that is all it would
    do, and nothing can hang on the row yet; else None. `prepare(context, input)` comes before the
    transaction, takes its time, and makes what `run` is given.
    """

    run: Callable[..., Awaitable[Any]]
    payload: Callable[[Any], Any]
    access: Access
    tells: Tells | None = None
    lone: Callable[..., Draft | None] | None = None
    prepare: Callable[..., Awaitable[Any]] | None = None

    @property
    def key(self) -> Permission | None:
        """The permission key that it needs; None where to be signed in is enough."""
        return self.access if isinstance(self.access, Permission) else None


@dataclass(frozen=True)
class Streamed:
    """Rows as they come: `run(context, **arguments)` is an asynchronous generator."""

    run: Callable[..., AsyncGenerator[Any, None]]
    access: Access


@dataclass(frozen=True)
class Computed:
    """Whatever a function makes of the row."""

    run: Callable[..., Any]
    access: Access | None


Answer = (
    Column
    | Inside
    | Constant
    | Itself
    | Related
    | Listed
    | Member
    | Alone
    | PagePart
    | Tally
    | One
    | Anyone
    | Current
    | Command
    | Streamed
    | Computed
)
