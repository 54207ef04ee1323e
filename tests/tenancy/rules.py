"""Where a foreign id is known to be answered otherwise than an absent one, and why that is right.

Everything else is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.tenancy.world import ADMIN, CALLERS

Names = frozenset[str]


@dataclass(frozen=True)
class Rule:
    """Holds for the `callers` at the `positions`.

    `adds` are tables to which the request adds rows of the caller's own, whatever the id: such
    answers have ids and times of their own. `apart` are the ids that are not answered as an absent
    one. `shows` are the canaries that everybody may see, and `kinds` those of the ids. What is
    `left_out` is not asked.
    """

    positions: Names
    why: str
    callers: tuple[str | None, ...] = CALLERS
    adds: Names = frozenset()
    apart: Names = frozenset()
    shows: tuple[str, ...] = ()
    kinds: Names = frozenset()
    left_out: bool = False


DIRECTORY = ("canary-users-username-", "canary-users-avatar_url-")

ABOUT = {"actedUpon": "acted_upon", "operationId": "operation_id", "systemId": "system_id"}


def _abouts() -> Iterator[str]:
    """Where an event says what it is about."""
    for name, spelled in ABOUT.items():
        yield f"Mutation.createEvent(input.{name})"
        for path in ("/events", "/api/events"):
            yield from (f"POST {path} ({name})", f"POST {path} ({spelled})")


RULES = (
    Rule(
        frozenset({"Query.organizationByDomain", "GET /api/identity/orgs/by-domain"}),
        "Login pages show whose door it is to whoever knows its domain.",
        shows=("canary-organizations-",),
        kinds=frozenset({"Organization", "User"}),
    ),
    Rule(
        frozenset({"Query.publicUsers", "GET /api/users"}),
        "The directory shows everybody the name and the picture that each user has chosen.",
        shows=DIRECTORY,
        kinds=frozenset({"User"}),
    ),
    Rule(
        frozenset({"Query.publicUsers(after)", "Query.publicUsers(before)"}),
        "The directory shows everybody the name and the picture that each user has chosen, and a "
        "cursor of a user that it shows is a place beside them.",
        apart=frozenset({"foreign"}),
        shows=DIRECTORY,
        kinds=frozenset({"User"}),
    ),
    Rule(
        frozenset(_abouts()),
        "What an event says that it is about is its owner's word, which nothing follows.",
        callers=CALLERS[:-1],
        adds=frozenset({"events"}),
    ),
    Rule(
        frozenset(
            {"Mutation.createConnection(input.id)", "POST /api/integrations/connections (id)"}
        ),
        "An id of the caller's own making must not be taken: which it is not says whose it is.",
        callers=CALLERS[:-1],
        adds=frozenset({"connections", "events"}),
    ),
    Rule(
        frozenset({"Subscription.events(after)"}),
        "An event that was deleted still has its place, so that nobody misses what came after it.",
        callers=CALLERS[:2],
        apart=frozenset({"own deleted"}),
    ),
    Rule(
        frozenset({
            "Mutation.addUserToOrganization(input.user)",
            "POST /api/identity/orgs/{orgId}/users/{userId} (userId)",
        }),
        "Who may add users adds whom they can name: that is how a colleague comes in.",
        callers=(ADMIN,),
        left_out=True,
    ),
)  # fmt: skip


def rule_of(position: str, caller: str | None) -> Rule | None:
    """The rule for a caller at a position, if there is one."""
    rules = (each for each in RULES if position in each.positions and caller in each.callers)
    return next(rules, None)
