"""A result whose JSON is already there."""

from __future__ import annotations

from typing import Any

from graphql import ExecutionResult


class EncodedResult(ExecutionResult):
    """A result without errors; `body` is its text, `{"data":…}` in UTF-8.

    `data` may be given as well, for those who do not want the text.
    """

    __slots__ = ("body",)

    def __init__(self, body: bytes, data: dict[str, Any] | None = None) -> None:
        super().__init__(data)
        self.body = body
