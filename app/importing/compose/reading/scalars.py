"""Single values of Compose: numbers, flags, durations, sizes, commands, lists and mappings.

Most may be written as text too. Each function raises Unreadable, naming `path`, for a value
that is not of its kind or lies outside its bounds.
"""

from __future__ import annotations

import re
import shlex
from fractions import Fraction
from typing import Any

from app.importing.refusals import Unreadable

LARGEST = 2**31 - 1  # int32, which most numbers of Kubernetes are
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"\d{1,12}(\.\d{0,9})?|\.\d{1,9}")
_FLAGS = {
    **dict.fromkeys(("1", "t", "true", "y", "yes", "on"), True),
    **dict.fromkeys(("0", "f", "false", "n", "no", "off", ""), False),
}
_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
    "w": Fraction(604_800),
}
_STEP = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ns|us|µs|ms|s|m|h|d|w)")
_LONGEST_DURATION = 80
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def text(value: Any) -> str:
    """A scalar as Compose writes it: `true`, `3` for 3.0, empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    return str(value)


def flag(value: Any, path: str) -> bool:
    """True or false, written as a boolean or as one of its words."""
    found = _FLAGS.get(text(value).strip().lower())
    if found is None:
        raise Unreadable(f"{path}: “{text(value)[:80]}” is neither true nor false.")
    return found


def external(value: Any, path: str) -> bool:
    """Whether something is made elsewhere: a flag, or a mapping with its name there."""
    return isinstance(value, dict) or flag(value, path)


def whole(value: Any, path: str, low: int = 0, high: int = LARGEST) -> int:
    """A whole number between `low` and `high`."""
    written = text(value).strip()
    number = int(written) if _WHOLE.fullmatch(written) else None
    if number is None or not low <= number <= high:
        raise Unreadable(f"{path}: “{written[:80]}” is no whole number from {low} to {high}.")
    return number


def maybe_whole(value: str | None) -> int | None:
    """A whole number of Kubernetes' size, or None where `value` is none."""
    if value is None or not _WHOLE.fullmatch(value.strip()):
        return None
    number = int(value)
    return number if abs(number) <= LARGEST else None


def seconds(value: Any, path: str) -> int:
    """The whole seconds of a duration such as `1m30s`."""
    written = text(value).strip()
    if written in ("", "0"):
        return 0
    steps = _STEP.findall(written[:_LONGEST_DURATION])
    total = sum(Fraction(number) * _UNITS[unit] for number, unit in steps)
    if "".join(number + unit for number, unit in steps) != written or total > LARGEST:
        raise Unreadable(f"{path}: “{written[:80]}” is no duration such as 1m30s.")
    return int(total)


def byte_count(value: Any, path: str) -> int:
    """The bytes of a size such as `512m` or `1.5gb`; units are powers of 1024."""
    written = text(value).strip()
    size = _SIZE.fullmatch(written)
    if size is None:
        raise Unreadable(f"{path}: “{written[:80]}” is no size such as 512m.")
    return int(Fraction(size[1]) * 1024 ** _POWERS[size[2].lower()])


def millicores(value: Any, path: str) -> int:
    """Thousandths of a processor, of a number such as 0.5."""
    written = text(value).strip()
    if not written:
        return 0
    if not _DECIMAL.fullmatch(written) or Fraction(written) * 1000 > LARGEST:
        raise Unreadable(f"{path}: “{written[:80]}” is no number of processors such as 0.5.")
    return int(Fraction(written) * 1000)


def strings(value: Any) -> tuple[str, ...]:
    """One string or a list of scalars; null is none."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(text(each) for each in value)
    return (text(value),)


def words(value: Any, path: str) -> tuple[str, ...]:
    """A command: a list as it is, a string split as a shell does."""
    if value is None or isinstance(value, list):
        return strings(value)
    try:
        return tuple(shlex.split(text(value)))
    except ValueError as error:
        raise Unreadable(f"{path}: the command cannot be split into words: {error}.") from None


def pairs(value: Any) -> dict[str, str | None]:
    """A mapping, or a list of `key=value`; a key without a value has None."""
    if isinstance(value, dict):
        return {key: None if each is None else text(each) for key, each in value.items()}
    found: dict[str, str | None] = {}
    for entry in strings(value):
        key, equals, given = entry.partition("=")
        found[key] = given if equals else None
    return found
