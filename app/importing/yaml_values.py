"""YAML streams as JSON values, built from the parser's events so that bombs never unfold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from app.importing.refusals import TooLarge, Unreadable
from app.importing.yaml_scalars import TAG_PREFIX, Scalar, key_text, resolved, tagged
from app.strict_json import printable

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a text may hold. Values and characters count as often as aliases repeat them."""

    bytes: int = 16 * MIB
    documents: int = 1_000
    tag_directives: int = 100
    nodes: int = 500_000
    characters: int = 32 * MIB
    depth: int = 64
    aliases: int = 1_000
    merges: int = 200


@dataclass(frozen=True)
class _Anchored:
    value: Any
    nodes: int
    characters: int


class Stream:
    """The documents of one YAML text; see `read`."""

    def __init__(self, text: str, limits: Limits) -> None:
        self._parser = yaml.CBaseLoader(text)
        self._limits = limits
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = self._characters = self._aliases = self._merges = 0

    def read(self) -> list[Any]:
        """The value of each document; an empty one is None.

        Raises `TooLarge` and `Unreadable` with line and column.
        """
        documents: list[Any] = []
        while type(event := self._next()) is not yaml.StreamEndEvent:
            if type(event) is not yaml.DocumentStartEvent:
                continue
            if len(documents) >= self._limits.documents:
                self._too_large(event, "documents", self._limits.documents)
            self._anchors = {}
            documents.append(self._value(self._next(), 0))
        return documents

    def _next(self) -> Any:
        try:
            return self._parser.get_event()
        except yaml.MarkedYAMLError as error:
            _refuse(error.problem_mark, error.problem or "the syntax is wrong")
        except yaml.YAMLError:
            raise Unreadable("Invalid YAML: it has a character that YAML does not allow.") from None

    def _value(self, event: Any, depth: int) -> Any:
        if type(event) is yaml.AliasEvent:
            return self._alias(event)
        nodes, characters = self._nodes, self._characters
        self._nodes += 1
        self._check_size(event)
        if type(event) is yaml.ScalarEvent:
            value = self._scalar(event)
        else:
            value = self._collection(event, depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(
                value, self._nodes - nodes, self._characters - characters
            )
        return value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        self._characters += len(text)
        try:
            if event.tag is not None:
                return _clean(tagged(event.tag, text))
            return resolved(text) if event.implicit[0] else _clean(text)
        except ValueError as error:
            _refuse(event.start_mark, str(error))

    def _collection(self, event: Any, depth: int) -> Any:
        if depth > self._limits.depth:
            self._too_large(event, "levels of nesting", self._limits.depth)
        is_mapping = type(event) is yaml.MappingStartEvent
        if event.tag not in {None, "!", TAG_PREFIX + ("map" if is_mapping else "seq")}:
            _refuse(event.start_mark, "the tag is not known or not fit; allowed: !!map, !!seq")
        return self._mapping(depth) if is_mapping else self._sequence(depth)

    def _sequence(self, depth: int) -> list[Any]:
        values = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            values.append(self._value(event, depth))
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[dict[str, Any]] | None = None
        while type(event := self._next()) is not yaml.MappingEndEvent:
            if _is_merge(event):
                if merged is not None:
                    _refuse(event.start_mark, 'the key "<<" is given twice')
                merged = self._merged(event, depth)
                continue
            key = self._key(event, depth)
            if key in mapping:
                _refuse(event.start_mark, f'the key "{printable(key)}" is given twice')
            mapping[key] = self._value(self._next(), depth)
        for source in merged or ():
            for key, value in source.items():
                mapping.setdefault(key, value)
        return mapping

    def _key(self, event: Any, depth: int) -> str:
        value = self._value(event, depth)
        try:
            return key_text(value)
        except ValueError as error:
            _refuse(event.start_mark, str(error))

    def _merged(self, event: Any, depth: int) -> list[dict[str, Any]]:
        """The mappings a merge key names; of two with one key the first counts."""
        self._merges += 1
        if self._merges > self._limits.merges:
            self._too_large(event, "merge keys", self._limits.merges)
        value = self._value(self._next(), depth)
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            _refuse(event.start_mark, "only mappings can be merged")
        return sources

    def _alias(self, event: Any) -> Any:
        """A copy of what the anchor names, counted before it is made."""
        if (anchored := self._anchors.get(event.anchor)) is None:
            _refuse(event.start_mark, f'the alias "{printable(event.anchor)}" has no anchor before')
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            self._too_large(event, "aliases", self._limits.aliases)
        self._nodes += anchored.nodes
        self._characters += anchored.characters
        self._check_size(event)
        return _copy(anchored.value)

    def _check_size(self, event: Any) -> None:
        if self._nodes > self._limits.nodes:
            self._too_large(event, "values, aliases expanded", self._limits.nodes)
        if self._characters > self._limits.characters:
            self._too_large(event, "characters, aliases expanded", self._limits.characters)

    def _too_large(self, event: Any, what: str, most: int) -> NoReturn:
        raise TooLarge(f"{_place(event.start_mark)}: at most {most:,} {what} are allowed.")


def _is_merge(event: Any) -> bool:
    return (
        type(event) is yaml.ScalarEvent
        and event.value == "<<"
        and (event.implicit[0] or event.tag == TAG_PREFIX + "merge")
    )


def _clean(value: Scalar) -> Scalar:
    """Quoted texts can have escapes, and of these the parser itself refuses surrogates."""
    if isinstance(value, str) and "\0" in value:
        raise ValueError("the character NUL is not allowed")
    return value


def _copy(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if type(value) is list else value


def _place(mark: Any) -> str:
    return f"Line {mark.line + 1}, column {mark.column + 1}"


def _refuse(mark: Any, reason: str) -> NoReturn:
    place = "Invalid YAML" if mark is None else _place(mark)
    raise Unreadable(f"{place}: {reason}.")
