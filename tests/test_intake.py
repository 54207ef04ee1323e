"""A running server brings content in: with worker processes, Helm and kubectl."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import preparing
from app.demo import demo_id
from app.importing.archives import pack_tgz
from app.settings import Settings
from tests import stores
from tests.content import MODEL, component, package
from tests.serving import HOST, free_port, serving, token

POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n"
CHART = {
    "shop/Chart.yaml": b"apiVersion: v2\nname: shop\nversion: 1.2.3\n",
    "shop/templates/pod.yaml": POD,
    "shop/templates/test.yaml": POD.replace(
        b"metadata: {", b'metadata: {annotations: {"helm.sh/hook": test}, '
    ),
}
KUSTOMIZATION = {
    "x/kustomization.yaml": b"namePrefix: a-\nresources: [pod.yaml]\n",
    "x/pod.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
}
COMPOSE = b"services: {web: {image: nginx, ports: ['80:80']}}\n"
ENDLESS = {**CHART, "shop/templates/pod.yaml": b"{{ range until 999999999 }}{{ end }}"}


@pytest.fixture(scope="module")
def client(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    folder = tmp_path_factory.mktemp("intake")
    url = stores.sqlite_copy(sqlite_template, folder)
    environ = {"MESHGRAPH_DATABASE_URL": url, "MESHGRAPH_DATA_DIR": str(folder)}
    preparing.seed(Settings.from_environ(environ), demo=True)
    port = free_port()
    with (
        serving(url, folder, port),
        httpx2.Client(
            base_url=f"http://{HOST}:{port}",
            headers={"Authorization": f"Bearer {token(folder, str(demo_id('user', 'admin')))}"},
            trust_env=False,
            timeout=60,
        ) as client,
    ):
        yield client


def imported(client: httpx2.Client, name: str, data: bytes) -> httpx2.Response:
    return client.post("/api/pattern/import", files={"file": (name, data)})


def query(client: httpx2.Client, source: str) -> Any:
    answer = client.post("/graphql", json={"query": source}).json()
    assert "errors" not in answer, answer
    return answer["data"]


@pytest.mark.parametrize(
    ("name", "data", "type_", "unmatched"),
    [
        ("shop.tgz", pack_tgz(CHART), "helm-chart", []),
        ("k.tar.gz", pack_tgz(KUSTOMIZATION), "k8s-kustomize", []),
        ("web.yaml", COMPOSE, "docker-compose", []),
    ],
)
def test_what_is_rendered_becomes_a_design_of_known_kinds(
    client: httpx2.Client, name: str, data: bytes, type_: str, unmatched: list[Any]
) -> None:
    done = imported(client, name, data)
    assert done.status_code == 200, done.text
    assert done.json()["message"].endswith(f"of type '{type_}'")
    source = "{ designs(first: 1) { items { type unmatched design } } }"
    [design] = query(client, source)["designs"]["items"]
    assert (design["type"], design["unmatched"]) == (type_, unmatched)
    models = {each["model"]["name"] for each in design["design"]["components"]}
    assert models == {"kubernetes"}


def test_the_server_answers_while_a_chart_runs_on(client: httpx2.Client) -> None:
    """It is ended for its memory or its time; others wait for neither."""
    started = time.monotonic()
    done = imported(client, "endless.tgz", pack_tgz(ENDLESS))
    assert done.status_code == 400, done.text
    assert re.search("MiB of memory|seconds", done.text)
    assert time.monotonic() - started < 60
    assert client.get("/healthz").text == "ok"


def test_kinds_of_a_registered_model_are_matched(client: httpx2.Client) -> None:
    broker = component("Broker", "acme.org/v1")
    body = {"fileName": "acme.tgz", "modelFile": list(package(broker))}
    given = {"uploadType": "file", "register": True, "importBody": body}
    assert client.post("/api/meshmodels/register", json=given).status_code == 201
    manifest = {"apiVersion": "acme.org/v1", "kind": "Broker", "metadata": {"name": "b"}}
    assert imported(client, "b.json", json.dumps(manifest).encode()).status_code == 200
    source = '{ designs(search: "b", first: 1) { items { unmatched design } } }'
    [design] = query(client, source)["designs"]["items"]
    assert design["unmatched"] == []
    assert design["design"]["components"][0]["model"]["name"] == "acme-operator"


SHARED = Path(__file__).parents[2] / "shared"
BOOKINFO = SHARED / "importing" / "samples" / "manifests" / "bookinfo.yaml"
DEFINITIONS = SHARED / "evaluate" / "definitions"


@pytest.mark.skipif(not DEFINITIONS.exists(), reason="the samples are not here")
def test_an_imported_design_is_evaluated(client: httpx2.Client) -> None:
    """Services of Bookinfo are related to the Deployments they lead to, and all to a namespace."""
    files = {
        f"kubernetes/relationships/{file.name}": file.read_bytes()
        for file in DEFINITIONS.glob("*.json")
        if "aws" not in file.name
    }
    model = {**MODEL, "name": "kubernetes", "displayName": "Kubernetes"}
    files["kubernetes/model.json"] = json.dumps(model).encode()
    body = {"fileName": "kubernetes.tgz", "modelFile": list(pack_tgz(files))}
    given = {"uploadType": "file", "register": True, "importBody": body}
    done = client.post("/api/meshmodels/register", json=given)
    assert done.status_code == 201, done.text
    assert f"({len(files) - 1} relationships)" in done.json()["message"]

    space = b"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n"
    assert imported(client, "bookinfo.yaml", BOOKINFO.read_bytes() + space).status_code == 200
    [row] = query(client, "{ designs(first: 1) { items { name design } } }")["designs"]["items"]
    found = client.post("/evaluate", json={"design": row["design"]}).json()
    names = {each["id"]: each["displayName"] for each in found["design"]["components"]}
    edges, places = set(), set()
    for each in found["design"]["relationships"]:
        [selectors] = each["selectors"]
        ends = (selectors["allow"]["from"][0]["id"], selectors["allow"]["to"][0]["id"])
        route = (each["kind"], each["type"], each["subType"])
        if route == ("edge", "non-binding", "network"):
            edges.add(tuple(names[end] for end in ends))
        elif route == ("hierarchical", "parent", "inventory"):
            places.add(tuple(names[end] for end in ends))
    services = ("details", "ratings", "reviews", "productpage")
    assert {service for service, _ in edges} == set(services)
    assert ("productpage", "productpage-v1") in edges
    assert {parent for _, parent in places} == {"default"}
    assert len(places) == 14


def test_the_built_in_kinds_are_there_from_the_start(client: httpx2.Client) -> None:
    found = query(
        client,
        """{ models(filter: {name: ["kubernetes"], version: ["v1.37.0"]}) { items {
             components(filter: {kind: ["Deployment"]}) { items { version schema } } } } }""",
    )
    [model] = found["models"]["items"]
    [deployment] = model["components"]["items"]
    assert deployment["version"] == "apps/v1"
    assert "spec" in json.loads(deployment["schema"])["properties"]
