"""The name of what was fetched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fetching.file_names import UNKNOWN, file_name

CASES = [
    (None, "/charts/nginx.tgz", "nginx.tgz"),
    (None, "/a b.yaml", "a b.yaml"),
    (None, "/", UNKNOWN),
    (None, "", UNKNOWN),
    (None, "/folder/", UNKNOWN),
    (None, "/..", UNKNOWN),
    (None, "/a/\\..\\b.yaml", "b.yaml"),
    ("attachment", "/x.yaml", "x.yaml"),
    ("attachment; filename=", "/x.yaml", "x.yaml"),
    ('attachment; filename="a b.yaml"', "/x", "a b.yaml"),
    ("attachment; FileName=a.yaml", "/x", "a.yaml"),
    ("attachment; filename=a.yaml; filename*=UTF-8''%e2%82%ac.yaml", "/x", "€.yaml"),
    ("attachment; filename*=utf-8'en'%e2%82%ac.yaml; filename=a.yaml", "/x", "€.yaml"),
    ("attachment; filename*=nope''%ff.yaml", "/x", "ÿ.yaml"),
    ('attachment; filename="é.yaml"', "/x", "é.yaml"),
    ('attachment; filename="../../etc/passwd"', "/x", "passwd"),
    ("attachment; filename*=UTF-8''..%2F..%5Cb.yaml", "/x", "b.yaml"),
    ("attachment; filename*=UTF-8''a%00%0d%0ab.yaml", "/x", "ab.yaml"),
    ('attachment; filename=".."', "/x.yaml", "x.yaml"),
    ('attachment; filename="unclosed.yaml', "/x", "unclosed.yaml"),
    ("attachment;\r\nX: y; filename=a.yaml", "/x", "a.yaml"),
    (None, "/" + "a" * 300 + ".yaml", "a" * 250 + ".yaml"),
]


@pytest.mark.parametrize(("disposition", "path", "name"), CASES)
def test_the_name(disposition: str | None, path: str, name: str) -> None:
    assert file_name(disposition, path) == name


@given(st.none() | st.text() | st.text().map("attachment; filename*={}".format), st.text())
def test_a_name_is_one_printable_segment(disposition: str | None, path: str) -> None:
    name = file_name(disposition, path)
    assert name.isprintable()
    assert name not in {"", ".", ".."}
    assert not set(name) & set("/\\")
    assert len(name) <= 255
