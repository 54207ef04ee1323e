"""Whose page may use the cookie."""

from __future__ import annotations

import pytest

from app.errors import Unauthenticated
from app.origins import refuse_foreign

ALLOWED = {b"https://ui.example.org"}
HOST = (b"host", b"mesh.example.org:9876")


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [HOST, (b"origin", b"http://mesh.example.org:9876")],
        [HOST, (b"origin", b"https://mesh.example.org:9876")],
        [(b"host", b"Mesh.Example.Org"), (b"origin", b"https://mesh.example.org")],
        [HOST, (b"origin", b"https://ui.example.org")],
        [HOST, (b"origin", b"https://evil.example"), (b"authorization", b"Bearer t")],
    ],
)
def test_pages_that_may(headers: list[tuple[bytes, bytes]]) -> None:
    refuse_foreign(headers, ALLOWED)


@pytest.mark.parametrize(
    "origin",
    [
        b"https://evil.example",
        b"https://mesh.example.org",
        b"https://mesh.example.org:9876.evil.example",
        b"http://ui.example.org",
        b"null",
        b"",
    ],
)
def test_pages_that_may_not(origin: bytes) -> None:
    with pytest.raises(Unauthenticated, match="MESHGRAPH_ALLOWED_ORIGINS"):
        refuse_foreign([HOST, (b"origin", origin)], ALLOWED)


def test_no_host_is_not_the_host_of_no_origin() -> None:
    with pytest.raises(Unauthenticated):
        refuse_foreign([(b"origin", b"null")], ALLOWED)
