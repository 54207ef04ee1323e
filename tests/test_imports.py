"""Designs and packages that come in, through each door, on each engine."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from app import registering
from app.db.designs import Design
from app.db.events import Event
from app.db.registry import Component, Model, Relationship
from app.registry.packages import read_package
from tests.asking import count, query, rows
from tests.content import DESIGN, RELATIONSHIP, SHOP, component, file, package, text
from tests.doors import RestDoor
from tests.service import Service
from tests.stores import losing_first_acknowledgement


async def deployments_are_known(service: Service) -> None:
    read = read_package("core.tgz", package(component("Deployment", "apps/v1")))
    assert read.package is not None
    known = read.package
    await service.store.write(lambda session: registering.register(session, known))


async def test_a_manifest_becomes_a_design(service: Service) -> None:
    await deployments_are_known(service)
    done = await service.ok("bob", "importDesign", file=text(SHOP), fileName="shop.yaml")
    assert done == {"message": "Imported design 'shop' of type 'k8s-manifest'"}
    [row] = await rows(service, Design)
    assert (row.name, row.components_count, row.visibility) == ("shop", 3, "private")
    assert str(row.user_id) == service.world["bob"]
    assert row.unmatched == [
        {"kind": "Namespace", "apiVersion": "v1", "name": "shop"},
        {"kind": "Gizmo", "apiVersion": "example.org/v1", "name": "odd"},
    ]
    design = json.loads(row.pattern_file)
    assert (design["id"], design["name"]) == (str(row.id), "shop")
    assert [each["displayName"] for each in design["components"]] == ["shop", "web", "odd"]
    web = design["components"][1]
    assert web["model"]["name"] == "acme-operator"
    assert "metadata" not in web["model"]
    assert web["configuration"] == {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": 2},
    }


async def test_a_design_is_read_exported_and_deleted_by_its_owner_alone(service: Service) -> None:
    await service.ok("bob", "importDesign", file=text(SHOP), fileName="a.yaml", name="Mine")
    listed = "{ designs { totalCount items { id name type owner { email } } } }"
    mine = (await query(service, "bob", listed))["designs"]
    assert mine["totalCount"] == 1
    [design] = mine["items"]
    assert (design["name"], design["owner"]) == ("Mine", {"email": "bob@example.org"})
    assert (await query(service, "ann", listed))["designs"]["totalCount"] == 0

    fields = "patternFile yaml source design"
    one = f"query ($id: ID!) {{ design(id: $id) {{ {fields} }} node(id: $id) {{ id }} }}"
    assert await query(service, "ann", one, id=design["id"]) == {"design": None, "node": None}
    found = (await query(service, "bob", one, id=design["id"]))["design"]
    assert base64.b64decode(found["source"]) == SHOP
    assert json.loads(found["patternFile"]) == found["design"]
    assert found["yaml"].startswith(f"id: {design['id']}\nname: Mine\n")

    delete = "mutation ($id: ID!) { deleteDesign(input: {designId: $id}) { deletedId } }"
    headers = {"Authorization": f"Bearer {service.token('ann')}"}
    message = {"query": delete, "variables": {"id": design["id"]}}
    refused = await service.client.post("/graphql", json=message, headers=headers)
    assert refused.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    done = await query(service, "bob", delete, id=design["id"])
    assert done == {"deleteDesign": {"deletedId": design["id"]}}
    assert (await query(service, "bob", listed))["designs"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "file"),
        ({"file": text(SHOP), "fileName": "a.yaml", "url": "https://example.org/a.yaml"}, "url"),
        ({"file": text(SHOP)}, "fileName"),
        ({"file": "no base64!", "fileName": "a.yaml"}, "base64"),
        ({"file": text(SHOP), "fileName": "a.txt"}, "unsupported extension"),
        ({"file": text(b"a: ["), "fileName": "a.yaml"}, "file: Line 2, column 1"),
        ({"file": text(b"just: this"), "fileName": "a.yaml"}, "docker-compose: "),
        ({"file": text(b"services: {}\nname: old"), "fileName": "a.json"}, "file: "),
        ({"file": text(b"kind: Pod"), "fileName": "a.yaml"}, "apiVersion"),
    ],
)
async def test_what_is_no_design_is_refused_and_leaves_nothing(
    service: Service, given: dict[str, Any], named: str
) -> None:
    message = await service.refused("BAD_USER_INPUT", "bob", "importDesign", **given)
    assert named in message or isinstance(service.door, RestDoor)
    assert await rows(service, Design) == []


async def test_what_happened_is_told_by_events(service: Service) -> None:
    await service.ok("bob", "importDesign", file=text(SHOP), fileName="shop.yaml")
    await service.refused(
        "BAD_USER_INPUT", "bob", "importDesign", file=text(b"x: 1"), fileName="x.yml"
    )
    events = await rows(service, Event)
    assert [(each.action, each.severity, each.description) for each in events] == [
        ("create", "warning", "Imported design 'shop' of type 'k8s-manifest'"),
        ("create", "error", "Failed to import design 'Untitled Design' from x.yml"),
    ]
    assert str(events[0].user_id) == service.world["bob"]
    assert len(events[0].metadata_["unmatched"]) == 3
    assert "no known format" in events[1].metadata_["error"]


async def test_what_is_committed_without_acknowledgement_is_told_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = [losing_first_acknowledgement(monkeypatch, "_transaction")]
    await service.ok("ann", "registerMeshmodels", **file(package(component("Broker"))))
    losses.append(losing_first_acknowledgement(monkeypatch, "_transaction"))
    await service.ok("bob", "importDesign", file=text(SHOP), fileName="shop.yaml")
    losses.append(losing_first_acknowledgement(monkeypatch, "_transaction"))
    await service.refused("BAD_USER_INPUT", "bob", "importDesign", file=text(b"x"), fileName="x")
    losses.append(losing_first_acknowledgement(monkeypatch, "_transaction"))
    await service.ok("bob", "postEvaluate", design=DESIGN)
    assert list(map(len, losses)) == [1, 1, 1, 1]
    told = [(each.category, each.severity) for each in await rows(service, Event)]
    assert sorted(told) == [
        ("model", "success"),
        ("pattern", "error"),
        ("pattern", "warning"),
        ("relationship", "informational"),
    ]


async def test_an_event_tells_some_of_many_reasons(service: Service) -> None:
    broken = [component(f"K{n}", displayName=f"{n}" * 256) for n in range(10)]
    broken += [component(f"L{n}", schemaVersion=f"components.meshery.io/v{n}") for n in range(150)]
    await service.ok("ann", "registerMeshmodels", **file(package(component("Broker"), *broken)))
    [told] = await rows(service, Event)
    assert len(told.metadata_["Errors"]) == 100


async def test_a_package_is_registered_once(service: Service) -> None:
    given = file(package(component("Broker"), component("Bridge")))
    message = "Imported model acme-operator (2 components and 1 relationship)"
    assert await service.ok("ann", "registerMeshmodels", **given) == {"message": message}
    before = [await rows(service, table) for table in (Model, Component, Relationship)]
    assert list(map(len, before)) == [1, 2, 1]
    assert await service.ok("ann", "registerMeshmodels", **given) == {"message": message}
    after = [await rows(service, table) for table in (Model, Component, Relationship)]
    told = [[(row.id, row.updated_at, row.deleted_at) for row in table] for table in after]
    assert told == [[(row.id, row.updated_at, None) for row in table] for table in before]


REGISTRY = """{
  models(search: "ACME", filter: {category: ["Database"]}) {
    totalCount
    items {
      name version status metadata
      registrant { name } category { name }
      components(filter: {kind: ["Broker"]}) {
        items { kind version schema metadata model { name } }
      }
      relationships { totalCount items { kind type subType evaluationQuery selectors } }
    }
  }
  components(filter: {model: ["acme-operator"]}) { totalCount }
}"""
ITS_COMPONENT = {
    "kind": "Broker",
    "version": "acme.org/v1",
    "schema": '{"properties": {"a": {}}}',
    "metadata": {"isNamespaced": True},
    "model": {"name": "acme-operator"},
}
ITS_RELATIONSHIP = {
    "kind": "edge",
    "type": "binding",
    "subType": "network",
    "evaluationQuery": "edge-binding",
    "selectors": RELATIONSHIP["selectors"],
}


async def test_the_registry_is_read_in_one_query(service: Service) -> None:
    await service.ok("ann", "registerMeshmodels", **file(package(component("Broker"))))
    model = {
        "name": "acme-operator",
        "version": "v1.2.3",
        "status": "enabled",
        "metadata": {"primaryColor": "#fff"},
        "registrant": {"name": "Github"},
        "category": {"name": "Database"},
        "components": {"items": [ITS_COMPONENT]},
        "relationships": {"totalCount": 1, "items": [ITS_RELATIONSHIP]},
    }
    assert await query(service, "bob", REGISTRY) == {
        "models": {"totalCount": 1, "items": [model]},
        "components": {"totalCount": 1},
    }


async def test_the_lists_of_the_registry_are_compiled(service: Service) -> None:
    source = """{ models(search: "a", filter: {category: ["x"]}) { totalCount items {
      name metadata registrant { name } components { totalCount items { kind schema styles } }
      relationships { items { selectors } } policies { items { expression } } } } }"""
    headers = {"Authorization": f"Bearer {service.token('bob')}"}
    answer = await service.client.post("/graphql", json={"query": source}, headers=headers)
    assert answer.headers["x-meshgraph-executor"] == "compiled"


async def test_a_dry_run_tells_and_stores_nothing(service: Service) -> None:
    given = file(package(component("Broker")), register=False)
    done = await service.ok("ann", "registerMeshmodels", **given)
    assert done == {"message": "Imported model acme-operator (1 component and 1 relationship)"}
    assert await count(service, Model) == 0
    assert await count(service, Event) == 0


async def test_what_is_sound_is_registered_and_the_rest_told(service: Service) -> None:
    broken = component("Broken", schemaVersion="components.meshery.io/v0")
    given = file(package(component("Broker"), broken))
    done = await service.ok("ann", "registerMeshmodels", **given)
    assert done["message"] == (
        "Imported model acme-operator (1 component and 1 relationship), "
        "encountered error for 1 entity (1 component)"
    )
    assert await count(service, Component) == 1


async def test_a_name_that_is_too_long_to_sort_by_is_told(service: Service) -> None:
    odd = component("Odd", displayName="".join(map(chr, range(0x4E00, 0x5E00))))
    done = await service.ok("ann", "registerMeshmodels", **file(package(component("Broker"), odd)))
    assert done["message"].endswith("encountered error for 1 entity (1 component)")


async def test_who_may_register(service: Service) -> None:
    given = file(package(component("Broker")))
    await service.refused("FORBIDDEN", "bob", "registerMeshmodels", **given)
    await service.refused("UNAUTHENTICATED", None, "registerMeshmodels", **given)
    assert await count(service, Model) == 0


async def test_what_others_rely_on_is_not_replaced_by_the_administrator_of_one_organization(
    service: Service,
) -> None:
    await service.ok("ann", "registerMeshmodels", **file(package(component("Broker"))))
    other = package(component("Broker", displayName="Mine"))
    await service.refused("FORBIDDEN", "rae", "registerMeshmodels", **file(other))
    [row] = await rows(service, Component)
    assert (row.display_name, row.deleted_at) == ("Broker", None)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"uploadType": "FILE", "importBody": {"fileName": "a.tgz"}}, "modelFile"),
        ({"uploadType": "URL_IMPORT", "importBody": {"fileName": "a.tgz"}}, "url"),
        ({"uploadType": "CSV", "importBody": {"modelCsv": text(b"x")}}, "componentCsv"),
        ({"uploadType": "URL", "importBody": {"url": "https://example.org/a"}}, "model"),
    ],
)
async def test_each_method_names_what_it_requires(
    service: Service, given: dict[str, Any], named: str
) -> None:
    message = await service.refused(
        "BAD_USER_INPUT", "ann", "registerMeshmodels", register=True, **given
    )
    assert isinstance(service.door, RestDoor) or f"importBody.{named}: " in message
