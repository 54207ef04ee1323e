"""The version of a design after a change."""

from __future__ import annotations

import re
from typing import Any

FIRST = "0.0.1"

#: A semantic version (semver.org, 2.0.0), which may leave out minor and patch and begin with v.
VERSION = re.compile(
    r"v?([0-9]{1,18})(?:\.([0-9]{1,18}))?(?:\.([0-9]{1,18}))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)


def next_version(version: Any) -> str:
    """The next patch version; the release itself after a pre-release; 0.0.1 after no version."""
    match = VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        return FIRST
    major, minor, patch = (int(part or 0) for part in match.groups()[:3])
    return f"{major}.{minor}.{patch if match[4] else patch + 1}"
