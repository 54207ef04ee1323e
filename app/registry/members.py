"""The members of an object in a file, by name and kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

from app.importing.refusals import Unreadable
from app.registry.definitions import Json

#: Characters of a name; the databases sort by names, and PostgreSQL no longer ones.
LONGEST_NAME = 255

_UPPER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WHAT = {str: "text", dict: "an object", list: "a list", int: "a whole number"}
Value = TypeVar("Value")


@dataclass(frozen=True)
class Members:
    """Members are named in camelCase and, where they have no value, found in snake_case.

    A member of another kind raises `Unreadable`, which names `file`, `path` (the path to the
    object, ending in a dot) and the member.
    """

    file: str
    object: Json
    path: str = ""

    def get(self, key: str, kind: type[Value]) -> Value | None:
        """The value; None where it is missing or null."""
        value = self._value(key)
        if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
            return value
        raise self._error(key, f"must be {_WHAT[kind]}")

    def text(self, key: str, default: str = "") -> str:
        return self.get(key, str) or default

    def name(self, key: str) -> str:
        """Text of at most `LONGEST_NAME` characters; empty where it is missing or null."""
        value = self.text(key)
        if len(value) > LONGEST_NAME:
            raise self._error(key, f"must have at most {LONGEST_NAME} characters")
        return value

    def required(self, key: str) -> str:
        """A name that is not blank."""
        value = self.name(key)
        if not value.strip():
            raise self._error(key, "must be given and not empty")
        return value

    def flag(self, key: str) -> bool:
        """True or false, or either as text in any case; false where it is missing or empty."""
        value = self._value(key)
        word = str(value).strip().lower()
        if value in (None, "") or word in {"true", "false"}:
            return word == "true"
        raise self._error(key, "must be true or false")

    def inner(self, key: str) -> Members:
        """The members of an object; of an empty one where it is missing or null."""
        return Members(self.file, self.get(key, dict) or {}, f"{self.path}{key}.")

    def _value(self, key: str) -> Any:
        value = self.object.get(key)
        return self.object.get(_UPPER.sub("_", key).lower()) if value is None else value

    def _error(self, key: str, reason: str) -> Unreadable:
        return Unreadable(f"{self.file}: {self.path}{key} {reason}.")
