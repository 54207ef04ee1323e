"""Values for arguments: mostly sensible, sometimes wrong, as plain JSON with enums by name."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
    is_non_null_type,
)

from tests.differential.world import IDS, TEXTS

SEARCHES = (
    "", " ", "a", "SAME", "same ", "%", "_", "\\", '"', "'", "100%", "r_s", "\x1f", "\x1e", "\n",
    "😀", "e\u0301", "é", "É", "ß", "zz", "x" * 100, "x" * 101, "y" * 3_000, "%' OR '1'='1",
    '{"a": 1}', "\\%", "null",
)  # fmt: skip
DOMAINS = ("acme.org", "ACME.ORG", " rival.example ", "gone.org", "", "nobody.invalid", "%")
MALFORMED_IDS = ("", "x", "1", "not-a-uuid", "00000000-0000-0000-0000-00000000000", "é" * 70)
#: argument → the type of what it names; `id` depends on the field.
NAMED = {
    "organizationId": "Organization", "teamId": "Team", "ownerId": "User", "modelId": "Model",
    "actedUpon": "Design", "operationId": "User", "categoryId": "Category",
    "registrantId": "Registrant", "userId": "User",
}  # fmt: skip
NAMES = ("a", "same", *TEXTS)
TIMES = (
    "2026-01-01T00:00:00Z", "2026-01-02T03:04:05.6+02:00", "1999-12-31T23:59:59.999999",
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "yesterday", "",
)  # fmt: skip
SIZES = (1, 2, 3, 1, 2, 3, 7, 25, 100)
WRONG_SIZES = (0, -1, 101, 2**31 - 1)
PAGES = (0, 0, 0, 1, 1, 2, 40, 2**31 - 1)


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


_NIL = str(UUID(int=0))
MALFORMED_CURSORS = (
    "", "!", "null", "e30=", "é", "A", "====",
    cursor("UPDATED_AT", "yesterday", _NIL),
    cursor("UPDATED_AT", "2026-01-01", _NIL),
    cursor("UPDATED_AT", "2026-01-01T00:00:00", _NIL),
    cursor("UPDATED_AT", "9999-12-31T23:59:59+00:00", _NIL),
    cursor("UPDATED_AT", None, _NIL),
    cursor("UPDATED_AT", "2026-01-01T00:00:00+00:00", "x"),
    cursor("UPDATED_AT", "2026-01-01T00:00:00+00:00"),
    cursor("NAME", 5, _NIL), cursor("NAME", None, _NIL), cursor("NAME", "%\x1f😀", _NIL),
    cursor(None, None, None), cursor("ID", "", _NIL), cursor("CALLS", "many", _NIL),
    cursor("CALLS", 2**31, _NIL), cursor("CALLS", -(2**31), _NIL), cursor("CALLS", 1.5, _NIL),
    cursor("NAME", "\0", _NIL), cursor("NAME", "\ud800", _NIL),
    cursor("UPDATED_AT", "0001-01-01T00:00:00+23:59", _NIL),
    base64.urlsafe_b64encode(b"[" * 1_000).decode(),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a value is wanted: a field that returns `target`, under an argument of that name."""

    target: str
    order: str | None = None
    everything: bool = False


Maker = Callable[[Place], Any]


class Values:
    """Draws values. `cursors` are those of real answers, by the order they belong to."""

    def __init__(self, random: Random, cursors: Mapping[str, Sequence[str]]) -> None:
        self._random = random
        self._cursors = cursors
        self._makers: dict[str, Maker] = {
            "page": lambda _: random.choice((*PAGES, -1) if self.often(0.05) else PAGES),
            "pageSize": self._size,
            "first": self._size,
            "last": self._size,
            "all": lambda place: place.everything,
            "after": self._cursor,
            "before": self._cursor,
            "search": lambda _: random.choice(SEARCHES[-12:] if self.often(0.2) else SEARCHES[:9]),
            "domain": lambda _: random.choice(DOMAINS),
            "id": lambda place: self._id(place.target),
            "ids": lambda place: [self._id(place.target) for _ in range(random.randint(0, 4))],
            "name": lambda _: random.choice(NAMES),
            "kind": lambda _: self._texts(("kubernetes", "prometheus", "null", "", "x")),
            "type": lambda _: self._texts(("platform", "", "telemetry")),
            "endpoint": lambda _: self._texts(("getOrgs", "getorgs", "", "x")),
            "client": lambda _: self._texts(("curl", "", "\x1f")),
            "subType": lambda _: self._texts(("orchestrator", "metrics", "\x1e")),
        }

    def often(self, share: float) -> bool:
        return self._random.random() < share

    def of(self, name: str, type_: GraphQLInputType, place: Place) -> Any:
        """A value for an argument or input field; None now and then where it may be."""
        if not is_non_null_type(type_) and self.often(0.06):
            return None
        if name in NAMED:
            return self._id(NAMED[name])
        maker = self._makers.get(name)
        if maker is None:
            return self._by_type(type_, place)
        value = maker(place)
        return [value] if isinstance(value, str) and _is_list(type_) else value

    def _by_type(self, type_: GraphQLInputType, place: Place) -> Any:
        wanted = get_nullable_type(type_)
        if isinstance(wanted, GraphQLEnumType):
            return self._random.choice(list(wanted.values))
        if isinstance(wanted, GraphQLInputObjectType):
            return self._object(wanted, place)
        if isinstance(wanted, GraphQLList):
            count = self._random.randint(0, 3)
            return [self._by_type(wanted.of_type, place) for _ in range(count)]
        if str(wanted) == "DateTime":
            return self._random.choice(TIMES)
        if str(wanted) == "String":
            return self._random.choice((*NAMES, "enabled", "v1", "kubernetes"))
        return self.often(0.5)  # the rest are Booleans

    def _object(self, type_: GraphQLInputObjectType, place: Place) -> dict[str, Any]:
        rate = 0.5 if len(type_.fields) < 4 else 0.25
        return {
            name: self.of(name, field.type, place)
            for name, field in type_.fields.items()
            if self._wanted(name, field, rate)
        }

    def _wanted(self, name: str, field: GraphQLInputField, rate: float) -> bool:
        if isinstance(field.type, GraphQLNonNull) and name != "direction":
            return True
        return self.often(rate * 0.4 if name in {"and", "deleted"} else rate)

    def _texts(self, texts: Sequence[str]) -> list[str]:
        return self._random.choices(texts, k=self._random.randint(0, 3))

    def _size(self, _: Place) -> int:
        return self._random.choice(WRONG_SIZES if self.often(0.02) else SIZES)

    def _cursor(self, place: Place) -> str:
        known = self._cursors.get(place.order or "UPDATED_AT", ())
        if self.often(0.12) or not known:
            return self._random.choice(MALFORMED_CURSORS)
        return self._random.choice(known)

    def _id(self, target: str) -> str:
        if self.often(0.04):
            return self._random.choice(MALFORMED_IDS)
        if self.often(0.05):
            return str(UUID(int=self._random.getrandbits(128)))
        known = IDS.get(target) or [each for some in IDS.values() for each in some[:4]]
        chosen = str(self._random.choice(known[:4] if self.often(0.5) else known))
        return chosen.upper() if self.often(0.05) else chosen


def _is_list(type_: GraphQLInputType) -> bool:
    return isinstance(get_nullable_type(type_), GraphQLList)
