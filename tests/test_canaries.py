"""The finder of secrets finds them, in each form in which they could be written."""

from __future__ import annotations

import base64
import json

import pytest

from tests.canaries import Canary, found

ONE = Canary("one")
WRITTEN = {
    "as it is": f"token={ONE.text};".encode(),
    "in JSON": json.dumps({"a": [ONE.text]}).encode(),
    "in a bytea": f"\\x{b'  '.hex()}{ONE.text.encode().hex()}00".encode(),
    "in UTF-16": f" {ONE.text} ".encode("utf-16"),
    **{
        f"in base64, {offset} bytes on": base64.b64encode(b"x" * offset + ONE.text.encode() + b"yz")
        for offset in range(6)
    },
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_it_is_found(written: bytes) -> None:
    assert found(written, [ONE, Canary("other")]) == {"one"}


def test_nothing_is_found_where_there_is_none() -> None:
    others = (Canary("other").text, base64.b64encode(Canary("other").text.encode()).decode())
    assert found(" ".join(others).encode(), [ONE]) == set()
