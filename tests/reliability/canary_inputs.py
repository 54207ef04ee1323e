"""What is sent to every mutation and every endpoint: as it should be, and spoiled in many ways."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_input_field,
)

from app.demo import demo_id
from schema import schema
from tests import content
from tests.canaries import Canary

GRAPH = schema._schema
SERVER = "01900000-0000-7000-8000-0000000005e4"
HOME = {"organizationId": "@organization/cooperative"}
TEAM = {**HOME, "teamId": "<createTeam"}
GUEST = {"user": "@user/outsider"}
PLACED = {"environmentId": "<createEnvironment", "connectionId": "<createConnection"}
KIND = {"type": "platform", "subType": "orchestrator", "status": "CONNECTED"}
CONTEXT = {"auth": {"user": {"token": "!context"}}, "cluster": {"ca": "!context"}}

#: Every mutation with an input that is good, in an order in which each finds what it needs.
#: `@` is the id of something in the demo data, `<` what a mutation made, `!` the text of a canary.
GOOD: tuple[tuple[str, dict[str, Any]], ...] = (
    ("createOrganization", {"name": "!value", "preferences": {"note": "!value"}}),
    ("updateOrganization", {**HOME, "description": "!value"}),
    ("addUserToOrganization", {**HOME, **GUEST}),
    ("createTeam", {**HOME, "name": "!value", "description": "!value"}),
    ("updateTeam", {**TEAM, "description": "!value"}),
    ("addTeamToOrganization", {**TEAM, "organizationId": "<createOrganization"}),
    ("addUserToTeam", {**TEAM, **GUEST}),
    ("removeUserFromTeam", {**TEAM, **GUEST}),
    ("removeTeamFromOrganization", {**TEAM, "organizationId": "<createOrganization"}),
    ("createEnvironment", {**HOME, "name": "!value", "description": "!value"}),
    ("updateEnvironment", {"environmentId": "<createEnvironment", "description": "!value"}),
    ("createConnection", {
        **KIND, "kind": "meshery", "name": "!value", "metadata": {"server_id": SERVER},
    }),
    ("createConnection", {
        **KIND, "kind": "kubernetes", "name": "!value", "credentialSecret": CONTEXT,
    }),
    ("updateConnection", {
        "connectionId": "<createConnection", "metadata": {"note": "!value"},
        "credentialSecret": {**CONTEXT, "password": "!credential"},
    }),
    ("addConnectionToEnvironment", PLACED),
    ("removeConnectionFromEnvironment", PLACED),
    ("importDesign", {
        "file": content.text(content.SHOP), "fileName": "shop.yaml", "name": "!value",
    }),
    ("evaluateDesign", {"design": content.DESIGN}),
    ("registerModels", content.file(content.package(content.component("Canary")))),
    ("createEvent", {
        "category": "test", "action": "try", "description": "!value", "metadata": {"n": "!value"},
    }),
    ("updateEventStatus", {"eventId": "<createEvent", "status": "READ"}),
    ("updateEventsStatus", {"ids": ["<createEvent"], "status": "UNREAD"}),
    ("deleteEvent", {"eventId": "<createEvent"}),
    ("deleteEvents", {"ids": ["@event/shop"]}),
    ("deleteDesign", {"designId": "<importDesign"}),
    ("deleteConnection", {"connectionId": "<createConnection"}),
    ("deleteMesheryConnection", {"mesheryServerId": SERVER}),
    ("deleteEnvironment", {"environmentId": "<createEnvironment"}),
    ("deleteTeam", TEAM),
    ("removeUserFromOrganization", {**HOME, **GUEST}),
    ("deleteOrganization", {"organizationId": "<createOrganization"}),
)  # fmt: skip

#: Addresses that hold a secret, or that are none; each is refused without anything being dialled.
ADDRESSES = (
    "https://somebody:{}@127.0.0.1/design.yaml",
    "https://127.0.0.1/design.yaml?token={}",
    "https://127.0.0.1:{}/",
    "https://[{}",
    "git://somebody:{}@127.0.0.1/a/b",
    "ssh://somebody:{}@127.0.0.1/a",
)


@dataclass
class Inputs:
    """The canaries by their names, and the ids of what has been made."""

    canaries: Mapping[str, Canary]
    made: dict[str, str] = field(default_factory=dict)

    def filled(self, value: Any) -> Any:
        """A value of the table, with what its marks stand for."""
        if isinstance(value, dict):
            return {name: self.filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str) or value[:1] not in "@<!":
            return value
        if value[:1] == "@":
            return str(demo_id(*value[1:].split("/")))
        if value[:1] == "<":
            return self.made.get(value[1:], SERVER)
        return self.canaries[value[1:]].text

    def spoiled(self, mutation: str, good: Mapping[str, Any]) -> Iterator[Any]:
        """Inputs that are refused, each with a secret in it."""
        secret = self.canaries["credential"].text
        kind = get_named_type(GRAPH.mutation_type.fields[mutation].args["input"].type)  # type: ignore[union-attr]
        assert isinstance(kind, GraphQLInputObjectType)
        yield from (secret, [secret], [{"token": secret}], {**good, "extra": secret})
        for name, each in kind.fields.items():
            rest = {key: value for key, value in good.items() if key != name}
            if is_required_input_field(each) and name != "design":
                yield {**rest, "credentialSecret": {"token": secret}}
            if str(get_named_type(each.type)) != "JSON":
                yield {**rest, name: {"token": secret}}
                yield {**rest, name: [{"token": secret}]}
        if "credentialSecret" in kind.fields:
            yield from ({**good, "credentialSecret": each} for each in _secrets(secret))

    def fetching(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Imports and registrations of addresses that are refused."""
        for address in ADDRESSES:
            url = address.format(self.canaries["address"].text)
            yield "importDesign", {"url": url}
            yield "importDesign", {"url": url, "file": "", "fileName": "x"}
            for method in ("URL_IMPORT", "URL"):
                body = {"url": url, "model": {"model": "canary"}}
                yield (
                    "registerModels",
                    {"uploadType": method, "register": True, "importBody": body},
                )


def _secrets(secret: str) -> Iterator[Any]:
    """Secrets that are none: of another kind, too long, too deep, of refused characters."""
    nested: Any = {"token": secret}
    for _ in range(80):
        nested = {"a": nested}
    yield from (secret, [secret], 5, nested)
    yield from ({"token": each} for each in (secret * 3_000, f"{secret}\0", f"{secret}\ud800"))


def document(mutation: str, given: Any = None) -> str:
    """The mutation, its input as a variable or written out, with all that it tells."""
    type_ = GRAPH.mutation_type.fields[mutation].args["input"].type  # type: ignore[union-attr]
    payload = get_named_type(GRAPH.mutation_type.fields[mutation].type)  # type: ignore[union-attr]
    told = selection(payload, 2)
    if given is None:
        return f"mutation($input: {type_}) {{ {mutation}(input: $input) {told} }}"
    return f"mutation {{ {mutation}(input: {literal(given, type_)}) {told} }}"


def selection(type_: Any, levels: int) -> str:
    """All fields that take no argument they need, so many levels of them."""
    if not isinstance(type_, GraphQLObjectType):
        return "{ __typename }"
    lines = [
        "__typename",
        *filter(None, (_selected(*each, levels=levels) for each in type_.fields.items())),
    ]
    return "{ " + " ".join(lines) + " }"


def _selected(name: str, given: GraphQLField, *, levels: int) -> str | None:
    kind = get_named_type(given.type)
    if name == "kubernetesContext":
        return None
    if is_leaf_type(kind):
        return name
    alone = isinstance(kind, GraphQLObjectType) and not given.args
    return f"{name} {selection(kind, levels - 1)}" if levels > 1 and alone else None


def literal(value: Any, type_: Any = None) -> str:
    """A value as it is written in a document."""
    kind = get_named_type(type_) if type_ is not None else None
    fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
    if isinstance(value, dict):
        parts = (
            f"{name}: {literal(each, fields[name].type if name in fields else None)}"
            for name, each in value.items()
        )
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(each, type_) for each in value) + "]"
    if isinstance(kind, GraphQLEnumType) and isinstance(value, str) and value in kind.values:
        return value
    return json.dumps(value)
