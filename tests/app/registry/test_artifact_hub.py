from __future__ import annotations

from typing import Any

import pytest

from app.importing.refusals import Unsupported
from app.registry.artifact_hub import Chart, best_chart, chart_address, search_address
from app.registry.sources import ArtifactHubSource

CHART = Chart("consul", "1.2.0", "hashicorp", "https://helm.example/charts")


def package(name: str, *, url: str = "https://a.example", **marks: Any) -> dict[str, Any]:
    return {"name": name, "version": "1.0.0", "repository": {"name": "r", "url": url, **marks}}


@pytest.mark.parametrize(
    ("source", "address"),
    [
        (
            ArtifactHubSource("cert manager&x"),
            (
                "https://artifacthub.io/api/v1/packages/search?ts_query_web=cert+manager%26x&kind=0"
                "&limit=10&offset=0"
            ),
        ),
        (
            ArtifactHubSource("trust", "cert-manager"),
            "https://artifacthub.io/api/v1/packages/helm/cert-manager/trust",
        ),
    ],
)
def test_where_to_ask(source: ArtifactHubSource, address: str) -> None:
    assert search_address(source) == address


@pytest.mark.parametrize(
    ("packages", "best"),
    [
        ([package("a"), package("b")], "a"),
        ([package("a"), package("b", official=True)], "b"),
        ([package("a"), package("b") | {"official": True}], "b"),
        ([package("a", official=True), package("b", verified_publisher=True)], "b"),
        (
            [
                package("a", verified_publisher=True),
                package("b", verified_publisher=True, official=True),
            ],
            "b",
        ),
        ([package("a", url="oci://a.example", official=True), package("b")], "b"),
        ([None, {}, {"repository": []}, package("a")], "a"),
    ],
)
def test_the_best_of_what_was_found(packages: list[Any], best: str) -> None:
    assert best_chart({"packages": packages}).name == best


def test_one_package_that_was_asked_for() -> None:
    assert best_chart(package("a")) == Chart("a", "1.0.0", "r", "https://a.example")


@pytest.mark.parametrize("found", [{"packages": []}, {}, [], None, {"message": "not found"}])
def test_nothing_found(found: Any) -> None:
    with pytest.raises(Unsupported, match="no such Helm chart"):
        best_chart(found)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://cdn.example/consul.tgz", "https://cdn.example/consul.tgz"),
        ("consul-1.2.0.tgz", "https://helm.example/charts/consul-1.2.0.tgz"),
        ("/consul-1.2.0.tgz", "https://helm.example/consul-1.2.0.tgz"),
    ],
)
def test_where_a_chart_is(url: str, address: str) -> None:
    versions = [{"version": "1.1.0", "urls": ["old"]}, {"version": "1.2.0", "urls": [url]}]
    assert CHART.index_address == "https://helm.example/charts/index.yaml"
    assert chart_address({"entries": {"consul": versions}}, CHART) == address


@pytest.mark.parametrize(
    "index",
    [
        None,
        {},
        {"entries": {"consul": [{"version": "1.1.0", "urls": ["x"]}]}},
        {"entries": {"consul": [{"version": "1.2.0", "urls": []}, "x"]}},
        {"entries": {"consul": [{"version": "1.2.0", "urls": ["oci://a.example/x"]}]}},
    ],
)
def test_a_chart_that_is_not_in_its_repository(index: Any) -> None:
    with pytest.raises(Unsupported, match=r"has no consul 1\.2\.0 at an http"):
        chart_address(index, CHART)
