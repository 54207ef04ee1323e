"""What a text or a JSON object given by a caller must be before it is stored."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from app.errors import BadInput
from app.strict_json import decode, is_plain

#: Control and surrogate characters, and those that change the reading direction. Which characters
#: are assigned is not asked: it depends on the version of Python.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs"})
_BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

MAX_JSON_BYTES = 65_536
_JSON = json.JSONEncoder(allow_nan=False)


def name(value: str | None, field: str, limit: int = 255) -> str:
    """A name in NFC: 1 to `limit` characters, none of them a control or direction mark."""
    text = unicodedata.normalize("NFC", value or "").strip()
    if not 1 <= len(text) <= limit:
        raise BadInput(
            f"{field}: a name has 1 to {limit} characters, this has {len(text)}.", field=field
        )
    if text.isascii() and text.isprintable():
        return text
    for character in text:
        if unicodedata.category(character) in _REFUSED_CATEGORIES or character in _BIDIRECTIONAL:
            message = f"{field}: the character U+{ord(character):04X} is not allowed in a name."
            raise BadInput(message, field=field)
    return text


def prose(value: str | None, field: str, limit: int = 5_000) -> str:
    """Free text of up to `limit` characters; None is the empty text."""
    text = unicodedata.normalize("NFC", value or "")
    if len(text) > limit:
        message = f"{field}: at most {limit} characters are allowed, this has {len(text)}."
        raise BadInput(message, field=field)
    return text


def json_object(value: object, field: str) -> dict[str, Any]:
    """A JSON object of up to 64 KiB; None is the empty object.

    It is judged as strictly as a body: a literal of a document comes here unseen.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput(f"{field}: expected a JSON object.", field=field)
    if is_plain(value, MAX_JSON_BYTES):
        return value
    try:
        text = _JSON.encode(value)
    except (TypeError, ValueError, RecursionError):  # TypeError: the bytes of a file
        raise BadInput(f"{field}: this cannot be written as JSON.", field=field) from None
    if len(text) > MAX_JSON_BYTES:
        raise BadInput(f"{field}: at most {MAX_JSON_BYTES} bytes are allowed.", field=field)
    try:
        decode(text.encode())
    except BadInput as flaw:
        raise BadInput(f"{field}: {flaw.message}", field=field) from None
    return value
