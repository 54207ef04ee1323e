"""Whether a kind or the name of a model is meant by a selector."""

from __future__ import annotations

from functools import lru_cache

import re2  # type: ignore[import-untyped]

ANY = "*"
SPECIAL = frozenset("\\.+*?()|[]{}^$")

_SETTINGS = re2.Options()
_SETTINGS.log_errors = False


def means(pattern: str, name: str) -> bool:
    """Whether the pattern is `*`, or is found anywhere in the name, as a regular expression.

    Meshery does not anchor it: `Pod` means `PodTemplate` too, and an empty one means all. One
    that is no regular expression means nothing but itself. RE2, which is Go's syntax as well,
    takes time linear in the name, and memory within a limit, whatever the pattern.
    """
    if pattern in (ANY, name):
        return True
    if SPECIAL.isdisjoint(pattern):
        return pattern in name
    expression = _compiled(pattern)
    return expression is not None and expression.search(name) is not None


def is_exactly(pattern: str, name: str) -> bool:
    """Whether the pattern is `*` or the name."""
    return pattern in (ANY, name)


def is_plain(pattern: str) -> bool:
    """Whether the pattern is the name of one thing."""
    return bool(pattern) and SPECIAL.isdisjoint(pattern)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re2._Regexp | None:
    try:
        return re2.compile(pattern, _SETTINGS)
    except re2.error:
        return None
