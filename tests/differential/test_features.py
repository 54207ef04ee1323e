"""Each feature of the language and of the lists by itself, for every viewer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.differential.comparing import Comparing
from tests.differential.executors import Operation
from tests.differential.world import CONNECTIONS, ENVIRONMENTS, IDS, TEAMS, VIEWERS, identity

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACME, GONE = identity("acme"), identity("gone")
BUSY, FORMER, DELETED = ENVIRONMENTS[0], TEAMS[0], CONNECTIONS[9]

FEATURES: dict[str, tuple[str, dict[str, Any]]] = {
    "typename": ("{ __typename organizations { __typename items { __typename } } }", {}),
    "alias": ("{ a: keys(pageSize: 1) { x: page } b: keys(page: 1) { y: page x: pageSize } }", {}),
    "merged": (
        ("{ teams { items { id } } teams { items { name users(first: 2) { totalCount } } "
        "pageInfo { hasNextPage } } "
        "... { teams { items { users(first: 2) { items { id } } } } } }"),
        {},
    ),
    "interfaces": (
        (f'{{ node(id: "{ACME}") {{ ...N ... on Stored {{ createdAt ... on Organization '
        "{ name ... on Node { id } } ... on Team { id } } } } fragment N on Node { id }"),
        {},
    ),
    "nodes": (
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Stored { deletedAt } } }",
        {"ids": [str(each) for some in IDS.values() for each in some[:2]] + [str(DELETED)]},
    ),
    "nested fragments": (
        ("{ organizations { ...P } } fragment P on OrganizationPage { items { ...O } } "
        "fragment O on Organization { name environments(first: 2) { items { ...E } } } "
        "fragment E on Environment { name owner { ...U } } fragment U on User { username }"),
        {},
    ),
    "skip and include": (
        ("query($t: Boolean!, $f: Boolean = false) { keys @skip(if: $t) { page } "
        "roles @include(if: $f) { page } organizations @include(if: $t) @skip(if: $f) "
        "{ items { ...N @skip(if: $f) id @include(if: $f) ... @include(if: $t) { region } } } } "
        "fragment N on Organization { name }"),
        {"t": True},
    ),
    "everything skipped": ("query($f: Boolean!) { keys @include(if: $f) { page } }", {"f": False}),
    "empty objects": ("{ organizations { items @skip(if: true) { id } } }", {}),
    "default": ("query($n: Int = 2) { keys(pageSize: $n) { pageSize items { id } } }", {}),
    "default, null given": ("query($n: Int = 2) { keys(pageSize: $n) { pageSize } }", {"n": None}),
    "absent": ("query($f: ConnectionFilter) { connections(filter: $f) { totalCount } }", {}),
    "absent in an object": (
        "query($k: [String!]) { connections(filter: {kind: $k}) { totalCount } }", {}
    ),
    "required, missing": ("query($id: ID!) { team(id: $id) { id } }", {}),
    "wrong type": ("query($n: Int) { keys(pageSize: $n) { page } }", {"n": "two"}),
    "null where it must not be": (
        ("query($f: OrderDirection = ASC) { keys(orderBy: {field: FUNCTION, direction: $f}) "
        "{ page } }"),
        {"f": None},
    ),
    "beyond the last page": ("{ keys(page: 99) { page pageSize totalCount items { id } } }", {}),
    "all": ("{ connections(all: true) { pageSize totalCount items { id name } } }", {}),
    "only a total": ('{ connections(search: "same") { totalCount } }', {}),
    "backwards": (
        ("{ users(last: 4, orderBy: {field: LAST_LOGIN_TIME}) { pageInfo { hasNextPage "
        "hasPreviousPage startCursor endCursor } edges { cursor node { lastLoginTime } } } }"),
        {},
    ),
    "deleted": (
        ("{ connections(filter: {deleted: true}) { items { id deletedAt } } "
        "organizations(filter: {deleted: true}) { totalCount } }"),
        {},
    ),
    "and": (
        ('{ connections(filter: {kind: ["kubernetes"], and: {kind: ["prometheus"]}}) '
        "{ totalCount } }"),
        {},
    ),
    "empty list": ("{ connections(filter: {status: []}) { totalCount items { id } } }", {}),
    "deep filter": (
        ('{ connections(filter: {and: {and: {name: "S", and: {status: [CONNECTED]}}}}) '
        "{ totalCount } }"),
        {},
    ),
    "not assigned": (
        (f'{{ environment(id: "{BUSY}") {{ connections(filter: {{assigned: false}}, pageSize: 3) '
        "{ totalCount items { id } } } }"),
        {},
    ),
    "windows under parents": (
        ("{ organizations { items { id teams(pageSize: 1, page: 1) { totalCount page items "
        "{ name users(first: 2) { totalCount items { userId } } } } } } }"),
        {},
    ),
    "all texts": (
        ("{ users(all: true) { items { username firstName lastName bio userId email country "
        "region preferences socials avatarUrl } } }"),
        {},
    ),
    "all documents": (("{ connections(all: true) { items { metadata environments { items "
                      "{ metadata description } } } } }"), {}),
    "page of one": ((f'{{ organization(id: "{ACME}") {{ asPage {{ page pageSize totalCount '
                    "edges { cursor } pageInfo { startCursor } items { name } } } }"), {}),
    "former member": ((f'{{ team(id: "{FORMER}") {{ memberships {{ totalCount items '
                      "{ user { id } role { roleName } } } } }"), {}),
    "wrong argument of one of many": (
        "{ organizations { items { id teams(page: -1) { page } } } keys { page } }", {}
    ),
    "refused beside answered": ((f'{{ team(id: "x") {{ id }} organization(id: "{GONE}") {{ id }} '
                                "roles(first: 1) { items { id } } }"), {}),
    "too large": ("{ keys(all: true) { totalCount } roles(all: true) { totalCount } }", {}),
    "size of nothing": ("{ keys(pageSize: 0) { page } }", {}),
    "invalid": ("{ organizations { nothing } }", {}),
    "syntax": ("{ organizations {", {}),
    "unknown operation": ("query A { __typename } query B { __typename }", {}),
    "introspection": ('{ __type(name: "Key") { name } keys(first: 1) { page } }', {}),
}  # fmt: skip


@pytest.mark.parametrize("viewer", VIEWERS, ids=str)
@pytest.mark.parametrize("feature", FEATURES)
async def test_a_feature(comparing: Comparing, feature: str, viewer: str | None) -> None:
    source, variables = FEATURES[feature]
    await comparing.check(Operation(source, variables), viewer)


LISTS = {
    "users": "", "connections": "", "teams": "", "publicUsers": "",
    "environments": f'organizationId: "{ACME}", ',
}  # fmt: skip
WALK = """query($after: String) {{ {name}({within}first: 7, after: $after) {{
    edges {{ cursor node {{ id updatedAt }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""


@pytest.mark.parametrize("name", LISTS)
async def test_paging_by_the_cursors_of_the_answers(comparing: Comparing, name: str) -> None:
    source, after = WALK.format(name=name, within=LISTS[name]), None
    seen: list[str] = []
    while True:
        data = await comparing.check(Operation(source, {"after": after}), "ann")
        assert data is not None
        page = json.loads(data)[name]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) > 0
