"""Files by their extension."""

from __future__ import annotations

import pytest

from app.importing.archives import pack_tgz
from app.importing.content import extension_of, opened, stem_of
from app.importing.refusals import Refused, Unreadable, Unsupported


@pytest.mark.parametrize(
    ("name", "extension", "stem"),
    [
        ("web.yaml", ".yaml", "web"),
        ("web.YML", ".yml", "web"),
        ("a.b.json", ".json", "a.b"),
        ("chart-1.2.3.tar.gz", ".tar.gz", "chart-1.2.3"),
        ("chart.TGZ", ".tgz", "chart"),
        ("image.tar", ".tar", "image"),
        ("all.zip", ".zip", "all"),
        (".yaml", ".yaml", ""),
    ],
)
def test_extensions(name: str, extension: str, stem: str) -> None:
    assert extension_of(name) == extension
    assert stem_of(name) == stem


@pytest.mark.parametrize("name", ["web", "web.txt", "web.gz", "yaml", "web.yaml.bak", ""])
def test_other_extensions_are_refused_with_those_that_are_not(name: str) -> None:
    with pytest.raises(Unsupported, match=r"unsupported extension .*\.yml, \.yaml, \.json"):
        extension_of(name)


def test_documents_are_read() -> None:
    assert opened("a.yaml", b"a: 1\n---\n---\nb: 2\n").filled == ({"a": 1}, {"b": 2})
    assert opened("a.json", b'{"a": 1}').documents == ({"a": 1},)
    assert opened("A.JSON", rb'{"a": "\ud83d\ude00"}').documents == ({"a": "\U0001f600"},)


def test_an_archive_is_opened_without_its_one_folder() -> None:
    content = opened("chart.tgz", pack_tgz({"web/Chart.yaml": b"name: web", "web/a/b": b""}))
    assert content.tree == {"Chart.yaml": b"name: web", "a/b": b""}
    assert not content.is_image


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.json", b" ", Unreadable),
        ("a.json", b"{", Refused),
        ("a.yaml", b"a: [", Refused),
        ("a.zip", b"PK\x03\x04 but no more", Refused),
        ("a.tgz", b"not gzip", Refused),
        ("a.yaml", b"\xff\xfe\x00", Refused),
    ],
)
def test_what_is_not_what_its_name_says(name: str, data: bytes, kind: type[Refused]) -> None:
    with pytest.raises(kind):
        opened(name, data)
