"""Request → variables: each is looked up by its own name and read by its declared type.

A path parameter comes first; then the query of a GET or DELETE, or the JSON body of a POST or PUT.
A few are headers.
What a caller leaves out, sends empty or (in a body) sends as null is not given at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLType,
    Undefined,
    get_nullable_type,
)

from app.errors import BadInput
from rest_compat.conditions import IF_MATCH, expected
from rest_compat.documents import Operation, Variable
from rest_compat.filters import read_filter
from rest_compat.members import member
from rest_compat.values import (
    SPELLINGS,
    Decode,
    decoded,
    identity,
    strict_json,
    wire_name,
    wire_value,
)

_Read = Callable[[str, list[str], Any], object]

WITH_BODY: Final = frozenset({"POST", "PUT"})
MAX_PAGE: Final = 2**31 - 1
MAX_ROWS: Final = 100
_DIGITS: Final = 9

#: Of the addresses that are remembered: how many there are, and how long they are at most.
MOST_ADDRESSES: Final = 1_000
LONGEST_ADDRESS: Final = 1_024


class Read(Protocol):
    """The parameters of the path, the texts of the query, the body, the headers → the variables."""

    def __call__(
        self,
        path: Mapping[str, str],
        query: Texts,
        body: Mapping[str, Any],
        headers: Mapping[str, str] = ...,
        /,
    ) -> dict[str, object]: ...

    def __hash__(self) -> int: ...


#: The same → the value of one variable, `Undefined` where it is not given.
_Find = Callable[[Mapping[str, str], "Texts", Mapping[str, Any], Mapping[str, str]], object]
#: The texts of each parameter of a query, in their order; those that are empty left out.
Texts = Mapping[str, list[str]]

#: The variables that are headers, with what reads the text of one.
HEADERS: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    "_ifMatch": (IF_MATCH, expected),
}
_NO_HEADERS: Final[Mapping[str, str]] = {}


def reader(
    operation: Operation,
    method: str,
    in_path: AbstractSet[str],
    decode: Decode = strict_json,
) -> Read:
    """What reads the variables of an operation from requests to a path with those parameters.

    It raises `BadInput` naming the first variable that is wrong.
    """
    rows = [
        (each.name, _finder(each, method, in_path, decode), each.required, _is_id(each))
        for each in operation.variables
    ]

    def read(
        path: Mapping[str, str],
        query: Texts,
        body: Mapping[str, Any],
        headers: Mapping[str, str] = _NO_HEADERS,
        /,
    ) -> dict[str, object]:
        variables: dict[str, object] = {}
        for name, find, required, is_id in rows:
            value = find(path, query, body, headers)
            if value is not Undefined:
                variables[name] = identity(name, value) if is_id else value
            elif required:
                raise BadInput(f"{name}: this is required.", field=name)
        return variables

    return read


def takes_body(operation: Operation, method: str, in_path: AbstractSet[str]) -> bool:
    """Whether any variable is looked up in the body; if not, the body is not even read."""
    elsewhere = in_path | HEADERS.keys()
    return method in WITH_BODY and any(each.name not in elsewhere for each in operation.variables)


def texts_of(query_string: bytes) -> Texts:
    """The parameters of a query."""
    if not query_string:
        return {}
    texts: dict[str, list[str]] = {}
    for name, text in parse_qsl(query_string.decode("latin-1")):
        texts.setdefault(name, []).append(text)
    return texts


@lru_cache(maxsize=MOST_ADDRESSES)
def read_address(
    read: Read, path: tuple[tuple[str, str], ...], query_string: bytes
) -> dict[str, object]:
    """The variables of a request without a body: those that came last are read only once.

    All who ask the same are given the same, and must not change it. Raises `BadInput`.
    """
    return read(dict(path), texts_of(query_string), {})


def _is_id(variable: Variable) -> bool:
    return str(get_nullable_type(variable.type)) == "ID"


def _finder(variable: Variable, method: str, in_path: AbstractSet[str], decode: Decode) -> _Find:
    name = variable.name
    if name in in_path:
        return lambda path, _query, _body, _headers: path[name]
    if name in HEADERS:
        return _in_headers(*HEADERS[name])
    return _in_body(variable, decode) if method in WITH_BODY else _in_query(variable, decode)


def _in_headers(name: str, read: Callable[[str], object]) -> _Find:
    def find(_path: object, _query: object, _body: object, headers: Mapping[str, str]) -> object:
        text = headers.get(name.lower())
        return Undefined if text is None else read(text)

    return find


def _in_body(variable: Variable, decode: Decode) -> _Find:
    name = variable.name
    names = (name, *SPELLINGS.get(name, ()))
    given = member(variable.type, decode)

    def find(_path: object, _query: object, body: Mapping[str, Any], _headers: object) -> object:
        value = next((body[each] for each in names if body.get(each) is not None), Undefined)
        return value if value is Undefined or given is None else given(name, value)

    return find


def _in_query(variable: Variable, decode: Decode) -> _Find:
    name, kind = variable.name, get_nullable_type(variable.type)
    read = _reader(name, kind, decode)

    def find(_path: object, query: Texts, _body: object, _headers: object) -> object:
        texts = _texts(name, query) if query else []
        return read(name, texts, kind) if texts else Undefined

    return find


def _texts(name: str, query: Texts) -> list[str]:
    """The texts given for a parameter. `all`, where none is given, may be a size of `pagesize`.

    A variable whose name begins with `_` is no parameter, and has no texts of its own.
    """
    names = () if name.startswith("_") else (name, *SPELLINGS.get(name, ()))
    for each in names:
        if each in query:
            return query[each]
    if name.lstrip("_") == "all" and "all" in map(str.lower, _texts("pagesize", query)):
        return ["true"]
    return []


def _reader(name: str, kind: GraphQLType, decode: Decode) -> _Read:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if isinstance(kind, GraphQLInputObjectType):
        return _order if "direction" in kind.fields else partial(_filter, decode=decode)
    if isinstance(kind, GraphQLList):
        return partial(_list, decode=decode)
    return _BY_KIND.get(type(kind)) or _BY_TYPE.get(str(kind), _text)


def _whole(text: str) -> int | None:
    """A whole number written in digits, no larger than GraphQL can carry; else None."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else MAX_PAGE


def _page(_name: str, texts: list[str], _kind: object) -> object:
    return _whole(texts[0]) or 0


def _size(_name: str, texts: list[str], _kind: object) -> object:
    """What is no size means the default; what is too large, the largest."""
    size = _whole(texts[0])
    return min(size, MAX_ROWS) if size else Undefined


def _boolean(_name: str, texts: list[str], _kind: object) -> object:
    text = texts[0].lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(text, Undefined)


def _text(_name: str, texts: list[str], _kind: object) -> object:
    return texts[0]


def _list(name: str, texts: list[str], kind: GraphQLList[Any], decode: Decode) -> object:
    """Repeated, comma-joined, or the text of a JSON array: clients send all three."""
    items = [item for text in texts for item in _items(name, text, decode)]
    of = get_nullable_type(kind.of_type)
    if isinstance(of, GraphQLEnumType):
        return [wire_value(name, item, of) for item in items] or Undefined
    return items or Undefined


def _items(name: str, text: str, decode: Decode) -> list[str]:
    if not text.lstrip().startswith("["):
        return [item for item in text.split(",") if item]
    items = decoded(name, text, decode, "a valid JSON array")
    assert isinstance(items, list)
    if not all(isinstance(item, str) for item in items):
        raise BadInput(f"{name}: expected a JSON array of texts.", field=name)
    return [item for item in items if item]


def _enum(name: str, texts: list[str], kind: GraphQLEnumType) -> object:
    return wire_value(name, texts[0], kind)


def _order(_name: str, texts: list[str], kind: GraphQLInputObjectType) -> object:
    """`name asc`: two words, one space, a known column. Anything else is the default order."""
    words = texts[0].split(" ")
    if len(words) != 2:  # noqa: PLR2004 - a column and a direction
        return Undefined
    columns = get_nullable_type(kind.fields["field"].type)
    assert isinstance(columns, GraphQLEnumType)
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words[0]).lower()
    column = next((each for each in columns.values if wire_name(each, "_") == snake), None)
    if column is None or not words[1]:
        return Undefined
    return {"field": column, "direction": "DESC" if words[1].lower() == "desc" else "ASC"}


def _filter(name: str, texts: list[str], kind: GraphQLInputObjectType, decode: Decode) -> object:
    return read_filter(name, texts[0], kind, decode) or Undefined


_BY_NAME: Final[Mapping[str, _Read]] = {"page": _page, "pagesize": _size}
_BY_KIND: Final[Mapping[type, _Read]] = {GraphQLEnumType: _enum}
_BY_TYPE: Final[Mapping[str, _Read]] = {"Boolean": _boolean}
