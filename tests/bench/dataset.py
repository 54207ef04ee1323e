"""A deterministic data set: the same rows, ids and times wherever and whenever it is made.

Scale 1 is 200 organizations with 20 teams of about 25 of 20,000 users each, 1,000 environments,
and 20,000 connections with about 300 bytes of metadata in one or two environments each. All
counts grow with the scale but two: what an organization holds, and the 20 organizations that
the viewer belongs to. So a page costs the same at every scale, if indexes do their work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

from app.db.base import Table
from app.db.connections import Connection
from app.db.environments import Environment, EnvironmentConnection
from app.db.organizations import Organization, OrganizationUser
from app.db.teams import Team, TeamOrganization, TeamUser
from app.db.users import User

START = datetime(2025, 1, 1, 0, 0, 0, 123457, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)

#: What one organization holds.
TEAMS = 20
MEMBERS = 250
ENVIRONMENTS = 5
CONNECTIONS = 100
USERS = 100  # of its own: with those of its neighbours it has MEMBERS

#: Connections in each environment of the viewer's organizations.
ASSIGNED = 2 * CONNECTIONS // ENVIRONMENTS

#: How many organizations the viewer belongs to, out of all.
VIEWER_ORGANIZATIONS = 20
VIEWER_SUBJECT = "bench-viewer"
VIEWER_EMAIL = "viewer@bench.example"

KINDS = (
    ("kubernetes", "platform", "orchestrator"),
    ("prometheus", "telemetry", "metrics"),
    ("grafana", "telemetry", "metrics"),
    ("github", "collaboration", "git"),
)
STATUSES = ("connected", "registered", "discovered", "maintenance", "not found")

Row = tuple[Any, ...]


class Kind(IntEnum):
    """What a row is, as it stands in its id."""

    USER = 1
    VIEWER = 2
    ORGANIZATION = 3
    MEMBERSHIP = 4
    TEAM = 5
    LINK = 6
    SEAT = 7
    ENVIRONMENT = 8
    CONNECTION = 9
    ASSIGNMENT = 10


def row_id(kind: Kind, number: int) -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): ids of one kind grow with the number, a second apart."""
    milliseconds = START_MS + 1000 * number
    return UUID(int=milliseconds << 80 | 7 << 76 | kind << 64 | 2 << 62 | number)


def _times(number: int) -> Row:
    """Created, updated and deleted: in an order of their own, as in a database in use."""
    created = START + timedelta(seconds=number)
    return created, created + timedelta(seconds=number * 7919 % 1_000_003), None


def seats(organization: int, team: int) -> int:
    """How many members a team has: 20 to 30, 25 on average."""
    return 20 + (7 * team + organization) % 11


@dataclass(frozen=True)
class Dataset:
    """All rows of a scale; `scale` may be a fraction, down to four organizations (0.02)."""

    scale: float = 1.0

    @property
    def organizations(self) -> int:
        return max(4, round(200 * self.scale))

    @property
    def users(self) -> int:
        return self.organizations * USERS

    @property
    def step(self) -> int:
        """The distance between two organizations of the viewer, who is never in all of them."""
        return max(2, self.organizations // VIEWER_ORGANIZATIONS)

    def viewer_organizations(self) -> list[int]:
        """The numbers of the organizations that the viewer belongs to."""
        return list(range(0, self.organizations, self.step))[:VIEWER_ORGANIZATIONS]

    def tables(self, viewer_role: UUID) -> list[tuple[type[Table], Callable[[], Iterator[Row]]]]:
        """Each table with its rows, in the order of its columns; those pointed at come first."""
        return [
            (User, self._users),
            (Organization, self._organizations),
            (OrganizationUser, lambda: self._memberships(viewer_role)),
            (Team, self._teams),
            (TeamOrganization, self._links),
            (TeamUser, self._seats),
            (Environment, self._environments),
            (Connection, self._connections),
            (EnvironmentConnection, self._assignments),
        ]

    def _user(self, organization: int, number: int) -> UUID:
        return row_id(Kind.USER, (organization * USERS + number) % self.users)

    def _users(self) -> Iterator[Row]:
        nothing = (None,) * 8
        for number in range(self.users):
            name = f"user-{number}"
            yield (
                row_id(Kind.USER, number), name, name, "bench", f"{name}@bench.example",
                f"First {number}", f"Last {number % 997}", None, "active", *nothing,
                *_times(number),
            )  # fmt: skip
        yield (
            row_id(Kind.VIEWER, 0), VIEWER_SUBJECT, "viewer", "bench", VIEWER_EMAIL,
            "Vera", "Viewer", None, "active", *nothing, *_times(0),
        )  # fmt: skip

    def _organizations(self) -> Iterator[Row]:
        for number in range(self.organizations):
            yield (
                row_id(Kind.ORGANIZATION, number), f"Organization {number}", "DE", "Europe",
                "An organization of the benchmark.", self._user(number, 0), "{}",
                f"organization-{number}.bench.example", *_times(number),
            )  # fmt: skip

    def _memberships(self, viewer_role: UUID) -> Iterator[Row]:
        for organization in range(self.organizations):
            place = row_id(Kind.ORGANIZATION, organization)
            for number in range(min(MEMBERS, self.users)):
                count = organization * (MEMBERS + 1) + number
                user = self._user(organization, number)
                yield row_id(Kind.MEMBERSHIP, count), place, user, None, *_times(count)
        for organization in self.viewer_organizations():
            count = organization * (MEMBERS + 1) + MEMBERS
            place = row_id(Kind.ORGANIZATION, organization)
            viewer = row_id(Kind.VIEWER, 0)
            yield row_id(Kind.MEMBERSHIP, count), place, viewer, viewer_role, *_times(count)

    def _each_team(self) -> Iterator[tuple[int, int, int]]:
        """(organization, team in the organization, team among all)"""
        for organization in range(self.organizations):
            for team in range(TEAMS):
                yield organization, team, organization * TEAMS + team

    def _teams(self) -> Iterator[Row]:
        for organization, team, number in self._each_team():
            yield (
                row_id(Kind.TEAM, number), f"Team {team} of {organization}",
                "A team of the benchmark.", self._user(organization, 0), "{}", *_times(number),
            )  # fmt: skip

    def _links(self) -> Iterator[Row]:
        for organization, _, number in self._each_team():
            place = row_id(Kind.ORGANIZATION, organization)
            yield row_id(Kind.LINK, number), place, row_id(Kind.TEAM, number), *_times(number)

    def _seats(self) -> Iterator[Row]:
        for organization, team, number in self._each_team():
            place = row_id(Kind.TEAM, number)
            for seat in range(seats(organization, team)):
                count = number * 30 + seat
                user = self._user(organization, (37 * team + 7 * seat) % MEMBERS)
                yield row_id(Kind.SEAT, count), place, user, None, *_times(count)

    def _environments(self) -> Iterator[Row]:
        for organization in range(self.organizations):
            place = row_id(Kind.ORGANIZATION, organization)
            for environment in range(ENVIRONMENTS):
                number = organization * ENVIRONMENTS + environment
                yield (
                    row_id(Kind.ENVIRONMENT, number), f"Environment {environment}",
                    f"Environment {environment} of organization {organization}.", place,
                    self._user(organization, 1), "{}", *_times(number),
                )  # fmt: skip

    def _connections(self) -> Iterator[Row]:
        for organization in range(self.organizations):
            for connection in range(CONNECTIONS):
                number = organization * CONNECTIONS + connection
                kind, type_, sub_type = KINDS[number % len(KINDS)]
                yield (
                    row_id(Kind.CONNECTION, number), f"{kind}-{number}", None, type_, sub_type,
                    kind, metadata(number), STATUSES[number % len(STATUSES)],
                    self._user(organization, connection), None, *_times(number),
                )  # fmt: skip

    def _assignments(self) -> Iterator[Row]:
        """A second environment for every connection of the viewer's, and for half of the others."""
        for organization in range(self.organizations):
            busy = organization % self.step == 0
            for connection in range(CONNECTIONS):
                number = organization * CONNECTIONS + connection
                row = row_id(Kind.CONNECTION, number)
                home = connection % ENVIRONMENTS
                away = (home + 1 + connection // ENVIRONMENTS % 4) % ENVIRONMENTS
                for turn, place in enumerate((home, away) if busy or connection % 2 else (home,)):
                    count = 2 * number + turn
                    environment = row_id(Kind.ENVIRONMENT, organization * ENVIRONMENTS + place)
                    yield row_id(Kind.ASSIGNMENT, count), environment, row, *_times(count)


def metadata(number: int) -> str:
    """About 300 bytes of JSON, in the shape that a Kubernetes connection has."""
    server, instance = (row_id(kind, number) for kind in (Kind.CONNECTION, Kind.ENVIRONMENT))
    return (
        f'{{"name": "cluster-{number}", "server": "https://cluster-{number}.bench.example:6443", '
        f'"version": "v1.33.{number % 9}", "deployment_type": "out_of_cluster", '
        f'"meshsync_deployment_mode": "operator", "kubernetes_server_id": "{server}", '
        f'"meshery_instance_id": "{instance}", "nodes": {number % 50}}}'
    )
