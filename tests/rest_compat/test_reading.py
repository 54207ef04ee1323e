"""Request → variables, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import BadInput
from app.strict_json import decode
from rest_compat.bodies import SHORT, read_body, read_long_body
from rest_compat.documents import Operation
from rest_compat.endpoints import ENDPOINTS
from rest_compat.reading import reader, takes_body, texts_of
from rest_compat.values import strict_json

METHODS = {row.operation: row.method for row in ENDPOINTS}
Operations = dict[str, Operation]
ONE, TWO = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2))


def reading(
    operations: Operations,
    name: str,
    query: str = "",
    body: dict[str, Any] | None = None,
    **path: str,
) -> dict[str, object]:
    read = reader(operations[name], METHODS[name], path.keys())
    return read(path, texts_of(query.encode()), body or {})


QUERIES: list[tuple[str, str, dict[str, object]]] = [
    ("getOrgs", "", {}),
    ("getOrgs", "search=&order=&", {}),
    ("getOrgs", "page=2&pagesize=7", {"page": 2, "pagesize": 7}),
    ("getOrgs", "page=-1", {"page": 0}),
    ("getOrgs", "page=two", {"page": 0}),
    ("getOrgs", "page=99999999999999999999", {"page": 2_147_483_647}),
    ("getOrgs", "page=" + "9" * 5_000, {"page": 2_147_483_647}),
    ("getOrgs", "page=٣", {"page": 0}),
    ("getOrgs", "pagesize=many", {}),
    ("getOrgs", "pagesize=0", {}),
    ("getOrgs", "pagesize=-5", {}),
    ("getOrgs", "pagesize=1000", {"pagesize": 100}),
    ("getOrgs", "page_size=3", {"pagesize": 3}),
    ("getOrgs", "pageSize=3", {"pagesize": 3}),
    ("getOrgs", "pagesize=4&page_size=3", {"pagesize": 4}),
    ("getOrgs", "pagesize=all", {"all": True}),
    ("getOrgs", "all=true", {"all": True}),
    ("getOrgs", "all=TRUE", {"all": True}),
    ("getOrgs", "all=1", {"all": True}),
    ("getOrgs", "all=false", {"all": False}),
    ("getOrgs", "all=perhaps", {}),
    ("getOrgs", "search=a%26b", {"search": "a&b"}),
    ("getOrgs", "unknown=1&with_credentials=true", {}),
    ("getOrgs", "order=name%20asc", {"order": {"field": "NAME", "direction": "ASC"}}),
    ("getOrgs", "order=name+desc", {"order": {"field": "NAME", "direction": "DESC"}}),
    ("getOrgs", "order=name+DESC", {"order": {"field": "NAME", "direction": "DESC"}}),
    ("getOrgs", "order=name+up", {"order": {"field": "NAME", "direction": "ASC"}}),
    ("getOrgs", "order=updated_at+desc", {"order": {"field": "UPDATED_AT", "direction": "DESC"}}),
    ("getOrgs", "order=UpdatedAt+desc", {"order": {"field": "UPDATED_AT", "direction": "DESC"}}),
    ("getOrgs", "order=updatedAt+desc", {"order": {"field": "UPDATED_AT", "direction": "DESC"}}),
    ("getOrgs", "order=name", {}),
    ("getOrgs", "order=name++asc", {}),
    ("getOrgs", "order=name+asc+", {}),
    ("getOrgs", "order=password+asc", {}),
    ("getOrgs", "order=name+asc;drop", {"order": {"field": "NAME", "direction": "ASC"}}),
    ("getConnections", "pagesize=all", {"_all": True}),
    ("getConnections", "_all=true", {}),
    ("getConnections", "kind=a&kind=b", {"kind": ["a", "b"]}),
    ("getConnections", "kind=a,b", {"kind": ["a", "b"]}),
    ("getConnections", 'kind=["a","b, c"]', {"kind": ["a", "b, c"]}),
    ("getConnections", "kind=a", {"kind": ["a"]}),
    ("getConnections", "kind=&kind=", {}),
    ("getConnections", "kind=[]", {}),
    ("getConnections", "kind=,", {}),
    ("getConnections", "status=connected", {"status": ["CONNECTED"]}),
    ("getConnections", "status=not+found", {"status": ["NOT_FOUND"]}),
    ("getConnections", 'status=["connected","not found"]', {"status": ["CONNECTED", "NOT_FOUND"]}),
    ("getConnections", "name=prod", {"name": "prod"}),
    ("getConnections", "filter=type+platform", {"filter": {"type": ["platform"]}}),
    ("getConnections", "filter=nothing+here", {}),
]


@pytest.mark.parametrize(("name", "query", "expected"), QUERIES)
def test_query(operations: Operations, name: str, query: str, expected: dict[str, object]) -> None:
    assert reading(operations, name, query) == expected


@pytest.mark.parametrize("spelling", ["orgId", "orgID"])
def test_the_organization_of_environments(operations: Operations, spelling: str) -> None:
    assert reading(operations, "getEnvironments", f"{spelling}={ONE}") == {"orgId": ONE}


@pytest.mark.parametrize("spelling", ["teamId", "teamID"])
def test_the_team_of_users(operations: Operations, spelling: str) -> None:
    found = reading(operations, "getUsersForOrg", f"{spelling}={TWO}", orgId=ONE)
    assert found == {"orgId": ONE, "teamId": TWO}


def test_the_path_comes_first(operations: Operations) -> None:
    assert reading(operations, "getOrg", f"orgId={TWO}", orgId=ONE) == {"orgId": ONE}
    body = {"orgId": TWO, "name": "n"}
    found = reading(operations, "handleUpdateOrg", body=body, orgId=ONE)
    assert found == {"orgId": ONE, "name": "n"}


def test_a_body_is_not_looked_up_in_the_query(operations: Operations) -> None:
    found = reading(operations, "updateTeam", "name=q", {}, orgId=ONE, teamId=TWO)
    assert found == {"orgId": ONE, "teamId": TWO}


CONNECTION = {"name": "n", "kind": "k", "type": "t", "subType": "s", "status": "connected"}

BODIES: list[tuple[str, dict[str, Any], dict[str, object]]] = [
    ("createOrg", {}, {}),
    ("createOrg", {"name": "n", "surplus": 1}, {"name": "n"}),
    ("createOrg", {"name": None}, {}),
    ("createOrg", {"notifyOrgUpdate": True}, {"notifyOrgUpdate": True}),
    ("createOrg", {"preferences": {"a": [None]}}, {"preferences": {"a": [None]}}),
    ("registerConnection", CONNECTION, {**CONNECTION, "status": "CONNECTED"}),
    ("updateConnection", {"status": "not found"}, {"status": "NOT_FOUND"}),
    (
        "updateConnection",
        {"sub_type": "s", "credential_id": ONE},
        {"subType": "s", "credentialId": ONE},
    ),
    ("updateConnection", {"subType": "s", "sub_type": "other"}, {"subType": "s"}),
    ("updateConnection", {"id": "ignored", "name": "n"}, {"name": "n"}),
    ("addTeamToOrg", {}, {}),
    ("addTeamToOrg", {"action": None}, {}),
    ("addTeamToOrg", {"action": "delete"}, {"action": "DELETE"}),
    (
        "createEnvironment",
        {"name": "n", "organization_id": ONE},
        {"name": "n", "organization_id": ONE},
    ),
]
PATHS = {
    "updateConnection": {"connectionId": ONE},
    "addTeamToOrg": {"orgId": ONE, "teamId": TWO},
}


@pytest.mark.parametrize(("name", "body", "expected"), BODIES)
def test_body(
    operations: Operations, name: str, body: dict[str, Any], expected: dict[str, object]
) -> None:
    path = PATHS.get(name, {})
    assert reading(operations, name, body=body, **path) == {**path, **expected}


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("getEnvironments", "", {}, "orgId: .*required"),
    ("getEnvironments", "orgId=", {}, "orgId: .*required"),
    ("getOrgByDomain", "", {}, "domain: .*required"),
    ("createEnvironment", "", {"organization_id": ONE}, "name: .*required"),
    ("createEnvironment", "", {"name": "n"}, "organization_id: .*required"),
    ("createEnvironment", "", {"name": None, "organization_id": ONE}, "name: .*required"),
    ("registerConnection", "", {**CONNECTION, "status": "odd"}, "status: .*registered, connected"),
    ("registerConnection", "", {**CONNECTION, "status": 3}, "status: .*not found"),
    ("getEnvironments", "orgId=x", {}, "orgId: .*UUID"),
    ("createEnvironment", "", {"name": "n", "organization_id": 1}, "organization_id: .*UUID"),
    ("getConnections", "filter=owner+x", {}, "filter: .*UUID"),
    ("getConnections", "status=odd", {}, "status: .*maintenance"),
    ("getConnections", 'status=["odd"', {}, "status: .*JSON array"),
    ("getConnections", "kind=[1]", {}, "kind: .*array of texts"),
    ("getConnections", "kind=" + "[" * 100_000, {}, "kind: .*JSON array"),
    ("getConnections", "filter={", {}, "filter: .*JSON"),
]


@pytest.mark.parametrize(("name", "query", "body", "reason"), REFUSED)
def test_refused(
    operations: Operations, name: str, query: str, body: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadInput, match=f"^{reason}") as refused:
        reading(operations, name, query, body)
    assert refused.value.extensions["field"] == reason.partition(":")[0]


@pytest.mark.parametrize("raw", [b"", b" \n", b"null", b"{}"])
def test_a_body_may_be_empty(raw: bytes) -> None:
    assert read_body(raw, strict_json) == {}


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'"text"', b"1", b'{"a":NaN}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput, match=r"^body: "):
        read_body(raw, strict_json)


LONG = "[" + "[]," * SHORT + "[]]"
FILE = "aGk=" * SHORT


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("importDesign", f'{{"x": {LONG}, "file_name": "a", "file": "{FILE}", "url": null}}',
         {"file_name": "a", "file": FILE}),
        ("importDesign", f'{{"file": [{"7," * SHORT}7], "name": "n"}}',
         {"file": [7] * (SHORT + 1), "name": "n"}),
        ("registerMeshmodels", f'{{"register": true, "importBody": {{"x": {LONG}, "url": "u"}}}}',
         {"register": True, "importBody": {"url": "u"}}),
        ("registerMeshmodels", f'{{"importBody": "{{\\"model_file\\": \\"{FILE}\\"}}"}}',
         {"importBody": {"model_file": FILE}}),
        ("importDesign", " " * (SHORT + 1), {}),
        ("importDesign", "null" + " " * SHORT, {}),
    ],
)  # fmt: skip
def test_of_a_long_body_no_more_is_made_than_is_taken(
    operations: Operations, name: str, raw: str, expected: dict[str, Any]
) -> None:
    assert read_long_body(raw.encode(), operations[name], short_only) == expected


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (f'{{"name": {LONG}}}', "name: at most 65536 bytes are allowed."),
        (f'{{"file": {LONG}}}', "file: Expected `int`"),
        (LONG, "body: Expected `object`"),
        ('{"x": ' + LONG, "body: this is not valid JSON."),
        ('{"x": ' + "[" * SHORT, "body: this is not valid JSON."),
        ('{"file": "\\ud800", "x": ' + LONG + "}", "body: this is not valid JSON."),
    ],
)
def test_what_is_long_and_not_taken_is_refused(
    operations: Operations, raw: str, reason: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read_long_body(raw.encode(), operations["importDesign"], short_only)
    assert refused.value.message.startswith(reason)


def short_only(raw: bytes) -> object:
    assert len(raw) <= SHORT
    return decode(raw)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("addUserToTeam", False), ("deleteOrg", False), ("updateTeam", True), ("addTeamToOrg", True)],
)
def test_a_body_is_read_only_where_something_is_in_it(
    operations: Operations, name: str, *, expected: bool
) -> None:
    in_path = {"orgId", "teamId", "userId"}
    assert takes_body(operations[name], METHODS[name], in_path) is expected


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("getConnections", "kind=[%22a%22"),
        ("getConnections", "kind=[NaN]"),
        ("getEnvironmentConnections", "filter={%22assigned%22:NaN}"),
        ("getEnvironmentConnections", "filter={%22assigned%22:true,%22assigned%22:false}"),
    ],
)
def test_json_in_a_parameter_is_as_strict_as_a_body(
    operations: Operations, name: str, query: str
) -> None:
    path = {"environmentId": ONE} if name == "getEnvironmentConnections" else {}
    read = reader(operations[name], "GET", path.keys(), decode)
    with pytest.raises(BadInput, match=r"^(kind|filter): this is not ") as refusal:
        read(path, texts_of(query.encode()), {})
    assert refusal.value.extensions["field"] == query.partition("=")[0]
