"""How connections to PostgreSQL are opened: to one of several hosts, or through a pooler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import URL, make_url
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.db.retry import FAILURES, passes

#: The parameter of the URL that tells of a pooler, and its only value: one that gives each
#: transaction a connection to the server of its own.
POOLER, TRANSACTION = "pooler", "transaction"

#: Seconds to connect to PostgreSQL once, so that a deadline has room for another attempt. Where
#: there are several hosts, each has its part of them.
CONNECT_TIMEOUT = 3.0

#: Of several hosts, the one that is wanted (libpq's parameter of that name).
WRITABLE = {"target_session_attrs": "read-write"}

Place = Mapping[str, Any]
if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:  # it has parameters for type checkers alone
    Connection = asyncpg.Connection


class Passing(Connection):
    """A connection to a pooler: the next transaction may be with another session of PostgreSQL.

    So no statement is prepared to stay, and settings are made for each transaction, by the message
    that begins it.
    """

    settings: str = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # With it, asyncpg switches JIT off for the session when it meets a type it does not know.
        known: Any = self._server_caps  # type: ignore[has-type]  # the stubs do not tell
        self._server_caps = known._replace(jit=False)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        if query.startswith("BEGIN"):
            query += self.settings
        return await super().execute(query, *args, **options)


@dataclass
class Line:
    """What a URL says of PostgreSQL, and which of its hosts answered last.

    Of several hosts the one is taken that can be written to, unless the URL says otherwise.
    """

    url: URL
    timeout: float = CONNECT_TIMEOUT
    _given: dict[str, Any] = field(init=False)
    _places: list[Place] = field(init=False)

    def __post_init__(self) -> None:
        known: Any = dialect
        self._given = dict(known().create_connect_args(self.url)[1])
        self._given.pop(POOLER, None)
        self._places = list(_places(self._given.pop("host", None), self._given.pop("port", None)))
        if len(self._places) > 1:
            self._given = {**WRITABLE, **self._given}

    @property
    def pooled(self) -> bool:
        """Whether there is a pooler in between that has to be thought of."""
        return is_pooled(self.url)

    async def connect(self, settings: Mapping[str, str], **options: Any) -> Connection:
        """A new connection, with settings of PostgreSQL; `options` are those of asyncpg.

        With a `statement_timeout` nobody waits on it for longer, also where the network lost it.
        Raises as asyncpg does, of the last host where none can be had.
        """
        *others, last = self._places
        for place in others:
            try:
                return await self._connect(place, settings, options)
            except FAILURES as error:
                if not passes(error):
                    raise
        return await self._connect(last, settings, options)

    async def _connect(
        self, place: Place, settings: Mapping[str, str], options: Mapping[str, Any]
    ) -> Connection:
        timeout = self.timeout / len(self._places)
        limits = {"timeout": timeout, "command_timeout": _patience(settings)}
        given = {**self._given, **place, **options, **limits}
        if self.pooled:
            connection = await _through_pooler(given, settings)
        else:
            connection = await asyncpg.connect(**given, server_settings=dict(settings))
        self._places.sort(key=lambda each: each is not place)  # this one first
        return connection


def _patience(settings: Mapping[str, str]) -> float | None:
    """Seconds for a statement: a server that is there has ended it by then."""
    given = settings.get("statement_timeout")
    return None if given is None else float(given) / 1000 + 1


async def _through_pooler(given: Mapping[str, Any], settings: Mapping[str, str]) -> Passing:
    """It refuses settings that it does not know, and would not make them for each session."""
    changed = {"statement_cache_size": 0, "connection_class": Passing}
    connection: Passing = await asyncpg.connect(**{**given, **changed})
    made = {"jit": "off", **settings}  # words of our own: SET takes no parameters
    connection.settings = "".join(f" SET LOCAL {name} = {each};" for name, each in made.items())
    return connection


def _places(hosts: str | list[str] | None, ports: int | list[int] | None) -> Iterator[Place]:
    if isinstance(hosts, list) and isinstance(ports, list):
        for host, port in zip(hosts, ports, strict=True):
            yield {"host": host, "port": port}
    else:
        yield {"host": hosts, "port": ports}


def is_pooled(url: URL) -> bool:
    """Whether the URL tells of a pooler of transactions."""
    return url.query.get(POOLER) == TRANSACTION


def engine_of(
    url: str, line: Line | None = None, settings: Mapping[str, str] | None = None, **options: Any
) -> AsyncEngine:
    """An engine for a URL of any database; `options` are those of SQLAlchemy.

    On PostgreSQL its connections have the settings, and are opened by the line, or by a new one.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return create_async_engine(url, **options)
    dialled = line or Line(parsed)

    async def connect(**_: object) -> Connection:
        return await dialled.connect(settings or {})

    arguments: dict[str, Any] = {"async_creator_fn": connect}
    if dialled.pooled:
        arguments["prepared_statement_cache_size"] = 0  # asyncpg's own is 0 as well: none is named
    return create_async_engine(url, connect_args=arguments, **options)
