"""What strict JSON refuses, and by which path it names it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import BadInput
from app.strict_json import decode, encode

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
