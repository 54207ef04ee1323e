"""Variables in values: `$X`, `${X}`, and the forms of the Compose specification with a default.

The environment is empty, so that a file gives the same everywhere: a default is always taken,
a replacement (`:+`, `+`) never, and a variable that must be set (`:?`, `?`) is a refusal.
"""

from __future__ import annotations

import re
from typing import Any

from app.importing.refusals import TooLarge, Unreadable

DEEPEST = 16
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?[-?+]|)")


def interpolate(value: Any, path: str = "") -> tuple[Any, frozenset[str]]:
    """`value` with the variables of all its strings replaced, and those that were empty.

    Keys stay as they are. Raises Unreadable for a `$` that begins no variable, and for a
    variable that must be set; TooLarge for defaults nested too deeply.
    """
    unset: set[str] = set()
    return _replaced(value, path, unset), frozenset(unset)


def _replaced(value: Any, path: str, unset: set[str]) -> Any:
    if isinstance(value, str):
        return _Scan(value, path, unset).all() if "$" in value else value
    if isinstance(value, list):
        return [_replaced(each, f"{path}[{n}]", unset) for n, each in enumerate(value)]
    if isinstance(value, dict):
        return {
            key: _replaced(each, f"{path}.{key}" if path else key, unset)
            for key, each in value.items()
        }
    return value


class _Scan:
    """One pass over one string, from left to right."""

    def __init__(self, text: str, path: str, unset: set[str]) -> None:
        self.text = text
        self.path = path
        self.unset = unset
        self.at = 0

    def all(self) -> str:
        return self._until("", depth=0)

    def _until(self, end: str, depth: int) -> str:
        """The text up to `end`, which is passed over; empty is the end of the text."""
        if depth > DEEPEST:
            raise TooLarge(f"{self.path}: variables are nested more than {DEEPEST} deep.")
        parts: list[str] = []
        while self.at < len(self.text):
            sign = self.text[self.at]
            if sign == end:
                self.at += 1
                return "".join(parts)
            self.at += 1
            parts.append(self._variable(depth) if sign == "$" else sign)
        if end:
            raise Unreadable(f"{self.path}: a “${{” is not closed.")
        return "".join(parts)

    def _variable(self, depth: int) -> str:
        if self.text.startswith("$", self.at):
            self.at += 1
            return "$"
        if self.text.startswith("{", self.at):
            self.at += 1
            return self._braced(depth)
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise Unreadable(f"{self.path}: a “$” begins no variable; one that is meant is “$$”.")
        self.at = name.end()
        self.unset.add(name[0])
        return ""

    def _braced(self, depth: int) -> str:
        head = _BRACED.match(self.text, self.at)
        if head is None:
            raise Unreadable(f"{self.path}: a “${{” is followed by no name of a variable.")
        self.at = head.end()
        name, operator = head.groups()
        if not operator and not self.text.startswith("}", self.at):
            raise Unreadable(f"{self.path}: “${{{name}” is not closed.")
        rest = self._until("}", depth + 1)
        if operator.endswith("?"):
            raise Unreadable(f"{self.path}: the variable {name} must be set: {rest[:200]}")
        if operator.endswith("-"):
            return rest
        if not operator:
            self.unset.add(name)
        return ""
