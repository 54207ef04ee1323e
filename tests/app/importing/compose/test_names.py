from __future__ import annotations

import pytest

from app.importing.compose import names
from app.importing.refusals import Unreadable


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("Web_App.1", "web-app-1"),
        ("-web-", "web"),
        ("wéb!", "wb"),
        ("a" * 70, "a" * 63),
        ("a" * 62 + "-b", "a" * 62),
    ],
)
def test_names_become_dns_labels(written: str, made: str) -> None:
    assert names.label(written, "here") == made


@pytest.mark.parametrize("written", ["", "___", "ééé"])
def test_a_name_of_nothing_is_refused(written: str) -> None:
    for make in (names.label, names.network):
        with pytest.raises(Unreadable, match=r"^here: "):
            make(written, "here")


def test_the_suffix_stays_whole() -> None:
    assert names.suffixed("web", "claim0") == "web-claim0"
    assert names.suffixed("a" * 63, "claim0") == "a" * 56 + "-claim0"


def test_networks_keep_their_dots() -> None:
    assert names.network("My_Net.1!", "here") == "my-net.1"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (".env", "env"),
        ("./random", "random"),
        ("random/test/v1", "v1"),
        ("src/app/.env", "app-env"),
        ("a.b.env", "a-b-env"),
        ("/", "app-env"),
    ],
)
def test_env_files_have_names(file: str, name: str) -> None:
    assert names.env_file(file, "app") == name
