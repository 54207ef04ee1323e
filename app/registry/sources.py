"""Where the components of a model are generated from, as Meshery's Model Create names it.

Nothing is fetched here: a source tells the addresses to ask, and reads what they answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from app.importing.archives import Tree, content_root
from app.importing.refusals import Unsupported

GITHUB_API = "https://api.github.com/repos"
GITHUB_ARCHIVES = "https://codeload.github.com"
ALLOWED = (
    "git://github.com/<owner>/<repo>[/<branch>/<path>], an http(s) address of a file, "
    "https://artifacthub.io/packages/search?ts_query_web=<name> and "
    "https://artifacthub.io/packages/<kind>/<repo>/<name>"
)

_SEGMENT = re.compile(r"(?!\.{1,2}\Z)[\w.+@-]+")


@dataclass(frozen=True)
class GitSource:
    """Files of a repository on GitHub: those in the folder `path`, or also those below it.

    `path` may be a file as well; "" is the root. An empty branch is the default one.
    """

    owner: str
    repo: str
    branch: str = ""
    path: str = ""
    recursive: bool = False

    @property
    def releases_address(self) -> str:
        """Answers JSON for `latest_release`."""
        return f"{GITHUB_API}/{self.owner}/{self.repo}/releases?per_page=100"

    def archive_address(self, tag: str | None = None) -> str:
        """A tar.gz archive of the repository at a tag, or else at the branch."""
        branch = f"refs/heads/{quote(self.branch)}" if self.branch else "HEAD"
        at = branch if tag is None else f"refs/tags/{quote(tag)}"
        return f"{GITHUB_ARCHIVES}/{self.owner}/{self.repo}/tar.gz/{at}"

    def files(self, archive: Tree) -> Tree:
        """The files meant, of the archive's, by their path in the repository."""
        folder = f"{self.path}/" if self.path else ""
        return {
            path: content
            for path, content in content_root(archive).items()
            if path == self.path
            or (path.startswith(folder) and (self.recursive or "/" not in path[len(folder) :]))
        }


@dataclass(frozen=True)
class ArtifactHubSource:
    """A package of Artifact Hub: the best one that a search finds, or that of a repository."""

    name: str
    repo: str = ""
    kind: str = "helm"


@dataclass(frozen=True)
class FileSource:
    """A document or an archive at an address."""

    url: str

    @property
    def version(self) -> str:
        """The version of the model, for which there is nothing but the last part of the path."""
        return urlsplit(self.url).path.rstrip("/").rpartition("/")[2]


Source = GitSource | ArtifactHubSource | FileSource


def parse_source(url: str, registrant: str = "github", model: str = "") -> Source:
    """The source that a `url` of Model Create names, for a model of that name.

    Artifact Hub is searched for the model itself if the address names no package of it. Raises
    `Unsupported`, which tells what is allowed.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise _unsupported() from None
    if registrant == "artifacthub" or host == "artifacthub.io":
        return _artifact_hub(parts.path, parts.query, model)
    if parts.scheme == "git" and host == "github.com":
        return _git(parts.path)
    if parts.scheme in {"http", "https"} and host:
        return FileSource(url)
    raise _unsupported()


def latest_release(releases: Any) -> str | None:
    """The tag of the highest version among GitHub's releases; pre-releases only if all are."""
    if not isinstance(releases, list):
        return None
    tags = [
        (not release.get("prerelease"), _numbers(tag), tag)
        for release in releases
        if isinstance(release, Mapping) and not release.get("draft")
        if isinstance(tag := release.get("tag_name"), str) and tag
    ]
    return max(tags)[2] if tags else None


def _git(path: str) -> GitSource:
    recursive = path.endswith("/**")
    segments = [part for part in path.removesuffix("/**").split("/") if part]
    if len(segments) < 2 or not all(map(_SEGMENT.fullmatch, segments)):  # noqa: PLR2004 - owner, repo
        raise _unsupported()
    owner, repo, *rest = segments
    branch, inner = (rest[0], "/".join(rest[1:])) if rest else ("", "")
    return GitSource(owner, repo.removesuffix(".git"), branch, inner, recursive)


def _artifact_hub(path: str, query: str, model: str) -> ArtifactHubSource:
    match [part for part in path.split("/") if part]:
        case ["packages", "search"]:
            name = parse_qs(query).get("ts_query_web", [""])[0].strip()
            source = ArtifactHubSource(name or model)
        case ["packages", kind, repo, name, *_]:
            source = ArtifactHubSource(name, repo, kind)
        case _:
            source = ArtifactHubSource(model)
    if not source.name:
        raise _unsupported()
    return source


def _numbers(tag: str) -> tuple[int, ...]:
    return tuple(int(digits[:9]) for digits in re.findall(r"\d+", tag))


def _unsupported() -> Unsupported:
    """Without the address: there may be a password in it, and the refusal is kept in an event."""
    return Unsupported(f"The url is no source; allowed: {ALLOWED}.")
