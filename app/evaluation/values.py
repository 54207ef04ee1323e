"""JSON values compared and spelled as Go does, where every number is a float64."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal
from typing import Any

import orjson

#: Floats with exponents outside are written with one, by `fmt.Print` and by `json.Marshal`.
PRINTED = range(-4, 6)
MARSHALLED = range(-6, 21)
#: Integers below are the same text in either spelling.
PLAIN = 100_000

#: What `json.Marshal` escapes beyond what JSON demands, so that JSON may stand in HTML and in
#: JavaScript.
ESCAPES = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def frozen(value: Any) -> Hashable:
    """A key that two values share just if they are `equal`."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, dict):
        return frozenset([(name, frozen(each)) for name, each in value.items()])
    if isinstance(value, list):
        return tuple([frozen(each) for each in value])
    number: int | float = value
    return number


def equal(one: Any, other: Any) -> bool:
    """Deeply equal: numbers by value, and a boolean is no number."""
    if isinstance(one, str):
        return isinstance(other, str) and one == other
    return bool(one == other) and frozen(one) == frozen(other)


def printed(value: Any) -> str:
    """The text of a value as the verb `%v` of Go's package fmt gives it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, list):
        return f"[{' '.join(map(printed, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{name}:{printed(value[name])}' for name in sorted(value))}]"
    return _scalar(value, PRINTED, digits=2)


def marshalled(value: Any) -> str:
    """The value as Go's `json.Marshal` writes it: names sorted, no spaces."""
    if isinstance(value, str):
        return orjson.dumps(value).decode().translate(ESCAPES)
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(marshalled, value))}]"
    if isinstance(value, dict):
        members = (f"{marshalled(name)}:{marshalled(value[name])}" for name in sorted(value))
        return f"{{{','.join(members)}}}"
    return _scalar(value, MARSHALLED, digits=1)


def _scalar(value: Any, plain: range, digits: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and -PLAIN < value < PLAIN:
        return str(value)
    return _number(float(value), plain, digits)


def _number(number: float, plain: range, digits: int) -> str:
    """The shortest text of a float; its exponent has at least so many digits."""
    decimal = Decimal(repr(number))
    if not decimal:
        return "-0" if decimal.is_signed() else "0"
    sign, figures, _ = (shortest := decimal.normalize()).as_tuple()
    exponent = shortest.adjusted()
    if exponent in plain:
        return format(shortest, "f")
    text = "".join(map(str, figures))
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' if sign else ''}{text[0]}{fraction}e{exponent:+0{digits + 1}d}"
