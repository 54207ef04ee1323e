"""Why content is not imported, as one tree; the text of each is for whoever gave the content.

    Refused
    ├── Unreadable     it is not what it claims to be, or is damaged
    ├── TooLarge       it goes over a limit, which the text names
    ├── Unsafe         it tries what content must not: to leave its folder, to reach a network
    └── Unsupported    it is sound, but of a kind, version or extension that is not imported

They travel between processes: each has one argument, its text.
"""

from __future__ import annotations


class Refused(Exception):
    """Nothing of what was given is imported."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Unreadable(Refused):
    """The content is not what it claims to be, or is damaged."""


class TooLarge(Refused):
    """The content goes over a limit."""


class Unsafe(Refused):
    """The content tries what content must not."""


class Unsupported(Refused):
    """The content is sound, but of a kind, a version or an extension that is not imported."""
