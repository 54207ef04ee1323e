"""YAML 1.1 scalars as JSON values, resolved as go-yaml v2 does for Kubernetes.

Timestamps and numbers in base 60 stay texts. So do `y` and `n`, as in go-yaml v3 and YAML 1.2: as
coordinates they are more often keys than booleans.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterable, Mapping

Scalar = str | int | float | bool | None

TAG_PREFIX = "tag:yaml.org,2002:"
NOT_FINITE = frozenset(
    sign + word
    for sign in ("", "+", "-")
    for word in (".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN")
    if not (sign and word.lower() == ".nan")
)


def _spellings(words: Iterable[str]) -> Iterable[str]:
    return (spelling for word in words for spelling in (word, word.capitalize(), word.upper()))


_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(_spellings(("true", "yes", "on")), True),
    **dict.fromkeys(_spellings(("false", "no", "off")), False),
    **dict.fromkeys(("", "~", *_spellings(("null",)))),
}
_NUMERIC_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))\Z")
_BASES = (16, 2, 8, 10)
#: 64 binary digits, the sign and the prefix.
_LONGEST_INTEGER = 67
_LEAST, _MOST = -(2**63), 2**64 - 1
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def resolved(text: str) -> Scalar:
    """What a plain scalar means. Raises `ValueError` for infinities and what is not a number."""
    if text[:1] not in _NUMERIC_START:
        return _WORDS.get(text, text)
    if text in NOT_FINITE:
        raise ValueError(f"{text} is no JSON value; only finite numbers are allowed")
    digits = text if text[0] == "." else text.replace("_", "")
    if (integer := _integer(digits)) is not None:
        return integer
    if _FLOAT.match(digits) and math.isfinite(number := float(digits)):
        return number
    return text


def tagged(tag: str, text: str) -> Scalar:
    """What a scalar with a tag means. Raises `ValueError` for other tags and unfit texts."""
    kind = tag.removeprefix(TAG_PREFIX)
    if tag == kind or kind not in _TAGGED:
        allowed = ", ".join(f"!!{each}" for each in _TAGGED)
        raise ValueError(f"the tag is not known; allowed are {allowed}, !!map and !!seq")
    try:
        return _TAGGED[kind](text)
    except (ValueError, binascii.Error):
        raise ValueError(f"the value is no !!{kind}") from None


def key_text(value: object) -> str:
    """A key as JSON has it, written as Kubernetes does. Raises `ValueError` for null and others."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    raise ValueError("a key must be a text, a number or a boolean")


def _integer(digits: str) -> int | None:
    if len(digits) > _LONGEST_INTEGER or (match := _INTEGER.match(digits)) is None:
        return None
    group = match.lastindex or 0
    number = int(match[group], _BASES[group - 1])
    if digits[0] == "-":
        number = -number
    return number if _LEAST <= number <= _MOST else None


def _of_type(*kinds: type) -> Callable[[str], Scalar]:
    def read(text: str) -> Scalar:
        value = resolved(text)
        if type(value) not in kinds:
            raise ValueError
        return value

    return read


def _float(text: str) -> float:
    value = resolved(text)
    if type(value) not in {int, float}:
        raise ValueError
    return float(value)  # type: ignore[arg-type]


def _binary(text: str) -> str:
    return base64.b64decode("".join(text.split()), validate=True).decode("utf-8")


_TAGGED: Mapping[str, Callable[[str], Scalar]] = {
    "str": str,
    "int": _of_type(int),
    "float": _float,
    "bool": _of_type(bool),
    "null": _of_type(type(None)),
    "binary": _binary,
    "timestamp": str,
}
