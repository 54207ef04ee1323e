"""The name of a file that was fetched."""

from __future__ import annotations

import re
from email.message import Message
from email.utils import collapse_rfc2231_value

UNKNOWN = "unknown_file"
MAX_LENGTH = 255  # characters, as of most file systems

FOLDERS = re.compile(r".*[/\\]", re.DOTALL)


def file_name(disposition: str | None, path: str) -> str:
    """The name in a Content-Disposition header (RFC 6266), or the last segment of a path.

    `path` is percent-decoded. Any folder is dropped, and what cannot be printed; without
    a name left it is `unknown_file`.
    """
    candidates = (_disposed(disposition or ""), path)
    return next((name for each in candidates if (name := _bare(each))), UNKNOWN)


def _disposed(disposition: str) -> str:
    """`filename*` where both are given (RFC 6266 §4.3)."""
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]", " ", disposition)
    names = [
        value
        for parameter, value in message.get_params([], "content-disposition")
        if parameter.lower() == "filename"
    ]
    extended = next((value for value in names if isinstance(value, tuple)), None)
    return collapse_rfc2231_value(extended or next(iter(names), ""))


def _bare(name: str) -> str:
    base = FOLDERS.sub("", name.strip().strip('"'))
    printable = "".join(filter(str.isprintable, base)).strip()
    return "" if printable in {".", ".."} else printable[-MAX_LENGTH:]
