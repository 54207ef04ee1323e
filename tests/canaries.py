"""Texts that nothing else contains, and finding them again in whatever form they are written."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Canary:
    """`name` says what it stands for."""

    name: str
    text: str = field(default_factory=lambda: f"c4nary{secrets.token_hex(12)}")

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        """As it is, in hexadecimal digits, in UTF-16, and in base64 at each offset."""
        plain = self.text.encode()
        hexadecimal = plain.hex().encode()
        return (
            plain,
            plain.upper(),
            json.dumps(self.text)[1:-1].encode(),
            hexadecimal,
            hexadecimal.upper(),
            self.text.encode("utf-16-le"),
            *(_base64(plain, offset) for offset in range(3)),
        )

    def is_in(self, content: bytes) -> bool:
        return any(form in content for form in self.forms)


#: What all begin with that have a text made for them.
BEGINNING = Canary("any", "c4nary")


def _base64(plain: bytes, offset: int) -> bytes:
    """What is the same in the base64 of every text that has this one after so many bytes."""
    encoded = base64.b64encode(bytes(offset) + plain)
    return encoded[(0, 2, 3)[offset] : (offset + len(plain)) * 8 // 6]


def found(content: bytes, canaries: Iterable[Canary]) -> set[str]:
    """The names of those that are in the content."""
    any_ = BEGINNING.is_in(content)  # most content has none, and some is long
    looked_for = (each for each in canaries if any_ or not each.text.startswith(BEGINNING.text))
    return {each.name for each in looked_for if each.is_in(content)}
