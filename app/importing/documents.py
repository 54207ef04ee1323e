"""Documents that come in: YAML streams and JSON, as JSON values."""

from __future__ import annotations

import re
from typing import Any

from app.errors import BadInput
from app.importing.refusals import Refused, TooLarge, Unreadable
from app.importing.yaml_values import Limits, Stream
from app.strict_json import decode

__all__ = ["LIMITS", "Limits", "document", "json_document", "yaml_documents"]

LIMITS = Limits()

#: The characters YAML 1.2 does not allow, and the byte order mark in the midst of a text.
_NOT_YAML = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
#: The parser compares each with all before it. Line breaks are those of YAML 1.1.
_TAG_DIRECTIVE = re.compile("(?:\\A|[\n\r\x85\u2028\u2029])%TAG")
_JSON_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+"')


def document(name: str, data: bytes, limits: Limits = LIMITS) -> list[Any]:
    """The documents of a file: those of a YAML stream, but one if its name ends in `.json`."""
    if name.lower().endswith(".json"):
        return [json_document(data, limits)]
    return yaml_documents(data, limits)


def yaml_documents(data: bytes, limits: Limits = LIMITS) -> list[Any]:
    """The documents of a YAML stream in UTF-8, as Kubernetes reads YAML as JSON.

    Empty documents are None; a stream without any is []. Aliases are expanded, merge keys merged,
    keys made texts. Raises `TooLarge` for what is over a limit; `Unreadable`, both with line and
    column, for wrong syntax, keys given twice, unknown tags and what JSON does not have.
    """
    _check_bytes(data, limits)
    text = _text(data)
    if (wrong := _NOT_YAML.search(text)) is not None:
        code = ord(wrong[0])
        raise Unreadable(f"{_place(text, wrong.start())}: the character U+{code:04X} is not YAML.")
    if len(_TAG_DIRECTIVE.findall(text)) > limits.tag_directives:
        raise TooLarge(f"At most {limits.tag_directives:,} %TAG directives are allowed.")
    return Stream(text, limits).read()


def documents_in(name: str, data: bytes) -> list[Any]:
    """The documents of one YAML file of an archive, whose name is in what refuses it."""
    try:
        return yaml_documents(data)
    except Unreadable as refusal:
        raise Unreadable(f"{name} is not YAML: {refusal.message}") from None
    except Refused as refusal:
        raise type(refusal)(f"{name}: {refusal.message}") from None


def json_document(data: bytes, limits: Limits = LIMITS) -> Any:
    """The value of a JSON text, as strict as for requests.

    Raises `TooLarge` for what is over a limit, else `Unreadable` with the path.
    """
    _check_bytes(data, limits)
    if _json_values(data) > limits.nodes and _json_values(_JSON_TEXT.sub(b"", data)) > limits.nodes:
        raise TooLarge(f"The JSON text has more than {limits.nodes:,} values.")
    try:
        return decode(data, max_depth=limits.depth)
    except BadInput as error:
        raise Unreadable(error.message) from None


def _check_bytes(data: bytes, limits: Limits) -> None:
    if len(data) > limits.bytes:
        raise TooLarge(f"The text has {len(data):,} bytes; at most {limits.bytes:,} are allowed.")


def _json_values(data: bytes) -> int:
    """How many keys and values a JSON text has at most; those within texts are counted as well."""
    return 1 + sum(data.count(mark) for mark in (b",", b":", b"[", b"{"))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        place = _place(before, len(before))
        raise Unreadable(f"{place}: not UTF-8, the one encoding allowed.") from None


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"Line {line}, column {position - text.rfind(chr(10), 0, position)}"
