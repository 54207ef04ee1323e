"""Files as real clients send them: forms, base64, data URLs, arrays of bytes, addresses."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from app.db.designs import Design
from app.db.events import Event
from app.db.registry import Model
from app.errors import BadInput
from app.fetching.fetcher import Fetched, Fetcher
from app.importing.archives import pack_tgz
from resolvers.designs import LONGEST_HERE
from tests.asking import post, query, rows
from tests.content import SHOP, component, package, text
from tests.service import Service, opened

REGISTER, IMPORT = "/api/meshmodels/register", "/api/pattern/import"
REGISTERED = "Imported model acme-operator (1 component and 1 relationship)"
ACME = package(component("Broker"))


class Web(Fetcher):
    """In place of the internet: some files by their addresses."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__()
        self.files = files
        self.asked: list[str] = []

    async def get(self, url: str) -> Fetched:
        self.asked.append(url)
        if url not in self.files:
            raise BadInput("url: nothing is there.", field="url")
        return Fetched(url, url.partition("?")[0].rpartition("/")[2], self.files[url], "")


CRD = b"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: brokers.acme.org}
spec:
  group: acme.org
  scope: Namespaced
  names: {kind: MessageBroker}
  versions:
    - name: v1beta1
      schema: {openAPIV3Schema: {properties: {spec: {type: object}}}}
"""
RELEASES = b'[{"tag_name": "v1.9.0"}, {"tag_name": "v1.10.0"}]'
PACKAGES = b"""{"packages": [
  {"name": "acme", "version": "2.0.0",
   "repository": {"name": "acme", "url": "https://charts.example.org/", "verified_publisher": true}}
]}"""
INDEX = b"""
entries:
  acme: [{version: 2.0.0, urls: [acme-2.0.0.tgz]}]
"""
WEB = {
    "https://example.org/shop.yaml": SHOP,
    "https://example.org/shop.yaml?token=hunter2": SHOP,
    "https://example.org/acme.tgz": ACME,
    "https://example.org/v7/crds.yaml": CRD,
    "https://api.github.com/repos/acme/operator/releases?per_page=100": RELEASES,
    "https://codeload.github.com/acme/operator/tar.gz/refs/tags/v1.10.0": pack_tgz(
        {"operator-1.10.0/deploy/crd.yaml": CRD, "operator-1.10.0/other/pod.yaml": SHOP}
    ),
    "https://artifacthub.io/api/v1/packages/search?ts_query_web=acme&kind=0&limit=10&offset=0": (
        PACKAGES
    ),
    "https://charts.example.org/index.yaml": INDEX,
    "https://charts.example.org/acme-2.0.0.tgz": pack_tgz(
        {"acme/Chart.yaml": b"name: acme", "acme/crds/broker.yaml": CRD}
    ),
}


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with opened("rest", database_url, tmp_path, Web(WEB)) as service:
        yield service


FORMS: list[dict[str, Any]] = [
    {
        "data": {"uploadType": "file", "register": "true"},
        "files": {"importBody[modelFile]": ("acme.tgz", ACME)},
    },
    {
        "data": {"uploadType": "File Import", "register": "TRUE"},
        "files": {"modelFile": ("a", ACME)},
    },
    {
        "data": {"uploadType": "file", "register": "1", "importBody.fileName": "x.tgz"},
        "files": {"importBody.modelFile": ("blob", ACME)},
    },
    {
        "data": {
            "uploadType": "file",
            "register": "true",
            "importBody": json.dumps({"fileName": "acme.tgz", "modelFile": text(ACME)}),
        },
        "files": {"ignored": ("x", b"")},
    },
    {
        "data": {"uploadType": "file", "register": "true"},
        "files": {
            "importBody": (
                "blob",
                json.dumps({"file_name": "acme.tgz", "model_file": text(ACME)}),
                "application/json",
            )
        },
    },
    {
        "data": {
            "uploadType": "urlImport",
            "register": "true",
            "url": "https://example.org/acme.tgz",
        },
        "files": {"ignored": ("x", b"")},
    },
]


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
async def test_forms_of_registrations(service: Service, form: dict[str, Any]) -> None:
    response = await post(service, "ann", REGISTER, **form)
    assert (response.status_code, response.json()) == (201, {"message": REGISTERED})


BODIES: list[dict[str, Any]] = [
    {"fileName": "acme.tgz", "modelFile": text(ACME)},
    {"file_name": "acme.tgz", "model_file": text(ACME)},
    {"fileName": "a.tgz", "modelFile": f"data:application/gzip;base64,{text(ACME)}"},
    {"fileName": "a.tgz", "modelFile": list(ACME)},
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("path", [REGISTER, "/api/registry/register"])
async def test_json_of_registrations(service: Service, body: dict[str, Any], path: str) -> None:
    sent = {"uploadType": "file", "register": True, "importBody": body}
    response = await post(service, "ann", path, json=sent)
    assert (response.status_code, response.json()) == (201, {"message": REGISTERED})


@pytest.mark.parametrize(
    "kind", ["urlImport", "URL Import", "urlimport", "url import", "URLIMPORT"]
)
async def test_labels_of_upload_types(service: Service, kind: str) -> None:
    body = {"url": "https://example.org/acme.tgz"}
    sent = {"uploadType": kind, "register": True, "importBody": body}
    assert (await post(service, "ann", REGISTER, json=sent)).status_code == 201


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"uploadType": "carrier pigeon"}, "uploadType: 'carrier pigeon' is not one of: file, "),
        ({"importBody": []}, "importBody: expected a JSON object"),
        ({"importBody": "{"}, "importBody: this is not valid JSON"),
        (
            {"importBody": {"fileName": "a", "modelFile": "?"}},
            "importBody.modelFile: Invalid base64",
        ),
        ({"importBody": {"fileName": "a", "modelFile": [300]}}, "importBody.modelFile: Invalid"),
        ({"register": None}, "register: this is required"),
    ],
)
async def test_what_is_wrong_is_named(service: Service, sent: dict[str, Any], named: str) -> None:
    given = {"uploadType": "file", "register": True, "importBody": BODIES[0], **sent}
    response = await post(service, "ann", REGISTER, json=given)
    assert response.status_code == 400
    assert named in response.text


async def test_forms_of_designs(service: Service) -> None:
    files = {"file": ("shop.yaml", SHOP, "application/yaml")}
    done = await post(service, "bob", IMPORT, files=files)
    assert (done.status_code, done.json()) == (
        200,
        {"message": "Imported design 'shop' of type 'k8s-manifest'"},
    )
    named = {"fileName": "other.yml", "name": "Mine"}
    done = await post(service, "bob", IMPORT, files=files, data=named)
    assert done.json() == {"message": "Imported design 'Mine' of type 'k8s-manifest'"}


async def test_a_form_with_fields_left_empty(service: Service) -> None:
    blank = {"fileName": "", "name": "", "url": ""}
    done = await post(service, "bob", IMPORT, data=blank, files={"file": ("shop.yaml", SHOP)})
    assert (done.status_code, done.json()["message"]) == (
        200,
        "Imported design 'shop' of type 'k8s-manifest'",
    )
    sent = {**blank, "url": "https://example.org/shop.yaml"}
    nothing = {"file": ("", b"", "application/octet-stream")}
    done = await post(service, "bob", IMPORT, data=sent, files=nothing)
    assert done.status_code == 200, done.text


async def test_secrets_of_an_address_are_not_told(service: Service) -> None:
    url = "https://me:hunter2@example.org/a.yaml?token=s3cret#s3cret"
    assert (await post(service, "bob", IMPORT, json={"url": url})).status_code == 400
    [told] = await rows(service, Event)
    assert told.description.endswith(" from https://example.org/a.yaml")


async def test_a_long_body_for_its_files_alone(service: Service) -> None:
    empty = b"[]," * 1_000_000
    for file in (json.dumps(text(SHOP)), json.dumps(list(SHOP))):
        body = b'{"x" : [%s[]], "file": %s, "fileName": "a.yaml"}' % (empty, file.encode())
        done = await post(service, "bob", IMPORT, content=body)
        assert done.status_code == 200, done.text
    for odd in (b'{"file": [%s[]]}', b'{"name": [%s[]]}', b'{"x": [%s', b"[%s[]]"):
        done = await post(service, "bob", IMPORT, content=odd % empty)
        assert done.status_code == 400


async def test_json_of_designs(service: Service) -> None:
    for sent in (
        {"file": text(SHOP), "file_name": "shop.yaml"},
        {"file": list(SHOP), "fileName": "shop.yaml", "url": ""},
        {"url": "https://example.org/shop.yaml?token=hunter2"},
    ):
        done = await post(service, "bob", IMPORT, json=sent)
        assert done.json() == {"message": "Imported design 'shop' of type 'k8s-manifest'"}
    urls = sorted(row.source_url or "" for row in await rows(service, Design))
    assert urls == ["", "", "https://example.org/shop.yaml"]


async def test_an_address_without_content(service: Service) -> None:
    done = await post(service, "bob", IMPORT, json={"url": "https://example.org/absent.yaml"})
    assert (done.status_code, done.text) == (400, "url: nothing is there.")


async def test_what_is_no_form(service: Service) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    headers["Authorization"] = f"Bearer {service.token('bob')}"
    done = await service.client.post(IMPORT, content=b"x", headers=headers)
    assert done.status_code == 400
    assert "multipart" in done.text


async def test_a_file_over_the_limit(service: Service) -> None:
    done = await post(service, "bob", IMPORT, files={"file": ("a.yaml", b"a" * 33_554_433)})
    assert done.status_code == 413


SEND = """mutation ($file: Bytes!) {
  importDesign(input: {file: $file, fileName: "shop.yaml"}) {
    message warnings design { name sourceName componentsCount unmatched }
  }
}"""


async def send(service: Service, operations: Any, places: Any, **files: bytes) -> httpx2.Response:
    data = {"operations": json.dumps(operations), "map": json.dumps(places)}
    parts = {name: ("any", content) for name, content in files.items()}
    return await post(service, "bob", "/graphql", data=data, files=parts or {"x": ("x", b"")})


async def test_a_graphql_request_with_a_file(service: Service) -> None:
    operations = {"query": SEND, "variables": {"file": None}}
    done = await send(
        service, operations, {"0": ["variables.file"]}, **{"0": SHOP + b" " * 300_000}
    )
    assert done.json() == {
        "data": {
            "importDesign": {
                "message": "Imported design 'shop' of type 'k8s-manifest'",
                "warnings": [],
                "design": {
                    "name": "shop",
                    "sourceName": "shop.yaml",
                    "componentsCount": 3,
                    "unmatched": [
                        {"kind": "Namespace", "apiVersion": "v1", "name": "shop"},
                        {"kind": "Deployment", "apiVersion": "apps/v1", "name": "web"},
                        {"kind": "Gizmo", "apiVersion": "example.org/v1", "name": "odd"},
                    ],
                },
            }
        }
    }


@pytest.mark.parametrize(
    ("operations", "places"),
    [
        ({"query": SEND, "variables": {"file": None}}, {"0": ["variables.other"]}),
        ({"query": SEND, "variables": {"file": "x"}}, {"0": ["variables.file"]}),
        ({"query": SEND, "variables": {"file": None}}, {"0": ["query"]}),
        ({"query": SEND, "variables": {"file": None}}, {"0": "variables.file"}),
        ({"query": SEND, "variables": {"file": None}}, {"1": ["variables.file"]}),
        ({"query": SEND, "variables": {"file": [None]}}, {"0": ["variables.file.-7"]}),
        ([{"query": SEND}], {}),
        ({"query": SEND}, []),
    ],
)
async def test_a_map_that_leads_nowhere(service: Service, operations: Any, places: Any) -> None:
    done = await send(service, operations, places, **{"0": SHOP})
    assert done.status_code == 400
    assert await rows(service, Design) == []


async def test_a_large_text_in_json_is_told_the_limit(service: Service) -> None:
    message = {"query": SEND, "variables": {"file": text(b"a" * 100_000)}}
    done = await post(service, "bob", "/graphql", json=message)
    assert done.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_a_long_design_is_exported(service: Service) -> None:
    many = b"---\n".join(SHOP.replace(b"shop", b"shop%d" % number) for number in range(200))
    done = await post(service, "bob", IMPORT, json={"file": text(many), "fileName": "a.yaml"})
    assert done.status_code == 200
    found = await query(service, "bob", "{ designs { items { patternFile design yaml } } }")
    [design] = found["designs"]["items"]
    assert len(design["patternFile"]) > LONGEST_HERE
    assert json.loads(design["patternFile"]) == design["design"]
    assert yaml.load(design["yaml"], yaml.CSafeLoader) == design["design"]


async def test_the_source_comes_back_as_it_was(service: Service) -> None:
    await post(service, "bob", IMPORT, json={"file": text(SHOP), "fileName": "shop.yaml"})
    found = await query(service, "bob", "{ designs { items { source } } }")
    assert base64.b64decode(found["designs"]["items"][0]["source"]) == SHOP


@pytest.mark.parametrize(
    ("url", "registrant", "version"),
    [
        ("git://github.com/acme/operator/main/deploy", "github", "v1.10.0"),
        ("https://example.org/v7/crds.yaml", "github", "crds.yaml"),
        ("https://artifacthub.io/packages/search?ts_query_web=acme", "artifacthub", "2.0.0"),
    ],
)
async def test_models_made_of_a_projects_definitions(
    service: Service, url: str, registrant: str, version: str
) -> None:
    model = {"model": "Acme", "registrant": registrant, "publishToRegistry": True}
    sent = {"uploadType": "url", "register": True, "importBody": {"model": model, "url": url}}
    done = await post(service, "ann", REGISTER, json=sent)
    assert (done.status_code, done.text) == (
        201,
        '{"message":"Imported model acme (1 component)"}',
    )
    found = await query(
        service,
        "bob",
        "{ components { items { kind version displayName schema model { name version } } } }",
    )
    [made] = found["components"]["items"]
    assert json.loads(made.pop("schema"))["properties"] == {"spec": {"type": "object"}}
    assert made == {
        "kind": "MessageBroker",
        "version": "acme.org/v1beta1",
        "displayName": "Message Broker",
        "model": {"name": "acme", "version": version},
    }


async def test_a_model_that_is_not_published_is_not_registered(service: Service) -> None:
    body = {"model": {"model": "acme"}, "url": "https://example.org/v7/crds.yaml"}
    sent = {"uploadType": "url", "register": True, "importBody": body}
    done = await post(service, "ann", REGISTER, json=sent)
    assert done.status_code == 201
    assert "won't be registered" in done.json()["message"]
    assert await rows(service, Model) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "ftp://example.org/x"}, "importBody.url: "),
        ({"url": "https://example.org/shop.yaml"}, "nothing there defines a kind"),
        ({"url": "https://example.org/absent"}, "url: nothing is there"),
        ({"model": {"model": "x", "registrant": "elsewhere"}}, "unsupported registrant"),
        ({"model": {"model": "x", "svgColor": "<svg><script/></svg>"}}, "svgColor"),
        ({"model": {"registrant": "github"}}, "model"),
    ],
)
async def test_models_that_cannot_be_made(
    service: Service, change: dict[str, Any], named: str
) -> None:
    model = {"model": "acme", "publishToRegistry": True}
    body = {"model": model, "url": "https://example.org/v7/crds.yaml", **change}
    sent = {"uploadType": "url", "register": True, "importBody": body}
    done = await post(service, "ann", REGISTER, json=sent)
    assert done.status_code == 400
    assert named in done.text
    assert await rows(service, Model) == []


SHEETS = {
    "modelCsv": b"""banner,,,,,
registrant,modelDisplayName,model,category,sourceURL,publishToRegistry
meshery,Core,core,Database,,true
github,Acme,acme,Database,https://example.org/v7/crds.yaml,TRUE
github,Lost,lost,Database,https://example.org/absent,true
github,Hidden,hidden,Database,https://example.org/absent,false
""",
    "componentCsv": b"""banner,,,,
registrant,model,component,version,schema
meshery,core,Table,v1,"{""properties"": {""a"": {}}}"
""",
    "relationshipCsv": b"""banner,,,,,,
Model,Version,kind,type,subType,selector,PublishToRegistry
core,*,Edge,Non Binding,Network,[],true
acme,*,edge,binding,network,not json,true
""",
}


@pytest.mark.parametrize("as_form", [True, False])
async def test_sheets(service: Service, *, as_form: bool) -> None:
    sent: dict[str, Any]
    if as_form:
        files = {name: (f"{name}.csv", sheet, "text/csv") for name, sheet in SHEETS.items()}
        sent = {"data": {"uploadType": "CSV Import", "register": "true"}, "files": files}
    else:
        body = {name: f"data:text/csv;base64,{text(sheet)}" for name, sheet in SHEETS.items()}
        sent = {"json": {"uploadType": "csv", "register": True, "importBody": body}}
    done = await post(service, "ann", REGISTER, **sent)
    assert done.status_code == 201, done.text
    message = done.json()["message"]
    assert message.replace("core, acme", "acme, core") == (
        "Imported models acme, core (2 components and 1 relationship), "
        "encountered error for 2 entities (1 model and 1 relationship)"
    )
    found = await query(
        service, "bob", "{ relationships { items { kind type subType model { name } } } }"
    )
    assert found["relationships"]["items"] == [
        {"kind": "edge", "type": "non-binding", "subType": "network", "model": {"name": "core"}}
    ]
