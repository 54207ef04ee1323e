from __future__ import annotations

from typing import Any

import pytest

from app.importing.refusals import Unsupported
from app.registry.sources import (
    ArtifactHubSource,
    FileSource,
    GitSource,
    Source,
    latest_release,
    parse_source,
)


@pytest.mark.parametrize(
    ("url", "registrant", "source"),
    [
        ("git://github.com/a/b", "github", GitSource("a", "b")),
        ("git://github.com/a/b.git/", "github", GitSource("a", "b")),
        ("git://github.com/a/b/main/", "github", GitSource("a", "b", "main")),
        ("git://github.com/a/b/main/c/crds", "github", GitSource("a", "b", "main", "c/crds")),
        ("git://github.com/a/b/main/c/**", "github", GitSource("a", "b", "main", "c", True)),
        (" https://a.example/v1/crds.yaml", "github", FileSource("https://a.example/v1/crds.yaml")),
        (
            "https://artifacthub.io/packages/search?ts_query_web=cert+manager",
            "artifacthub",
            ArtifactHubSource("cert manager"),
        ),
        (
            "https://artifacthub.io/packages/helm/cert-manager/trust",
            "github",
            ArtifactHubSource("trust", "cert-manager"),
        ),
        ("https://artifacthub.io/packages/search", "artifacthub", ArtifactHubSource("model")),
        ("", "artifacthub", ArtifactHubSource("model")),
    ],
)
def test_a_source_out_of_its_address(url: str, registrant: str, source: Source) -> None:
    assert parse_source(url, registrant, "model") == source


@pytest.mark.parametrize(
    "url",
    [
        "",
        "git://github.com/a",
        "git://github.com/a/b/main/../c",
        "git://gitlab.com/a/b",
        "git://github.com/a/b c",
        "ftp://a.example/x",
        "file:///etc/passwd",
        "https://",
        "https://[x",
        "https://artifacthub.io/",
    ],
)
def test_what_is_no_source(url: str) -> None:
    with pytest.raises(Unsupported, match=r"is no source; allowed: git://github\.com/"):
        parse_source(url)


@pytest.mark.parametrize(
    ("source", "tag", "at"),
    [
        (GitSource("a", "b", "main"), "v1.0", "refs/tags/v1.0"),
        (GitSource("a", "b", "main"), None, "refs/heads/main"),
        (GitSource("a", "b"), None, "HEAD"),
    ],
)
def test_the_archive_of_a_repository(source: GitSource, tag: str | None, at: str) -> None:
    assert source.archive_address(tag) == f"https://codeload.github.com/a/b/tar.gz/{at}"
    assert source.releases_address == "https://api.github.com/repos/a/b/releases?per_page=100"


ARCHIVE = {"b-1.0/README": b"", "b-1.0/c/x.yaml": b"", "b-1.0/c/d/y.yaml": b"", "b-1.0/cc/z": b""}


@pytest.mark.parametrize(
    ("path", "recursive", "files"),
    [
        ("", False, ["README"]),
        ("", True, ["README", "c/x.yaml", "c/d/y.yaml", "cc/z"]),
        ("c", False, ["c/x.yaml"]),
        ("c", True, ["c/x.yaml", "c/d/y.yaml"]),
        ("c/d/y.yaml", False, ["c/d/y.yaml"]),
        ("e", True, []),
    ],
)
def test_the_files_of_a_source(path: str, recursive: bool, files: list[str]) -> None:
    source = GitSource("a", "b", path=path, recursive=recursive)
    assert list(source.files(ARCHIVE)) == files


@pytest.mark.parametrize(
    ("releases", "tag"),
    [
        ([], None),
        ({"message": "Not Found"}, None),
        ([{"tag_name": "v1.9.0"}, {"tag_name": "v1.10.0"}, {"tag_name": "v1.2"}], "v1.10.0"),
        ([{"tag_name": "v2.0.0-rc.1", "prerelease": True}, {"tag_name": "v1.0.0"}], "v1.0.0"),
        ([{"tag_name": "v2.0.0-rc.1", "prerelease": True}], "v2.0.0-rc.1"),
        ([{"tag_name": "v3", "draft": True}, {"tag_name": "v2"}, {}, None], "v2"),
    ],
)
def test_the_latest_release(releases: Any, tag: str | None) -> None:
    assert latest_release(releases) == tag


def test_the_version_of_a_file_is_the_end_of_its_address() -> None:
    assert FileSource("https://a.example/charts/v1.2.0/?x=1").version == "v1.2.0"
