"""What the service does, through each of its doors, on each engine."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.connections import Connection
from app.db.environments import Environment
from app.db.organizations import Organization
from app.db.teams import Team
from app.db.users import User
from app.local_tokens import issue
from tests.doors import RestDoor
from tests.service import Service
from tests.stores import losing_first_acknowledgement

ABSENT = "01900000-0000-7000-8000-000000000000"


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


async def test_an_organization_is_made_changed_and_deleted(service: Service) -> None:
    made = await service.ok("ann", "createOrg", name="New", description="d", country="NL")
    [row] = made["organizations"]
    assert (row["name"], row["country"], row["owner"]) == ("New", "NL", service.world["ann"])
    assert (made["page"], made["page_size"], made["total_count"]) == (0, 1, 1)
    changed = await service.ok("ann", "handleUpdateOrg", orgId=row["id"], region="Utrecht")
    [after] = changed["organizations"]
    assert (after["name"], after["region"]) == ("New", "Utrecht")
    assert await service.ok("ann", "deleteOrg", orgId=row["id"]) is None
    await service.refused("NOT_FOUND", "ann", "getOrg", orgId=row["id"])


async def test_organizations_are_those_of_the_viewer(service: Service) -> None:
    page = await service.ok("bob", "getOrgs")
    assert names(page["organizations"]) == ["Acme"]
    await service.refused("UNAUTHENTICATED", None, "getOrgs")


async def test_a_page_beyond_the_last_is_empty_and_keeps_its_total(service: Service) -> None:
    page = await service.ok("bob", "getOrgs", page=9)
    assert (page["organizations"], page["total_count"]) == ([], 1)


async def test_search_takes_wildcards_as_they_are(service: Service) -> None:
    assert (await service.ok("bob", "getOrgs", search="CM"))["total_count"] == 1
    assert (await service.ok("bob", "getOrgs", search="%"))["total_count"] == 0


async def test_search_does_not_regard_case_in_any_script(service: Service) -> None:
    await service.ok("ann", "createTeam", orgId=service.world["acme"], name="Horváth Ελλάδα")
    for term in ("HORVÁTH", "horváth", "ΕΛΛΆΔΑ"):
        found = await service.ok("ann", "getTeams", orgId=service.world["acme"], search=term)
        assert names(found["teams"]) == ["Horváth Ελλάδα"]


async def test_the_organization_of_a_domain_needs_no_token(service: Service) -> None:
    body = await service.ok(None, "getOrgByDomain", domain="ACME.org")
    assert body["id"] == service.world["acme"]
    await service.refused("NOT_FOUND", None, "getOrgByDomain", domain="nowhere.org")


@pytest.mark.parametrize("organization", ["rival", "absent"])
async def test_a_foreign_organization_is_as_absent_as_one_that_is_not(
    service: Service, organization: str
) -> None:
    service.world.ids["absent"] = UUID(ABSENT)
    target = service.world[organization]
    for operation in ("getOrg", "getOrgPreferences", "getTeams", "getUsersForOrg", "getUserKeys"):
        await service.refused("NOT_FOUND", "ann", operation, orgId=target)
    await service.refused("NOT_FOUND", "ann", "handleUpdateOrg", orgId=target, name="x")
    await service.refused("FORBIDDEN", "ann", "getEnvironments", orgId=target)
    await service.refused("FORBIDDEN", "ann", "createEnvironment", name="x", organization_id=target)


async def test_what_is_not_found_is_named_as_it_was_sent(service: Service) -> None:
    known = {"orgId": service.world["acme"], "teamId": service.world["acme-team"]}
    foreign = {"orgId": service.world["rival"], "teamId": service.world["rival-team"]}
    for name in known:
        given = {**known, name: foreign[name]}
        text = await service.refused("NOT_FOUND", "ann", "getTeamById", **given)
        if isinstance(service.door, RestDoor):
            assert text == f"{name}: nothing of this id, or nothing that you may see."


async def test_a_member_without_the_key_changes_nothing(service: Service) -> None:
    acme = service.world["acme"]
    await service.refused("FORBIDDEN", "bob", "handleUpdateOrg", orgId=acme, name="Mine")
    await service.refused("FORBIDDEN", "bob", "createTeam", orgId=acme, name="Mine")
    await service.refused("FORBIDDEN", "bob", "deleteOrg", orgId=acme)
    assert names((await service.ok("bob", "getOrg", orgId=acme))["organizations"]) == ["Acme"]


async def test_a_team_lives_through_its_whole_life(service: Service) -> None:
    acme = service.world["acme"]
    team = await service.ok("ann", "createTeam", orgId=acme, name="Platform")
    assert team["owner"] == service.world["ann"]
    at = {"orgId": acme, "teamId": team["id"]}
    assert (await service.ok("ann", "updateTeam", **at, description="d"))["name"] == "Platform"
    assert (await service.ok("bob", "getTeamById", **at))["description"] == "d"
    outside = await service.ok("ann", "listUsersNotInTeam", **at)
    assert {row["user_id"] for row in outside["data"]} == {"bob", "cid"}
    added = await service.ok("ann", "addUserToTeam", **at, userId="bob@example.org")
    again = await service.ok("ann", "addUserToTeam", **at, userId="bob")
    assert added["id"] == again["id"]
    members = await service.ok("ann", "getTeamUsers", teamId=team["id"])
    assert members["total_count"] == 2
    assert await service.ok("ann", "removeUserFromTeam", **at, userId="bob") is None
    await service.refused("NOT_FOUND", "ann", "removeUserFromTeam", **at, userId="bob")
    assert await service.ok("ann", "deleteTeam", **at) is None
    await service.refused("NOT_FOUND", "ann", "getTeamById", **at)


async def test_a_team_is_linked_unlinked_and_ended_by_action(service: Service) -> None:
    at = {"orgId": service.world["acme"], "teamId": service.world["acme-team"]}
    [link] = (await service.ok("ann", "addTeamToOrg", **at))["teamsOrganizationsMapping"]
    assert (link["orgId"], link["team_id"]) == (at["orgId"], at["teamId"])
    [ended] = (await service.ok("ann", "addTeamToOrg", **at, action="DELETE"))["teams"]
    assert ended["deleted_at"] is not None


async def test_removing_a_team_from_its_organization_keeps_the_team(service: Service) -> None:
    at = {"orgId": service.world["acme"], "teamId": service.world["acme-team"]}
    removed = await service.ok("ann", "removeTeamFromOrg", **at)
    assert removed["teamsOrganizationsMapping"][0]["team_id"] == at["teamId"]
    assert (await service.ok("ann", "getTeams", orgId=at["orgId"]))["teams"] == []
    await service.ok("ann", "addTeamToOrg", **at)
    assert (await service.ok("ann", "getTeams", orgId=at["orgId"]))["total_count"] == 1


async def test_leaving_an_organization_is_leaving_its_teams(service: Service) -> None:
    acme, team = service.world["acme"], service.world["acme-team"]
    await service.ok("ann", "deleteUserFromOrg", orgId=acme, userId="bob")
    assert (await service.ok("ann", "getTeamUsers", teamId=team))["total_count"] == 0
    assert (await service.ok("bob", "getOrgs"))["organizations"] == []
    await service.refused("NOT_FOUND", "ann", "deleteUserFromOrg", orgId=acme, userId="bob")
    await service.ok("ann", "addUserToOrg", orgId=acme, userId="bob")
    assert (await service.ok("bob", "getOrgs"))["total_count"] == 1


async def test_a_user_may_be_called_as_a_path_is(service: Service) -> None:
    async def named_keys(session: AsyncSession) -> None:
        cid = await session.get_one(User, service.world.ids["cid"])
        cid.username = "keys"

    await service.store.write(named_keys)
    at = {"orgId": service.world["acme"], "userId": "keys"}
    before = (await service.ok("ann", "getUsersForOrg", orgId=at["orgId"]))["total_count"]
    await service.ok("ann", "deleteUserFromOrg", **at)
    await service.refused("NOT_FOUND", "ann", "deleteUserFromOrg", **at)
    added = await service.ok("ann", "addUserToOrg", **at)
    assert added["user_id"] == service.world["cid"]
    after = (await service.ok("ann", "getUsersForOrg", orgId=at["orgId"]))["total_count"]
    assert after == before
    assert (await service.ok("ann", "getUserKeys", orgId=at["orgId"]))["keys"]


@pytest.mark.parametrize(
    ("preferences", "wrong"),
    [
        ([], "preferences"),
        ({"theme": 5}, "preferences.theme"),
        ({"theme": {"logo": "x"}}, "preferences.theme.logo"),
        ({"dashboard": []}, "preferences.dashboard"),
    ],
)
async def test_preferences_have_the_documented_shape(
    service: Service, preferences: object, wrong: str
) -> None:
    before = await service.ok("ann", "getOrgs")
    at = {"orgId": service.world["acme"]}
    for operation, given in (("createOrg", {"name": "New"}), ("handleUpdateOrg", at)):
        text = await service.refused(
            "BAD_USER_INPUT", "ann", operation, **given, preferences=preferences
        )
        assert text == f"{wrong}: expected a JSON object."
    assert await service.ok("ann", "getOrgs") == before


async def test_an_organization_has_a_name(service: Service) -> None:
    for given in ({}, {"name": ""}):
        text = await service.refused("BAD_USER_INPUT", "ann", "createOrg", **given)
        assert text == "name: a name has 1 to 255 characters, this has 0."


@pytest.mark.parametrize("by", ["id", "email"])
async def test_who_is_elsewhere_is_as_absent_as_one_who_is_not(service: Service, by: str) -> None:
    """Only adding to an organization reaches people outside of it."""
    service.world.ids["absent"] = UUID(ABSENT)
    at = {"orgId": service.world["acme"], "teamId": service.world["acme-team"]}
    there = {"orgId": at["orgId"]}
    for operation, where in (
        ("deleteUserFromOrg", there), ("addUserToTeam", at), ("removeUserFromTeam", at)
    ):  # fmt: skip
        told = set()
        for person in ("ron", "absent"):
            name = service.world[person] if by == "id" else f"{person}@example.org"
            text = await service.refused("NOT_FOUND", "ann", operation, **where, userId=name)
            told.add(text.replace(name, "NAME"))
        assert len(told) == 1


async def test_the_owner_of_an_organization_stays(service: Service) -> None:
    acme = service.world["acme"]
    await service.refused("FORBIDDEN", "ann", "deleteUserFromOrg", orgId=acme, userId="ann")
    assert (await service.ok("ann", "getOrgs"))["total_count"] == 1


async def test_what_was_wrong_is_named_as_it_was_sent(service: Service) -> None:
    rest = isinstance(service.door, RestDoor)
    absent = {"orgId": service.world["acme"], "userId": "nobody"}
    text = await service.refused("NOT_FOUND", "ann", "addUserToOrg", **absent)
    assert text.startswith("userId: " if rest else "user: ")
    long = await service.refused(
        "LIMIT_EXCEEDED", "ann", "handleUpdateOrg", orgId=absent["orgId"], name="x" * 70_000
    )
    assert long == "name: 70000 bytes found, at most 65536 allowed."


async def test_a_path_with_a_slash_too_many_is_not_found(service: Service) -> None:
    response = await service.client.get("/api/identity/orgs/")
    assert response.status_code == 404


async def test_keys_are_complete_whatever_page_is_asked_for(service: Service) -> None:
    mine = await service.ok("ann", "getUserKeys", orgId=service.world["acme"])
    theirs = await service.ok("bob", "getUserKeys", orgId=service.world["acme"])
    assert len(mine["keys"]) == mine["total_count"] > theirs["total_count"] > 0
    functions = {key["function"] for key in theirs["keys"]}
    assert "View Environment" in functions
    assert "Delete Environment" not in functions


async def test_an_environment_and_its_connections(service: Service) -> None:
    acme, first = service.world["acme"], service.world["acme-conn-0"]
    env = await service.ok("ann", "createEnvironment", name="Prod", organization_id=acme)
    assert (env["schemaVersion"], env["description"]) == ("environments.meshery.io/v1beta1", "")
    at = {"environmentId": env["id"], "connectionId": first}
    assert await service.ok("ann", "addConnectionToEnvironment", **at) is None
    assert await service.ok("ann", "addConnectionToEnvironment", **at) is None
    inside = await service.ok("bob", "getEnvironmentConnections", environmentId=env["id"])
    assert (inside["total_count"], inside["connections"][0]["id"]) == (1, first)
    outside = await service.ok(
        "ann", "getEnvironmentConnections", environmentId=env["id"], filter={"assigned": False}
    )
    assert first not in {row["id"] for row in outside["connections"]}
    assert outside["total_count"] == 2
    assert await service.ok("ann", "removeConnectionFromEnvironment", **at) is None
    await service.refused("NOT_FOUND", "ann", "removeConnectionFromEnvironment", **at)


async def test_an_environment_keeps_its_organization(service: Service) -> None:
    env = {"environmentId": service.world["acme-env"]}
    acme = service.world["acme"]
    page = await service.ok("ann", "updateEnvironment", **env, name="N", organization_id=acme)
    assert names(page["environments"]) == ["N"]
    await service.refused(
        "BAD_USER_INPUT", "ann", "updateEnvironment", **env, name="x",
        organization_id=service.world["rival"],
    )  # fmt: skip
    one = await service.ok("bob", "getEnvironmentById", **env, orgId=acme)
    assert names(one["environments"]) == ["N"]
    await service.ok("ann", "deleteEnvironment", **env)
    await service.refused("NOT_FOUND", "ann", "getEnvironmentById", **env, orgId=acme)


async def test_connections_are_filtered_ordered_and_summed_up(service: Service) -> None:
    order = {"field": "NAME", "direction": "ASC"}
    page = await service.ok("ann", "getConnections", kind=["kubernetes"], order=order)
    assert names(page["connections"]) == ["acme connection 1", "acme connection 2"]
    assert page["statusSummary"] == {"connected": 2, "not found": 1}
    lost = await service.ok("ann", "getConnections", status=["NOT_FOUND"])
    assert lost["connections"][0]["status"] == "not found"
    assert lost["connections"][0]["environments"] == []
    shared = await service.ok("bob", "getConnections")
    assert shared["total_count"] == 2


async def test_a_connection_is_registered_changed_in_part_and_deleted(service: Service) -> None:
    big = {"big": 2**70, "none": None, "deep": [{"a": "é"}]}
    made = await service.ok(
        "ann", "registerConnection", name="K8s", kind="kubernetes", type="platform",
        subType="orchestrator", status="DISCOVERED", metadata=big,
        credentialSecret={"auth": {"token": "canary-secret"}, "cluster": {}},
    )  # fmt: skip
    assert (made["metadata"], made["sub_type"]) == (big, "orchestrator")
    assert made["credential_id"]
    assert "canary-secret" not in str(made)
    at = {"connectionId": made["id"]}
    changed = await service.ok("ann", "updateConnection", **at, status="CONNECTED")
    assert (changed["name"], changed["status"]) == ("K8s", "connected")
    context = await service.ok("ann", "getKubernetesContext", **at)
    assert context["auth"] == {"token": "canary-secret"}
    await service.refused("NOT_FOUND", "bob", "getKubernetesContext", **at)
    assert await service.ok("ann", "deleteConnection", **at) is None
    await service.refused("NOT_FOUND", "ann", "getConnectionById", **at)


async def test_a_meshery_server_is_deleted_by_its_id(service: Service) -> None:
    await service.ok(
        "ann", "registerConnection", name="M", kind="meshery", type="platform",
        subType="management", status="CONNECTED", metadata={"server_id": ABSENT},
    )  # fmt: skip
    await service.refused("NOT_FOUND", "rae", "deleteMesheryConnection", mesheryServerId=ABSENT)
    assert await service.ok("ann", "deleteMesheryConnection", mesheryServerId=ABSENT) is None


CLUSTER = {
    "name": "K8s", "kind": "kubernetes", "type": "platform", "subType": "orchestrator",
    "status": "DISCOVERED",
}  # fmt: skip


async def test_an_id_of_ones_own_is_used_once(service: Service) -> None:
    given = {**CLUSTER, "id": ABSENT}
    assert (await service.ok("ann", "registerConnection", **given))["id"] == ABSENT
    again = await service.ok("ann", "registerConnection", **{**given, "name": "Renamed"})
    assert (again["id"], again["name"]) == (ABSENT, "Renamed")
    foreign = await service.refused("CONFLICT", "rae", "registerConnection", **given)
    await service.ok("ann", "deleteConnection", connectionId=ABSENT)
    deleted = await service.refused("CONFLICT", "ann", "registerConnection", **given)
    assert foreign == deleted
    assert "id" in deleted


async def test_one_new_id_at_once_is_one_connection(service: Service) -> None:
    before = (await service.ok("ann", "getConnections"))["total_count"]
    given = {**CLUSTER, "id": ABSENT}
    made = await asyncio.gather(
        *(service.ok("ann", "registerConnection", **given) for _ in range(16))
    )
    assert {row["id"] for row in made} == {ABSENT}
    assert (await service.ok("ann", "getConnections"))["total_count"] == before + 1


async def test_a_new_connection_was_changed_when_it_was_made(service: Service) -> None:
    made = await service.ok("ann", "registerConnection", **CLUSTER)
    assert made["created_at"] == made["updated_at"]
    changed = await service.ok("ann", "updateConnection", connectionId=made["id"], name="New")
    assert changed["created_at"] == made["created_at"] < changed["updated_at"]


async def test_a_new_secret_takes_the_place_of_the_old(service: Service) -> None:
    made = await service.ok(
        "ann", "registerConnection", **CLUSTER, credentialSecret={"auth": {"token": "old"}}
    )
    at = {"connectionId": made["id"]}
    kept = await service.ok("ann", "updateConnection", **at, credentialSecret={})
    assert kept["credential_id"] == made["credential_id"]
    changed = await service.ok(
        "ann", "updateConnection", **at, credentialSecret={"auth": {"token": "new"}}
    )
    assert (await service.ok("ann", "getKubernetesContext", **at))["auth"] == {"token": "new"}
    assert changed["credential_id"] != made["credential_id"]
    await service.refused(
        "NOT_FOUND", "ann", "updateConnection", **at, credentialId=made["credential_id"]
    )


@pytest.mark.parametrize("wrong", ["", [], 0, False, "x"])
async def test_what_is_no_object_is_refused_though_it_be_empty(
    service: Service, wrong: object
) -> None:
    for name in ("metadata", "credentialSecret"):
        text = await service.refused(
            "BAD_USER_INPUT", "ann", "registerConnection", **CLUSTER, **{name: wrong}
        )
        assert name in text
    text = await service.refused(
        "BAD_USER_INPUT", "ann", "createOrg", name="New", preferences=wrong
    )
    assert "preferences" in text


async def test_the_server_of_a_connection_follows_its_kind_and_metadata(service: Service) -> None:
    server = {"metadata": {"server_id": ABSENT}}
    made = await service.ok("ann", "registerConnection", **{**CLUSTER, **server})
    await service.refused("NOT_FOUND", "ann", "deleteMesheryConnection", mesheryServerId=ABSENT)
    at = {"connectionId": made["id"]}
    await service.ok("ann", "updateConnection", **at, kind="meshery")
    await service.ok("ann", "updateConnection", **at, kind="kubernetes")
    await service.refused("NOT_FOUND", "ann", "deleteMesheryConnection", mesheryServerId=ABSENT)
    await service.ok("ann", "updateConnection", **at, kind="meshery")
    await service.ok("ann", "deleteMesheryConnection", mesheryServerId=ABSENT)


async def test_of_two_connections_of_a_server_ones_own_is_deleted(service: Service) -> None:
    """Ann's is older, and Rae sees it in an environment; Rae deletes hers."""
    given = {**CLUSTER, "kind": "meshery", "metadata": {"server_id": ABSENT}}
    theirs = (await service.ok("ann", "registerConnection", **given))["id"]
    env = {"environmentId": service.world["acme-env"]}
    await service.ok("ann", "addConnectionToEnvironment", **env, connectionId=theirs)
    await service.ok("ann", "addUserToOrg", orgId=service.world["acme"], userId="rae")
    mine = (await service.ok("rae", "registerConnection", **given))["id"]
    await service.ok("rae", "deleteMesheryConnection", mesheryServerId=ABSENT)
    await service.refused("NOT_FOUND", "rae", "getConnectionById", connectionId=mine)
    await service.ok("rae", "getConnectionById", connectionId=theirs)


async def test_somebody_elses_connection_in_view_is_not_theirs_to_change(service: Service) -> None:
    seen = {"connectionId": service.world["acme-conn-1"]}
    assert (await service.ok("bob", "getConnectionById", **seen))["name"] == "acme connection 1"
    await service.refused("FORBIDDEN", "bob", "updateConnection", **seen, name="mine")
    await service.refused("NOT_FOUND", "rae", "getConnectionById", **seen)
    await service.refused("NOT_FOUND", "rae", "updateConnection", **seen, name="mine")


async def test_what_is_seen_in_one_organization_is_not_taken_over_by_another(
    service: Service,
) -> None:
    """An administrator of one organization, a plain member of the other."""
    await service.ok("ann", "addUserToOrg", orgId=service.world["acme"], userId="rae")
    team = {"orgId": service.world["rival"], "teamId": service.world["acme-team"]}
    await service.refused("FORBIDDEN", "rae", "addTeamToOrg", **team)
    await service.refused("NOT_FOUND", "rae", "deleteTeam", **team)
    assert (await service.ok("rae", "getTeams", orgId=team["orgId"]))["total_count"] == 1
    connection = {
        "environmentId": service.world["rival-env"],
        "connectionId": service.world["acme-conn-1"],
    }
    await service.refused("FORBIDDEN", "rae", "addConnectionToEnvironment", **connection)
    await service.refused(
        "FORBIDDEN", "rae", "deleteConnection", connectionId=connection["connectionId"]
    )


async def test_a_team_out_of_sight_is_no_filter(service: Service) -> None:
    """Ann sees Rae, who belongs to Acme as well, but not the teams of Rival."""
    acme, rival = service.world["acme"], service.world["rival"]
    await service.ok("ann", "addUserToOrg", orgId=acme, userId="rae")
    seat = {"orgId": rival, "teamId": service.world["rival-team"], "userId": "rae"}
    await service.ok("rae", "addUserToTeam", **seat)
    inside = {"orgId": acme, "teamId": service.world["rival-team"]}
    assert (await service.ok("rae", "getUsersForOrg", **inside))["total_count"] == 1
    assert (await service.ok("ann", "getUsersForOrg", **inside))["total_count"] == 0


async def test_three_lists_in_each_other_are_within_the_limits(service: Service) -> None:
    query = "{ organizations { items { teams { items { users { items { email } } } } } } }"
    headers = {"Authorization": f"Bearer {service.token('ann')}"}
    response = await service.client.post("/graphql", json={"query": query}, headers=headers)
    [acme] = response.json()["data"]["organizations"]["items"]
    assert acme["teams"]["items"] == [{"users": {"items": [{"email": "bob@example.org"}]}}]


async def test_all_connections_count_as_the_hundred_that_they_are(service: Service) -> None:
    query = "{ connections(all: true) { items { environments { items { name } } } } }"
    headers = {"Authorization": f"Bearer {service.token('ann')}"}
    response = await service.client.post("/graphql", json={"query": query}, headers=headers)
    assert len(response.json()["data"]["connections"]["items"]) == 3
    wider = query.replace("environments", "environments(all: true)")
    response = await service.client.post("/graphql", json={"query": wider}, headers=headers)
    [error] = response.json()["errors"]
    assert error["message"] == (
        "nodes: over 1000000 found, at most 10000 allowed. Pages count as if they were full: "
        "ask for smaller ones, or for fewer in each other."
    ), error


async def test_profiles_and_the_public_directory(service: Service) -> None:
    me = await service.ok("bob", "getUser")
    assert (me["user_id"], me["organizations"]["total_count"]) == ("bob", 1)
    peer = await service.ok("bob", "getUserProfileById", id=service.world["ann"])
    assert peer["email"] == "ann@example.org"
    await service.refused("NOT_FOUND", "bob", "getUserProfileById", id=service.world["rae"])
    public = await service.ok(None, "getUsers")
    assert public["total_count"] == 5
    assert {row["email"] for row in public["data"]} == {""}
    changed = [row["updated_at"] for row in public["data"]]
    assert changed == sorted(changed, reverse=True)
    first = await service.ok(
        None, "getUsers", order={"field": "UPDATED_AT", "direction": "ASC"}, pagesize=1
    )
    assert first["data"][0]["updated_at"] == changed[-1]
    shown = await service.ok("bob", "getUsers")
    assert {row["email"] for row in shown["data"]} == {
        "", "ann@example.org", "bob@example.org", "cid@example.org",
    }  # fmt: skip


BAD_NAMES = ["", "   ", "x" * 300, "x" * 50_000, "a\u202eb", "tab\there"]


@pytest.mark.parametrize("name", BAD_NAMES, ids=range(len(BAD_NAMES)))
async def test_a_bad_name_is_refused_by_name_and_changes_nothing(
    service: Service, name: str
) -> None:
    before = await service.ok("ann", "getTeams", orgId=service.world["acme"])
    text = await service.refused(
        "BAD_USER_INPUT", "ann", "createTeam", orgId=service.world["acme"], name=name
    )
    assert "name" in text
    assert await service.ok("ann", "getTeams", orgId=service.world["acme"]) == before


@pytest.mark.parametrize("operation", ["getEnvironmentConnections", "deleteEnvironment"])
async def test_a_malformed_id_is_refused_by_name(service: Service, operation: str) -> None:
    text = await service.refused("BAD_USER_INPUT", "ann", operation, environmentId="nonsense")
    assert "environmentId" in text or "id:" in text


async def test_a_page_of_another_origin_does_not_use_the_cookie(service: Service) -> None:
    path = f"/api/identity/orgs/{service.world['acme']}"
    cookie = f"token={service.token('ann')}"
    for origin, status in (("https://evil.example", 401), ("null", 401), ("http://test", 200)):
        headers = {"Cookie": cookie, "Origin": origin}
        renamed = await service.client.put(path, json={"name": origin}, headers=headers)
        asked = await service.client.post(
            "/graphql", json={"query": "{ __typename }"}, headers=headers
        )
        assert (renamed.status_code, asked.status_code) == (status, status)
    page = await service.ok("ann", "getOrg", orgId=service.world["acme"])
    assert names(page["organizations"]) == ["http://test"]


async def test_an_expired_token_and_an_unknown_user_are_refused(service: Service) -> None:
    late = issue(service.secret, subject="ann", ttl=-3600)
    assert (await service.door.ask(late, "getOrgs")).code == "UNAUTHENTICATED"
    await service.refused("UNAUTHENTICATED", "nobody", "getOrgs")


async def test_one_hundred_writers_at_once_are_all_served(service: Service) -> None:
    """Of whom those wait, or come again, for whom there is no room at once."""
    acme = service.world["acme"]

    async def write(number: int) -> Any:
        given = {"name": f"env {number}", "organization_id": acme}
        while True:
            reply = await service.ask("ann", "createEnvironment", **given)
            if reply.code != "TOO_MANY_REQUESTS":
                assert reply.code == "OK", reply
                return reply.body
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as together:  # whose failure leaves none of them running
        writers = [together.create_task(write(number)) for number in range(100)]
    page = await service.ok("ann", "getEnvironments", orgId=acme, pagesize=1)
    assert page["total_count"] == 101
    assert len({each.result()["id"] for each in writers}) == 100


async def test_changes_of_different_fields_at_once_are_all_kept(service: Service) -> None:
    at = {"connectionId": service.world["acme-conn-0"]}
    changes: list[dict[str, Any]] = [
        {"name": "renamed"},
        {"status": "IGNORED"},
        {"metadata": {"a": 1}},
        {"kind": "aws"},
    ]
    async with asyncio.TaskGroup() as together:
        for change in changes:
            together.create_task(service.ok("ann", "updateConnection", **at, **change))
    row = await service.ok("ann", "getConnectionById", **at)
    assert [row[name] for name in ("name", "status", "metadata", "kind")] == [
        "renamed", "ignored", {"a": 1}, "aws",
    ]  # fmt: skip


CREATING: dict[str, dict[str, Any]] = {
    "createOrg": {"name": "Once"},
    "createTeam": {"name": "Once", "orgId": "acme"},
    "createEnvironment": {"name": "Once", "organization_id": "acme"},
    "registerConnection": {
        "name": "Once", "kind": "k", "type": "t", "subType": "s", "status": "CONNECTED",
    },
}  # fmt: skip


@pytest.mark.parametrize("operation", CREATING)
async def test_what_is_committed_without_acknowledgement_is_done_once(
    service: Service, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    losses = [
        losing_first_acknowledgement(monkeypatch, name) for name in ("_insert", "_transaction")
    ]
    given = {
        name: service.world[value] if value in service.world.ids else value
        for name, value in CREATING[operation].items()
    }
    await service.ok("ann", operation, **given)
    assert sum(map(len, losses)) > 0
    tables = (Organization, Team, Environment, Connection)
    async with service.store.reading() as session:
        found = [
            await session.scalars(select(each.id).where(each.name == "Once")) for each in tables
        ]
    assert sum(len(each.all()) for each in found) == 1


async def test_an_organization_has_the_documented_preferences(service: Service) -> None:
    page = await service.ok("ann", "createOrg", name="Plain")
    made = page["organizations"][0]["metadata"]["preferences"]
    assert made["dashboard"] == {}
    assert set(made["theme"]["logo"]["mobileView"]) == {"svg", "location"}
    chosen = {"dashboard": {"a": [1]}, "other": None}
    page = await service.ok(
        "ann", "handleUpdateOrg", orgId=page["organizations"][0]["id"], preferences=chosen
    )
    assert page["organizations"][0]["metadata"]["preferences"] == {**made, **chosen}
