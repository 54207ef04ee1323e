"""What strict JSON refuses, and by which path it names it."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg.pgproto.pgproto as asyncpg
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import BadInput
from app.strict_json import MAX_DEPTH, decode, decode_strictly, encode, is_plain

REFUSED = [
    (b"", "Invalid JSON: Expecting value at character 0."),
    (b"{", "Invalid JSON: Expecting property name"),
    (b'\xef\xbb\xbf{"a":1}', "Invalid JSON: it starts with a byte order mark."),
    (b'{"a":"\xff"}', "Invalid JSON: not UTF-8 at byte 6."),
    (b'"\xed\xa0\x80"', "Invalid JSON: not UTF-8 at byte 1."),
    (b"NaN", "Invalid JSON: NaN is not JSON."),
    (b'{"a":[1,-Infinity]}', "a.1: -Infinity is not JSON."),
    (b'{"a":1e400}', "a: the number is too large."),
    (b'{"a":' + b"1" * 5000 + b"}", "Invalid JSON: a number has too many digits."),
    (b'{"a":1,"a":2}', 'Invalid JSON: the key "a" is given twice.'),
    (b'{"b":{"a":1,"a":1}}', 'b: the key "a" is given twice.'),
    (b'{"a":"\\u0000"}', "a: the character NUL is not allowed."),
    (b'{"a":{"b\\u0000":1}}', "a.b\\0: the character NUL is not allowed."),
    (b'{"a":["x","\\ud800"]}', "a.1: a lone surrogate is not a character."),
    (b'{"\\udfff":1}', "\\udfff: a lone surrogate is not a character."),
    (b"[" * 33 + b"]" * 33, "0.0.0"),
    (b"[" * 200_000, "Invalid JSON: nested deeper than 32 levels."),
    (b'{"a":1} x', "Invalid JSON: Extra data at character 8."),
]

ACCEPTED: list[tuple[bytes, Any]] = [
    (b" null ", None),
    (b'{"a":[1,2.5,true,""],"b":{}}', {"a": [1, 2.5, True, ""], "b": {}}),
    ('"\\ud83c\\udfca \U0001f3ca"'.encode(), "\U0001f3ca \U0001f3ca"),
    (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
    (b"123456789012345678901234567890", 123456789012345678901234567890),
    (b'[{"a":1},{"a":1}]', [{"a": 1}, {"a": 1}]),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refused_with_its_path(text: bytes, message: str) -> None:
    with pytest.raises(BadInput) as refusal:
        decode(text)
    assert refusal.value.message.startswith(message)


@pytest.mark.parametrize(("text", "value"), ACCEPTED)
def test_accepted(text: bytes, value: object) -> None:
    assert decode(text) == value


def test_a_refusal_has_the_path_as_its_field() -> None:
    with pytest.raises(BadInput) as refusal:
        decode('{"variables":{"name":"\\u0000"}}')
    assert refusal.value.extensions == {"code": "BAD_USER_INPUT", "field": "variables.name"}


def test_a_long_key_is_cut_in_the_message() -> None:
    with pytest.raises(BadInput) as refusal:
        decode(json.dumps({"k" * 10_000: "\0"}))
    assert len(refusal.value.message) < 200


@pytest.mark.parametrize(
    "value", [None, "é\U0001f3ca", {"a": [1, 2.5]}, 2**63, 2**64, -(10**30), [{"n": 2**70}, "é"]]
)
def test_what_is_encoded_is_decoded_again(value: object) -> None:
    assert decode(encode(value)) == value


def test_a_lone_surrogate_is_encoded_as_an_escape() -> None:
    assert encode("\ud800") == b'"\\ud800"'


MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = UUID("00000000-0000-7000-8000-000000000001")


@pytest.mark.parametrize("beside", [1, 2**70])
def test_what_a_database_returns_is_encoded(beside: int) -> None:
    """With and without a value that orjson does not take."""
    raw = orjson.Fragment(b'{"a":[1]}')
    value = {"at": MOMENT, "id": ID, "owner": asyncpg.UUID(str(ID)), "raw": raw, "n": beside}
    id_ = b'"00000000-0000-7000-8000-000000000001"'
    assert encode(value) == (
        b'{"at":"2026-01-02T03:04:05Z","id":' + id_ + b',"owner":' + id_ + b',"raw":{"a":[1]},"n":'
        + str(beside).encode() + b"}"
    )  # fmt: skip


def outcome(decoder: Any, text: bytes) -> tuple[Any, ...]:
    """The value with the types of what is in it, or the message and the field of the refusal."""
    try:
        value = decoder(text, max_depth=4)
    except BadInput as refusal:
        return refusal.message, refusal.extensions
    return repr(value), value


KEYS = st.sampled_from(["a", "b", "", '"', ":", '":', " :", "\0", "é", "\\u0000"]) | st.text()
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**65), 2**65)
    | st.floats(allow_nan=True)
    | KEYS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), ("\n,", "\t:"), (",", "  :")])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """JSON texts; some with keys given twice, some with a few bytes put in or taken out."""
    text = json.dumps(
        draw(VALUES), separators=draw(SEPARATORS), ensure_ascii=draw(st.booleans())
    ).encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        text = text.replace(b'"b"', b'"a"')
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(PIECES) | st.binary(max_size=2))
        text = text[:at] + put + text[at + draw(st.integers(0, 2)) :]
    return text


PIECES = [
    *(b'"', b":", b'":', b",", b"{", b"}", b"[", b"]", b" ", b"\n", b"\\", b"e9", b".5", b"-0"),
    *(b'"a":1,', b'"a" :1,', b"\\u0000", b"\\ud800", b"\xff", b"\xef\xbb\xbf", b"NaN", b"1e400"),
]


@given(texts())
@example(b'{"a" :1,"a":2}')
@example(b'{"a":1,"a":"\\":"}')
@example(b'{"a":":","a":1}')
@example(b'{"a":1,"a" \n:2,"b":":"}')
@example(b"[[[[]]]]")
@example(b"[[[[[]]]]]")
@example(b"[[[[1]]]]")
@example(b"18446744073709551616")
@example(b"-9223372036854775809")
@example(b"-0")
@example(b"-0.0")
def test_the_fast_way_decodes_as_the_strict_one(text: bytes) -> None:
    assert outcome(decode, text) == outcome(decode_strictly, text)


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_the_strict_way_refuses_the_same(text: bytes, message: str) -> None:
    with pytest.raises(BadInput) as refusal:
        decode_strictly(text, MAX_DEPTH)
    assert refusal.value.message.startswith(message)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": [1, 2.5, "b", True], "c": {}}, True),
        ({"a": "é" * 10}, True),
        ({"a": None}, False),  # as NaN is written
        ({"a": math.nan}, False),
        ({"a": 2**64}, False),
        ({"a": 2.0**63}, False),
        ({"a": "\0"}, False),
        ({"a": "\ud800"}, False),
        ({1: "a"}, False),
        ({"a": b"file"}, False),
        ({"a": datetime(2026, 1, 1, tzinfo=UTC)}, False),
        ({"a": "b" * 100}, False),
        ({"a": "é" * 50}, False),
    ],
)
def test_what_is_plain_without_being_decoded(value: object, *, plain: bool) -> None:
    assert is_plain(value, 600) is plain


def test_what_is_nested_too_deep_is_not_plain() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert not is_plain(value, 65_536)
