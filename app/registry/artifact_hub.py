"""Charts as Artifact Hub and the repositories of Helm tell of them; nothing is fetched here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from app.importing.refusals import Unsupported
from app.registry.sources import ArtifactHubSource

API = "https://artifacthub.io/api/v1/packages"
HELM = "0"  # the number of the kind in searches
MOST_FOUND = 10
VERIFIED_PUBLISHER, OFFICIAL = 10, 5


@dataclass(frozen=True)
class Chart:
    """A chart in a repository. `version` is that of the chart, which the model takes over."""

    name: str
    version: str
    repository: str
    url: str

    @property
    def index_address(self) -> str:
        """Answers YAML for `chart_address`."""
        return f"{self.url.rstrip('/')}/index.yaml"


def search_address(source: ArtifactHubSource) -> str:
    """Answers JSON for `best_chart`."""
    if source.repo:
        parts = (source.kind, source.repo, source.name)
        return "/".join((API, *(quote(each, safe="") for each in parts)))
    query = {"ts_query_web": source.name, "kind": HELM, "limit": MOST_FOUND, "offset": 0}
    return f"{API}/search?{urlencode(query)}"


def best_chart(found: Any) -> Chart:
    """The best of the packages that a search found, or the one package that was asked for.

    Verified publishers count most, then official packages; of equals the first. Raises
    `Unsupported` if there is none in a repository that is read over HTTP.
    """
    packages = found.get("packages", [found]) if isinstance(found, Mapping) else []
    ranked = sorted(
        (each for each in packages if isinstance(each, Mapping)), key=_rank, reverse=True
    )
    charts = [chart for each in ranked[:MOST_FOUND] if (chart := _chart(each)) is not None]
    if not charts:
        raise Unsupported(
            "Artifact Hub has no such Helm chart in a repository with an http(s) address; "
            "charts in OCI registries are not read."
        )
    return charts[0]


def chart_address(index: Any, chart: Chart) -> str:
    """Where the chart's archive is, by the index of its repository.

    Raises `Unsupported` if the index does not have that version at an http(s) address.
    """
    entries = index.get("entries") if isinstance(index, Mapping) else None
    versions = entries.get(chart.name) if isinstance(entries, Mapping) else None
    for entry in versions if isinstance(versions, list) else []:
        match entry:
            case {"version": version, "urls": [str(url), *_]} if version == chart.version:
                address = urljoin(chart.index_address, url)
                if address.startswith(("http://", "https://")):
                    return address
    raise Unsupported(
        f"{chart.index_address} has no {chart.name} {chart.version} at an http(s) address."
    )


def _rank(package: Mapping[str, Any]) -> int:
    repository = package.get("repository")
    marks = repository if isinstance(repository, Mapping) else {}
    official = package.get("official") is True or marks.get("official") is True
    return VERIFIED_PUBLISHER * (marks.get("verified_publisher") is True) + OFFICIAL * official


def _chart(package: Mapping[str, Any]) -> Chart | None:
    match package:
        case {
            "name": str(name),
            "version": str(version),
            "repository": {"url": str(url), **repository},
        } if url.startswith(("http://", "https://")):
            return Chart(name, version, str(repository.get("name") or ""), url)
    return None
