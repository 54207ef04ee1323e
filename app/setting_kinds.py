"""The kinds of value a setting can have: how its text is read, and what is allowed; its row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.db.connecting import POOLER, TRANSACTION

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

#: What an operator may write before `://` → the asynchronous driver that is used.
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}

SWITCH = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}

Network = IPv4Network | IPv6Network
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Kind:
    """`read` turns text into a value or raises ValueError; `allowed` says what it accepts."""

    allowed: str
    read: Callable[[str], object]


def whole(least: int, most: int) -> Kind:
    """A whole number between two bounds, both included."""
    return Kind(
        f"a whole number from {least} to {most}", lambda text: _bounded(int(text), least, most)
    )


def seconds(least: float, most: float) -> Kind:
    """A length of time, fractions included."""
    return Kind(
        f"seconds from {least:g} to {most:g}", lambda text: _bounded(float(text), least, most)
    )


def number(least: float, most: float) -> Kind:
    """A number, fractions included."""
    return Kind(
        f"a number from {least:g} to {most:.0f}", lambda text: _bounded(float(text), least, most)
    )


def one_of(*words: str) -> Kind:
    """One word of a fixed set."""
    return Kind(" or ".join(f"`{word}`" for word in words), lambda text: _member(text, words))


def some_of(*words: str) -> Kind:
    """A comma-separated choice of at least one word of a fixed set, in the order of the set."""
    listed = ", ".join(f"`{word}`" for word in words)

    def read(text: str) -> tuple[str, ...]:
        chosen = {_member(word, words) for word in _items(text)}
        if not chosen:
            raise ValueError("nothing chosen")
        return tuple(word for word in words if word in chosen)

    return Kind(f"any of {listed}, separated by commas", read)


def _bounded(value: Number, least: Number, most: Number) -> Number:
    if not least <= value <= most:  # written so that NaN is refused too
        raise ValueError(value)
    return value


def _member(word: str, words: Collection[str]) -> str:
    if word not in words:
        raise ValueError(word)
    return word


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _switch(text: str) -> bool:
    try:
        return SWITCH[text.lower()]
    except KeyError as error:
        raise ValueError(text) from error


def _database(text: str) -> str:
    try:
        url = make_url(_hosts_apart(text))
        driver = DRIVERS[url.drivername]
    except (ArgumentError, KeyError) as error:
        raise ValueError("not a database URL") from error
    if not url.database or url.database == ":memory:":
        raise ValueError("names no database")
    _member(str(url.query.get(POOLER, TRANSACTION)), (TRANSACTION,))
    return _asyncpg(url.set(drivername=driver)).render_as_string(hide_password=False)


def _hosts_apart(text: str) -> str:
    """A URL of several hosts as SQLAlchemy takes it: libpq's list becomes parameters."""
    scheme, slashes, rest = text.partition("://")
    authority, slash, tail = rest.partition("/")
    login, at, listed = authority.rpartition("@")
    if "," not in listed:
        return text
    path, _, query = tail.partition("?")
    hosts = [each if ":" in each else f"{each}:5432" for each in listed.split(",")]
    query = "&".join([*(f"host={each}" for each in hosts), *([query] if query else [])])
    return f"{scheme}{slashes}{login}{at}{slash}{path}?{query}"


def _asyncpg(url: URL) -> URL:
    """The same address with libpq's `sslmode`, common in such URLs, as asyncpg's `ssl`."""
    mode = url.query.get("sslmode")
    if mode is None:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def _https(text: str) -> str:
    parts = _web_address(text)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("not an https address")
    return text


def _postgresql(text: str) -> str:
    url = _database(text)
    if not url.startswith("postgresql"):
        raise ValueError("not PostgreSQL")
    return url


def _origin(text: str) -> str:
    parts = _web_address(text)
    if "*" in text:
        raise ValueError("not one origin")
    # Browsers send origins in lower case and without a path; another spelling would never match.
    return _member(text, [f"{parts.scheme}://{parts.netloc}".lower()])


def _host(text: str) -> str:
    if _web_address(f"http://{text}").netloc != text or "*" in text:
        raise ValueError("not one host")
    return text.lower()


def _network(text: str) -> Network:
    return ip_network(text)


def _web_address(text: str) -> SplitResult:
    """The parts of an http or https URL without credentials."""
    parts = urlsplit(text)
    proper = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    if not proper or "@" in parts.netloc or not text.isascii() or not text.isprintable():
        raise ValueError("not a web address")
    return parts


TEXT = Kind("text", str)
FILE = Kind("a path", Path)
BOOLEAN = Kind("`true` or `false`", _switch)
HTTPS = Kind("an `https://` URL without credentials (`http://` for this machine only)", _https)
ORIGINS = Kind(
    "origins such as `https://ui.example.org`, separated by commas; no `*`",
    lambda text: tuple(_origin(item) for item in _items(text)),
)
HOSTS = Kind(
    "names such as `api.example.org`, separated by commas, each with its port if it has one",
    lambda text: tuple(_host(item) for item in _items(text)),
)
NETWORKS = Kind(
    "addresses or networks such as `10.1.0.0/16`, separated by commas",
    lambda text: tuple(_network(item) for item in _items(text)),
)
DATABASE = Kind(
    "`sqlite:///<file>` or `postgresql://<user>:<password>@<host>/<database>`, with several "
    "hosts as `<host>:<port>,<host>:<port>`, behind PgBouncer with `?pooler=transaction`",
    _database,
)
POSTGRESQL = Kind("`postgresql://<user>:<password>@<host>/<database>`", _postgresql)


@dataclass(frozen=True)
class Setting:
    """What the environment may say about one field.

    `default` is text as an operator would write it, so that it is read like any other;
    `{data_dir}` in it stands for the data directory. No default means unset: `None`.
    """

    variable: str
    default: str | None
    kind: Kind
    meaning: str


def setting(
    default: str | None, kind: Kind, meaning: str, *, variable: str = ""
) -> Mapping[str, Setting]:
    """The metadata of a field; the variable is the field's name with the prefix, unless given."""
    return {"setting": Setting(variable, default, kind, meaning)}
