"""Which endpoints are deprecated, since when and until when: a TOML file of the operator's.

["*"]                             # every endpoint, but those that are named themselves
since = 2026-12-01                # Deprecation (RFC 9745); a date is its first moment in UTC
sunset = 2027-06-01               # Sunset (RFC 8594)
link = "https://example.org/why"  # Link, rel="deprecation"

[getOrgs]
since = 2026-12-01
brownouts = [{ from = 2027-03-01T09:00:00Z, until = 2027-03-01T10:00:00Z }]

What is said of an endpoint by its name is all that counts for it. The file is read at start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response

from rest_compat.endpoints import ENDPOINTS, Endpoint

EVERY: Final = "*"
NAMES: Final = frozenset(each.operation for each in ENDPOINTS)
#: What may not be in an address between angle brackets in a header.
UNFIT: Final = frozenset('<>"\\^`{|} ')

Headers = tuple[tuple[bytes, bytes], ...]


class DeprecationsError(ValueError):
    """A file that cannot be used; `problems` has one sentence for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class BrownOut:
    """A time in which deprecated endpoints do not answer; its end is not in it."""

    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Deprecation:
    """What is said of an endpoint that will go."""

    since: datetime
    sunset: datetime | None = None
    link: str | None = None
    brownouts: tuple[BrownOut, ...] = ()

    @property
    def headers(self) -> Headers:
        """RFC 9745 §2 (seconds of the epoch after an @) and §3, RFC 8594 §3 (an HTTP date)."""
        found = [(b"deprecation", f"@{int(self.since.timestamp())}")]
        if self.sunset is not None:
            found.append((b"sunset", format_datetime(self.sunset, usegmt=True)))
        if self.link is not None:
            found.append((b"link", f'<{self.link}>; rel="deprecation"; type="text/html"'))
        return tuple((name, value.encode("ascii")) for name, value in found)

    def resting(self, moment: datetime) -> BrownOut | None:
        """The brown-out that the moment is in."""
        return next((each for each in self.brownouts if each.begin <= moment < each.end), None)


def switched_off(endpoint: Endpoint, brownout: BrownOut, moment: datetime) -> Response:
    """The answer of an endpoint in a brown-out.

    The API documents neither 410 nor 503. Who does not know a 503 takes it for a 500 (RFC 9110
    §15), which every endpoint documents, and may try again, which a brown-out wants.
    """
    until = brownout.end.isoformat().replace("+00:00", "Z")
    text = (
        f"{endpoint.method} {endpoint.path} is deprecated, and switched off until {until} to show "
        f"who still calls it. Send the GraphQL operation {endpoint.operation} to /graphql instead."
    )
    seconds = max(1, int((brownout.end - moment).total_seconds()))
    return PlainTextResponse(text, 503, {"Retry-After": str(seconds)})


def read_file(path: Path | None) -> dict[str, Deprecation]:
    """The deprecations of a file by the name of the operation; raises `DeprecationsError`."""
    if path is None:
        return {}
    try:
        return read(path.read_text("utf-8"))
    except OSError as error:
        raise DeprecationsError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DeprecationsError(f"{path} is not UTF-8 at byte {error.start}.") from error
    except DeprecationsError as error:
        raise DeprecationsError(*(f"{path}: {each}" for each in error.problems)) from None


def read(text: str) -> dict[str, Deprecation]:
    """The same of its text; raises `DeprecationsError` with all that is wrong."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeprecationsError(f"this is not TOML: {error}.") from error
    reading = _Reading()
    for name, table in tables.items():
        reading.entry(name, table)
    if reading.problems:
        raise DeprecationsError(*reading.problems)
    found = reading.found
    every = found.pop(EVERY, None)
    return found if every is None else {**dict.fromkeys(NAMES, every), **found}


@dataclass
class _Reading:
    """Collects what is found, and what is wrong."""

    found: dict[str, Deprecation] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def entry(self, name: str, table: Any) -> None:
        if name not in NAMES | {EVERY}:
            self._tell(f"[{name}]: there is no such endpoint; `meshgraph routes` prints them all.")
        if not isinstance(table, dict):
            self._tell(f"[{name}]: expected a table, such as [getOrgs] with `since`.")
            return
        for unknown in table.keys() - _MEMBERS.keys():
            self._tell(f"[{name}] {unknown}: allowed are {', '.join(_MEMBERS)}.")
        known = {key: value for key, value in table.items() if key in _MEMBERS}
        values = {key: self._value(f"[{name}] {key}", key, each) for key, each in known.items()}
        if "since" not in values:
            self._tell(f"[{name}]: `since` is missing, the date of the deprecation.")
        elif all(each is not None for each in values.values()):
            self.found[name] = Deprecation(**values)
            self.problems += [f"[{name}] {each}" for each in _contradictions(self.found[name])]

    def _value(self, place: str, key: str, value: Any) -> Any:
        allowed, load = _MEMBERS[key]
        try:
            return load(value)
        except (ValueError, TypeError, KeyError):
            self._tell(f"{place}: expected {allowed}.")
            return None

    def _tell(self, problem: str) -> None:
        self.problems.append(problem)


def _contradictions(given: Deprecation) -> Iterator[str]:
    if given.sunset is not None and given.sunset < given.since:
        yield "sunset: it must not be before `since` (RFC 9745 §4)."
    for each in given.brownouts:
        if each.end <= each.begin:
            yield "brownouts: `until` must be after `from`."
        elif each.begin < given.since:
            yield "brownouts: none may begin before `since`."


def _moment(value: Any) -> datetime:
    """A TOML date or time; without an offset it is UTC."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(), UTC)
    else:
        raise TypeError(value)
    return moment.astimezone(UTC).replace(microsecond=0)


def _link(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    parts = urlsplit(value)
    unfit = not value.isascii() or not value.isprintable() or UNFIT & set(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or unfit:
        raise ValueError(value)
    return value


def _brownouts(value: Any) -> tuple[BrownOut, ...]:
    if not isinstance(value, list) or any(set(each) != {"from", "until"} for each in value):
        raise TypeError(value)
    return tuple(BrownOut(_moment(each["from"]), _moment(each["until"])) for each in value)


_DATE: Final = "a date such as 2027-06-01, or a time such as 2027-06-01T09:00:00Z"
#: Member of an entry → what is allowed, and how it is read.
_MEMBERS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "since": (_DATE, _moment),
    "sunset": (_DATE, _moment),
    "link": ("an http or https address, in ASCII", _link),
    "brownouts": ("a list of tables with `from` and `until`, each a date or time", _brownouts),
}
