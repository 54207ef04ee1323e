"""Versions as entity tags, and the condition that names them (RFC 9110 §8.8.3, §13.1.1).

The tag of a row is its version in quotes, `"3"`: a strong one.
"""

from __future__ import annotations

import re
from typing import Final

from graphql import Undefined

from app.errors import BadInput

#: The response alias of the field whose value is the version of the row that is answered.
ETAG: Final = "etag"
IF_MATCH: Final = "If-Match"
#: The version of no row.
NONE: Final = 0

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_OURS: Final = re.compile(r'"([1-9][0-9]{0,8})"')


def entity_tag(version: int) -> str:
    """The value of `ETag`."""
    return f'"{version}"'


def expected(text: str) -> object:
    """The version that `If-Match` asks for; `Undefined` for `*`, which any row matches.

    It is `NONE` where no tag can match: a weak one never does, and neither does one that is not
    ours. Raises `BadInput` for what is no list of tags, and for several of ours: it is one row that
    is changed, and it was read in one version.
    """
    if text.strip() == "*":
        return Undefined
    tags = _TAG.findall(text)
    if not tags or _TAG.sub("", text).strip(", \t"):
        raise BadInput(f'{IF_MATCH}: expected an entity tag such as "3", or *.', field=IF_MATCH)
    versions = {int(found[1]) for tag in tags if (found := _OURS.fullmatch(tag))}
    if len(versions) > 1:
        raise BadInput(f"{IF_MATCH}: expected the tag of one version.", field=IF_MATCH)
    return versions.pop() if versions else NONE
