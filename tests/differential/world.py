"""A small, nasty world: ties, shared teams, former members, awkward texts, the deleted.

Ids and times are the same each time it is built, so that a seed means the same operation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalogue import ROLES, load_catalogue
from app.db import (
    connections,
    designs,
    environments,
    events,
    keys,
    organizations,
    registry,
    rest_calls,
    teams,
    users,
)
from app.db.base import Table, Versioned
from app.db.engine import Store
from app.permissions import Permission
from app.vault import Vault
from resolvers.grants import load_viewer
from resolvers.viewer import Viewer

#: What a column-wise plan could mistake for a separator or a NULL mark, and other awkward text.
TEXTS = (
    "plain", "Plain", "tab\there", "unit\x1fseparator", "record\x1eseparator", "line\nfeed",
    "\x1e", "\x1f", "\\N", "\\", 'quote"quote', "it's", "100%", "under_score", "😀 emoji",
    "e\u0301 combining", "é composed", "ß ẞ İ ı", "NULL", "null", "[null]", "{}", "[]", '""',
    "\x01", "a,b", "{a,b}", "\u2028", "\u200b", "  padded  ", "~", "\x7f", "\uffff", "zz",
    "ZZ", "Zz",
)  # fmt: skip
JSONS: tuple[dict[str, Any], ...] = (
    {},
    {"nested": {"deep": [1, {"deeper": None}], "empty": {}, "list": []}},
    {"text": '\x1e\x1f\t\n"\\ 😀 e\u0301', "": "empty key", "é": "ключ"},
    {"big": 2**63, "bigger": -(2**70), "float": 1.5, "whole": 1.0, "small": 1e-7, "large": 1e300},
    {"null": None, "true": True, "false": False, "zero": 0, "minus": -0.0},
    {"preferences": {"theme": "dark", "dashboard": None}},
    {"preferences": None, "server": "https://k8s.invalid", "version": "v1.30", "id": "given"},
    {"b": 1, "a": 2, "aa": 3, "B": 4},
)
#: Times with and without fractions, and few enough of them for ties.
MOMENTS = (
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
VERSIONS = (1, 2, 2**31 - 1)
ORGANIZATIONS = ("acme", "rival", "umbra", "gone")
DELETED_ORGANIZATION = "gone"
WATCHER = "watcher"

#: person → (organization → role in it, roles everywhere). The nobodies belong nowhere.
PEOPLE: Mapping[str, tuple[Mapping[str, str | None], tuple[str, ...]]] = {
    "ann": ({"acme": "organization admin", "umbra": "organization admin"}, ("admin",)),
    "bob": ({"acme": None}, ()),
    "cid": ({"acme": None, "rival": "organization admin"}, ("curator", "meshmap")),
    "dot": ({"acme": WATCHER}, ()),
    "eve": ({}, ()),
    "fay": ({"gone": "organization admin", "rival": "team admin"}, ()),
}
VIEWERS = (None, *PEOPLE)
CROWD = 34  # with the people, more than a page of users

Rows = Iterator[dict[str, Any]]


def identity(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


def ids(kind: str, count: int) -> list[UUID]:
    return [identity(f"{kind}-{number}") for number in range(count)]


TEAMS, ENVIRONMENTS, CONNECTIONS = ids("team", 12), ids("environment", 34), ids("connection", 44)
CREDENTIAL = identity("credential")
MODELS, COMPONENTS, RELATIONSHIPS = ids("model", 30), ids("component", 40), ids("relation", 30)
REGISTRANTS, CATEGORIES, POLICIES = ids("registrant", 3), ids("category", 3), ids("policy", 6)
DESIGNS, EVENTS, REST_CALLS = ids("design", 30), ids("event", 40), ids("rest-call", 32)
LINKED_USERS = [*(identity(name) for name in PEOPLE), *ids("user", CROWD)]

#: type of the graph → ids of it, live and deleted.
IDS: Mapping[str, list[UUID]] = {
    "Organization": [identity(name) for name in ORGANIZATIONS],
    "Team": TEAMS,
    "User": LINKED_USERS,
    "Environment": ENVIRONMENTS,
    "Connection": CONNECTIONS,
    "Key": [UUID(each) for each in Permission],
    "Role": [identity(f"role-{name}") for name in (*ROLES, WATCHER)],
    "OrganizationMembership": [
        identity(f"{p}@{o}") for p, (places, _) in PEOPLE.items() for o in places
    ],
    "TeamMembership": [identity(f"seat-{t}-{u}") for t, u in product(range(3), range(4))],
    "OrganizationTeam": [identity(f"link-{n}-acme") for n in range(4)],
    "Registrant": REGISTRANTS,
    "Category": CATEGORIES,
    "Model": MODELS,
    "Component": COMPONENTS,
    "Relationship": RELATIONSHIPS,
    "Policy": POLICIES,
    "Design": DESIGNS,
    "Event": EVENTS,
    "RestCall": REST_CALLS,
}


def stamp(number: int, *, deleted: bool = False) -> dict[str, Any]:
    return {
        "created_at": MOMENTS[number % len(MOMENTS)],
        "updated_at": MOMENTS[number // 2 % len(MOMENTS)],
        "deleted_at": MOMENTS[2] if deleted else None,
    }


def text(number: int) -> str:
    return TEXTS[number % len(TEXTS)]


def _users() -> Rows:
    for number, row_id in enumerate(LINKED_USERS):
        person = number < len(PEOPLE)
        free = None if number % 3 == 0 else JSONS[number % len(JSONS)]
        yield {
            "id": row_id,
            "user_id": list(PEOPLE)[number] if person else f"subject-{number}-{text(number)}",
            "username": (None, text(number), "twin")[number % 3],
            "provider": ("local", "oidc", "")[number % 3],
            "email": f"{number:02}@example.org",
            "first_name": ("Same", "same", text(number), "")[number % 4],
            "last_name": text(number * 7),
            "avatar_url": None if number % 2 else "",
            "status": users.STATUSES[0 if person else number % len(users.STATUSES)],
            "bio": (None, "", text(number), "line\r\nline")[number % 4],
            "country": free,
            "region": {"nested": free},
            "preferences": free,
            "socials": (None, [], [{"site": "x", "link": "\x1f"}, None, 1.0])[number % 3],
            "accepted_terms_at": None if number % 2 else MOMENTS[2],
            "first_login_time": None if number % 4 else MOMENTS[1],
            "last_login_time": None if number % 3 else MOMENTS[number % 4],
            **stamp(number, deleted=not person and number % 11 == 10),
        }


def _roles_everywhere() -> Rows:
    for name, (_, roles) in PEOPLE.items():
        for role in roles:
            yield {
                "id": identity(f"{name}-{role}"), "user_id": identity(name),
                "role_id": identity(f"role-{role}"), **stamp(0),
            }  # fmt: skip


def _organizations() -> Rows:
    for number, name in enumerate(ORGANIZATIONS):
        yield {
            "id": identity(name),
            "name": ("Twin", "twin", TEXTS[4], "Gone")[number],
            "country": ("", "\x1f", "null", "x")[number],
            "region": text(number + 4),
            "description": ("", text(3), 'a "b" \\ c\n', "x")[number],
            "owner": identity(("ann", "cid", "eve", "fay")[number]),
            "metadata_": JSONS[(5, 6, 0, 1)[number]],
            "domain": (f"{name}.org", "RIVAL.example", None, "gone.org")[number],
            **stamp(number // 2, deleted=name == DELETED_ORGANIZATION),
        }


def _members() -> Rows:
    for name, (places, _) in PEOPLE.items():
        for number, (organization, role) in enumerate(places.items()):
            yield {
                "id": identity(f"{name}@{organization}"),
                "organization_id": identity(organization),
                "user_id": identity(name),
                "role_id": identity(f"role-{role}") if role else None,
                **stamp(number),
            }
    for number, row_id in enumerate(ids("user", CROWD)):
        if number % 5 == 4:
            continue  # without an organization
        for place in ORGANIZATIONS[number % 3 : number % 3 + 1 + number % 2]:
            yield {
                "id": identity(f"{number}@{place}"),
                "organization_id": identity(place),
                "user_id": row_id,
                "role_id": identity("role-team admin") if number % 6 == 0 else None,
                **stamp(number, deleted=number % 7 == 6),
            }


def _teams() -> Rows:
    for number, row_id in enumerate(TEAMS):
        yield {
            "id": row_id,
            "name": ("crew", "Crew", text(number * 3))[number % 3],
            "description": ("", text(number))[number % 2],
            "owner": LINKED_USERS[number % 5],
            "metadata_": JSONS[number % len(JSONS)],
            **stamp(number // 3, deleted=number % 6 == 5),
        }


def _links() -> Rows:
    """Shared teams, teams of nobody (7, 11), links that ended."""
    for number, row_id in enumerate(TEAMS):
        places = {0: ("acme", "rival"), 1: ("acme", "umbra"), 2: ("rival", "gone"), 3: ("acme",)}
        for place in () if number in {7, 11} else places[number % 4]:
            yield {
                "id": identity(f"link-{number}-{place}"), "org_id": identity(place),
                "team_id": row_id, **stamp(number, deleted=number % 5 == 4),
            }  # fmt: skip


def _seats() -> Rows:
    """Team 3 is empty; some members have left."""
    for team, user in product(range(len(TEAMS)), range(len(LINKED_USERS))):
        if team == 3 or (team * 5 + user * 3) % 7 > 2:
            continue
        yield {
            "id": identity(f"seat-{team}-{user}"), "team_id": TEAMS[team],
            "user_id": LINKED_USERS[user],
            "role_id": identity("role-team admin") if user % 4 == 0 else None,
            **stamp(team + user, deleted=(team + user) % 6 == 5),
        }  # fmt: skip


def _environments() -> Rows:
    """More than a page of them in one organization."""
    for number, row_id in enumerate(ENVIRONMENTS):
        yield {
            "id": row_id,
            "name": ("prod", "Prod", text(number))[number % 3],
            "description": ("", text(number), "x" * 1000)[number % 3],
            "organization_id": identity("acme" if number > 7 else ORGANIZATIONS[number % 4]),
            "owner": None if number % 3 == 0 else LINKED_USERS[number % 6],
            "metadata_": JSONS[number % len(JSONS)],
            **stamp(number // 4, deleted=number % 9 == 8),
        }


def _connections() -> Rows:
    for number, row_id in enumerate(CONNECTIONS):
        yield {
            "id": row_id,
            "name": (text(number), "same", "Same")[number % 3],
            "credential_id": CREDENTIAL if number == 0 else None,
            "type": ("platform", "", "telemetry")[number % 3],
            "sub_type": ("orchestrator", "metrics", "\x1e")[number % 3],
            "kind": ("kubernetes", "prometheus", "null", "")[number % 4],
            "metadata_": JSONS[number % len(JSONS)],
            "status": connections.STATUSES[number % len(connections.STATUSES)],
            "user_id": None if number % 5 == 4 else LINKED_USERS[number % 5],
            "server_id": None,
            **stamp(number // 5, deleted=number % 10 == 9),
        }


def _assignments() -> Rows:
    """Each connection in 0 to 3 environments; environment 0 has more than a page of them."""
    for number, row_id in enumerate(CONNECTIONS):
        places = {number % 3: 0, 1 + number % 6: 1, 9 + number % 11: 2}
        chosen = [] if number % 7 == 6 else [*places][: 1 + number % 3]
        for place in {*chosen, *([0] if number < 32 else [])}:
            yield {
                "id": identity(f"assigned-{place}-{number}"),
                "environment_id": ENVIRONMENTS[place], "connection_id": row_id,
                **stamp(number, deleted=number % 8 == 5 and place > 0),
            }  # fmt: skip


def _registrants() -> Rows:
    for number, row_id in enumerate(REGISTRANTS):
        name = ("Github", text(6), "github")[number]
        yield {"id": row_id, "name": name, "kind": "github", **stamp(number, deleted=number == 2)}


def _categories() -> Rows:
    for number, row_id in enumerate(CATEGORIES):
        name = ("same", "Same", "x")[number]
        yield {"id": row_id, "name": name, **stamp(number, deleted=number == 2)}


def _entity(number: int) -> dict[str, Any]:
    """What the definitions of every kind have."""
    return {
        "description": ("", text(number))[number % 2],
        "schema_version": "models.meshery.io/v1beta1",
        "status": ("enabled", "ignored", text(number))[number % 3],
        "definition": {
            "metadata": JSONS[number % len(JSONS)],
            "capabilities": None if number % 2 else [],
            "selectors": [JSONS[number % len(JSONS)]],
        },
        **stamp(number // 3, deleted=number % 8 == 7),
    }


def _models() -> Rows:
    """More than a page of them; some of a deleted category or registrant."""
    for number, row_id in enumerate(MODELS):
        yield {
            "id": row_id,
            "registrant_id": REGISTRANTS[number % 3],
            "category_id": CATEGORIES[number // 2 % 3],
            "name": ("same", "Same", text(number))[number % 3],
            "display_name": text(number),
            "version": ("v1.0.0", "", text(number))[number % 3],
            "sub_category": "",
            **_entity(number),
        }


def _components() -> Rows:
    """Model 0 has most of them, and those of a deleted model are there as well."""
    for number, row_id in enumerate(COMPONENTS):
        yield {
            "id": row_id,
            "model_id": MODELS[0 if number < 30 else number % 10],
            "kind": ("kubernetes", "prometheus", text(number))[number % 3],
            "version": ("v1", "apps/v1")[number % 2],
            "display_name": text(number),
            "schema": None if number % 3 == 0 else "{}" + text(number),
            **_entity(number),
        }


def _relationships() -> Rows:
    for number, row_id in enumerate(RELATIONSHIPS):
        yield {
            "id": row_id,
            "model_id": MODELS[number % 4],
            "kind": ("edge", "hierarchical", text(number))[number % 3],
            "type": ("platform", "", "telemetry")[number % 3],
            "sub_type": ("metrics", "\x1e")[number % 2],
            **_entity(number),
        }


def _policies() -> Rows:
    for number, row_id in enumerate(POLICIES):
        entity = {key: each for key, each in _entity(number).items() if key != "description"}
        yield {
            "id": row_id, "model_id": MODELS[number % 2], "kind": text(number),
            "sub_type": "", **entity,
        }  # fmt: skip


def _designs() -> Rows:
    for number, row_id in enumerate(DESIGNS):
        yield {
            "id": row_id,
            "name": ("same", "Same", text(number))[number % 3],
            "user_id": LINKED_USERS[number % 5],
            "type": ("k8s-manifest", "platform", "")[number % 3],
            "visibility": designs.VISIBILITIES[number % 3],
            "pattern_file": '{"name": "\\u001f", "components": []}',
            "components_count": number,
            "source": b"\x00\xff",
            "source_name": text(number),
            "source_url": None if number % 2 else text(number),
            "unmatched": [] if number % 2 else [JSONS[number % len(JSONS)]],
            **stamp(number // 2, deleted=number % 7 == 6),
        }


def _events() -> Rows:
    for number, row_id in enumerate(EVENTS):
        yield {
            "id": row_id,
            "user_id": None if number % 6 == 5 else LINKED_USERS[number % 6],
            "system_id": identity("system"),
            "category": ("pattern", "platform", text(number))[number % 3],
            "action": ("create", "", text(number))[number % 3],
            "severity": events.SEVERITIES[number % len(events.SEVERITIES)],
            "status": events.STATUSES[number % 2],
            "acted_upon": None if number % 3 else DESIGNS[number % 4],
            "operation_id": None if number % 2 else identity("operation"),
            "description": text(number),
            "metadata_": JSONS[number % len(JSONS)],
            **stamp(number // 2, deleted=number % 9 == 8),
        }


def _rest_calls() -> Rows:
    """More than a page of them, with ties in what they are ordered by."""
    for number, row_id in enumerate(REST_CALLS):
        yield {
            "id": row_id,
            "endpoint": ("getOrgs", "getorgs", text(number))[number % 3],
            "user_id": None if number % 4 == 3 else LINKED_USERS[number % 9],
            "client": ("curl", "", text(number * 5))[number % 3],
            "calls": (1, 2, 10, 2**31 - 1)[number % 4],
            "errors": number % 2,
            "last_used_at": MOMENTS[number % len(MOMENTS)],
            **stamp(number // 3, deleted=number % 11 == 10),
        }


def _watcher() -> Iterator[tuple[type[Table], Rows]]:
    """A role that may see environments and itself, and nothing else."""
    chain, role = identity("watching"), identity(f"role-{WATCHER}")
    held = (Permission.VIEW_ENVIRONMENT, Permission.VIEW_PROFILE)
    yield keys.Keychain, iter([{"id": chain, "name": "Watching", "owner": UUID(int=0), **stamp(0)}])
    yield (
        keys.RoleKeychain,
        iter([{"id": identity("given"), "role_id": role, "keychain_id": chain, **stamp(0)}]),
    )
    yield (
        keys.KeychainKey,
        (
            {"id": identity(f"held-{each}"), "keychain_id": chain, "key_id": UUID(each), **stamp(0)}
            for each in held
        ),
    )


def _tables(vault: Vault) -> Iterator[tuple[type[Table], Rows]]:
    """In the order of the foreign keys."""
    yield from _watcher()
    yield users.User, _users()
    yield users.UserRole, _roles_everywhere()
    yield organizations.Organization, _organizations()
    yield organizations.OrganizationUser, _members()
    yield teams.Team, _teams()
    yield teams.TeamOrganization, _links()
    yield teams.TeamUser, _seats()
    yield environments.Environment, _environments()
    secret = vault.seal(CREDENTIAL, '{"auth": {"token": "\\u001f"}, "cluster": null}')
    credential = {"id": CREDENTIAL, "name": "", "type": "token", "secret": secret, **stamp(0)}
    yield connections.Credential, iter([credential])
    yield connections.Connection, _connections()
    yield environments.EnvironmentConnection, _assignments()
    yield registry.Registrant, _registrants()
    yield registry.Category, _categories()
    yield registry.Model, _models()
    yield registry.Component, _components()
    yield registry.Relationship, _relationships()
    yield registry.Policy, _policies()
    yield designs.Design, _designs()
    yield events.Event, _events()
    yield rest_calls.RestCall, _rest_calls()


def _versioned(table: type[Table], rows: Rows) -> Rows:
    for number, row in enumerate(rows):
        yield row | {"version": VERSIONS[number % 3]} if issubclass(table, Versioned) else row


async def build(store: Store, vault: Vault) -> None:
    """Fill an empty store."""

    async def work(session: AsyncSession) -> None:
        roles = (
            {"id": identity(f"role-{name}"), "role_name": name, **stamp(number)}
            for number, name in enumerate((*ROLES, WATCHER))
        )
        await session.execute(insert(keys.Role), list(roles))
        await load_catalogue(session, files("app").joinpath("permission_keys.csv").read_text())
        await session.execute(update(keys.Key).values(stamp(0)))
        await session.execute(update(keys.Role).values(updated_at=MOMENTS[0]))
        for table, rows in _tables(vault):
            await session.execute(insert(table), list(_versioned(table, rows)))

    await store.write(work)


async def viewers(store: Store) -> dict[str | None, Viewer]:
    """The callers, by name; None is one without a token."""
    async with store.reading() as session:
        known: dict[str | None, Viewer] = {None: Viewer()}
        for name in PEOPLE:
            known[name] = await load_viewer(session, identity(name))
    return known
