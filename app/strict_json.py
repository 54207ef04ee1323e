"""JSON as RFC 8259 and I-JSON (RFC 7493) have it, which is less than Python's decoder accepts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.errors import BadInput

MAX_DEPTH = 32
LARGE = 2.0**63
LONGEST_KEY_SHOWN = 40
#: However JSON is escaped and spaced, it is at most as many times as long as orjson writes it.
LONGER = 6
#: What orjson would encode beside, and Python's encoder does not.
_NO_MORE_THAN_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True)
class _Flaw:
    """Stands in the decoded value for what JSON cannot have, so that its path can be named."""

    reason: str


def decode(data: bytes | str, *, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text.

    Raises `BadInput`, naming the path, for invalid UTF-8, a byte order mark, NaN, Infinity,
    numbers beyond a double, a key given twice, nesting deeper than `max_depth`, and for NUL or a
    lone surrogate in a key or a text (PostgreSQL stores neither).
    """
    if isinstance(data, bytes):
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
        else:
            if _is_plain(data, value, max_depth):
                return value
    return decode_strictly(data, max_depth)


def decode_strictly(data: bytes | str, max_depth: int) -> Any:
    """What `decode` promises, by Python's own decoder, which can be told of every flaw."""
    try:
        value = json.loads(
            _text(data),
            object_pairs_hook=_object,
            parse_constant=lambda name: _Flaw(f"{name} is not JSON"),
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        raise BadInput(f"Invalid JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise BadInput(f"Invalid JSON: nested deeper than {max_depth} levels.") from None
    except ValueError:  # an integer with more digits than Python converts
        raise BadInput("Invalid JSON: a number has too many digits.") from None
    _reject_flaws(value, max_depth)
    return value


def encode(value: object) -> bytes:
    """JSON text of a value. Lone surrogates are escaped; integers may have any size.

    A moment in UTC ends in `Z`; an `orjson.Fragment` is put in as it is.
    """
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)
    except TypeError:
        return json.dumps(value, default=_portable, allow_nan=False, separators=(",", ":")).encode()


def text_flaw(text: str) -> str | None:
    """Why a text cannot be stored, or None."""
    if "\0" in text:
        return "the character NUL is not allowed"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "a lone surrogate is not a character"
    return None


def printable(text: str) -> str:
    """A text from outside, fit to be quoted in a message."""
    cut = text[:LONGEST_KEY_SHOWN].replace("\0", "\\0")
    return cut.encode("utf-8", "backslashreplace").decode()


def is_plain(value: object, most: int) -> bool:
    """Whether the value is certainly JSON as `decode` takes it, of up to `most` bytes of any JSON.

    orjson refuses lone surrogates, integers beyond 64 bits and keys that are no texts, and writes
    NaN as null. A value may fail this and be good.
    """
    try:
        text = orjson.dumps(value, option=_NO_MORE_THAN_JSON)
    except TypeError:
        return False
    if b"null" in text or b"\\u0000" in text or len(text) * LONGER > most:
        return False
    return _keys(value, MAX_DEPTH) is not None


def _is_plain(data: bytes, value: object, max_depth: int) -> bool:
    """Whether `value`, which orjson found in `data`, is certainly what the strict decoder finds.

    orjson itself refuses invalid UTF-8, a byte order mark, NaN, Infinity and lone surrogates, as
    its texts are UTF-8. What remains:

    - NUL, which a JSON text can only spell one way.
    - Keys given twice. If no white space precedes a colon, every member of the text brings a `":`
      of its own, so that there are at least as many of these as members, and at least as many
      members as keys in the value. Where the first number equals the last, no key was lost.
    - Integers beyond 64 bits, which orjson reads as floats. They are large, as few floats are.
    - Depth.

    A text may fail this and be good; then it is only decoded more slowly.
    """
    if b"\\u0000" in data or b" :" in data or b"\n:" in data or b"\t:" in data or b"\r:" in data:
        return False
    return _keys(value, max_depth) == data.count(b'":')


def _keys(value: object, max_depth: int) -> int | None:
    """The number of keys in a value; None if it reaches `max_depth` or has a large float."""
    level: list[Any] = [value]
    keys = 0
    for _ in range(max_depth):
        below: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is dict:
                keys += len(each)
                below += each.values()
            elif kind is list:
                below += each
            elif kind is float and not -LARGE < each < LARGE:
                return None
        if not below:
            return keys
        level = below
    return None


def _plain(value: object) -> object:
    """What orjson encodes in place of a value; it takes no subclass of UUID, as asyncpg has one."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError


def _portable(value: object) -> Any:
    """A value that only orjson encodes, in the terms of Python's encoder; any other as text."""
    return json.loads(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z))


def _text(data: bytes | str) -> str:
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise BadInput(f"Invalid JSON: not UTF-8 at byte {error.start}.") from None
    if text.startswith("\ufeff"):
        raise BadInput("Invalid JSON: it starts with a byte order mark.")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Flaw:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return _Flaw(f'the key "{printable(twice)}" is given twice')


def _float(digits: str) -> float | _Flaw:
    number = float(digits)
    return number if math.isfinite(number) else _Flaw("the number is too large")


def _reject_flaws(root: Any, max_depth: int) -> None:
    """Raise for the first flaw; iterative, because nesting is what is being judged."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), root)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            _check(path, text_flaw(value))
        elif isinstance(value, _Flaw):
            _check(path, value.reason)
        elif isinstance(value, dict | list):
            if len(path) >= max_depth:
                _check(path, f"nested deeper than {max_depth} levels")
            waiting += [((*path, name), each) for name, each in reversed(_members(path, value))]


def _members(path: tuple[str, ...], value: dict[str, Any] | list[Any]) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(str(index), each) for index, each in enumerate(value)]
    _check_keys(path, value)
    return [(printable(key), each) for key, each in value.items()]


def _check_keys(path: tuple[str, ...], keys: Iterable[str]) -> None:
    for key in keys:
        _check((*path, printable(key)), text_flaw(key))


def _check(path: tuple[str, ...], reason: str | None) -> None:
    if reason is not None:
        name = ".".join(path)
        subject = name or "Invalid JSON"
        raise BadInput(f"{subject}: {reason}.", field=name or None)
