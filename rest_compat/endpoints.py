"""The documented endpoints: one row each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Endpoint:
    """An address and the operation that answers it.

    `others` are the other documented statuses, and `silent` those documented without a body.
    `public` rows need no token. `ignored` parameters are documented, accepted and without effect.
    `aliases` are further paths of the same row. The body of a row that `uploads` is documented as
    `multipart/form-data`, and may be as long as files are. So may that of a row with a `document`:
    a member of the body which the operation gets as JSON text.
    """

    method: str
    path: str
    operation: str
    status: int
    tag: str
    others: str = "400 401 404 500"
    silent: str = ""
    public: bool = False
    ignored: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    uploads: bool = False
    document: str | None = None

    @property
    def is_long(self) -> bool:
        """Whether the body may be as long as files are."""
        return self.uploads or self.document is not None

    @property
    def statuses(self) -> frozenset[int]:
        """Every documented status."""
        return frozenset({self.status, *map(int, self.others.split())})

    def is_silent(self, status: int) -> bool:
        return str(status) in self.silent.split()


ENV = "/api/environments"
ORGS = "/api/identity/orgs"
ORG = ORGS + "/{orgId}"
TEAM = ORG + "/teams/{teamId}"
PROFILE = "/api/identity/users/profile"
EVENTS = "/events"
CONN = "/api/integrations/connections"

# The first row that matches answers: a literal segment comes before a parameter in its place.
# fmt: off
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", ENV, "getEnvironments", 200, "Environment", others="401 500"),
    Endpoint("POST", ENV, "createEnvironment", 201, "Environment", others="400 401 500"),
    Endpoint("GET", ENV + "/{environmentId}", "getEnvironmentById", 200, "Environment"),
    Endpoint("PUT", ENV + "/{environmentId}", "updateEnvironment", 200, "Environment"),
    Endpoint("DELETE", ENV + "/{environmentId}", "deleteEnvironment", 204, "Environment"),
    Endpoint("GET", ENV + "/{environmentId}/connections",
             "getEnvironmentConnections", 200, "Environment"),
    Endpoint("POST", ENV + "/{environmentId}/connections/{connectionId}",
             "addConnectionToEnvironment", 201, "Connection"),
    Endpoint("DELETE", ENV + "/{environmentId}/connections/{connectionId}",
             "removeConnectionFromEnvironment", 204, "Connection", others="401 404 500"),

    Endpoint("GET", ORGS, "getOrgs", 200, "Organization", others="204 401 500"),
    Endpoint("POST", ORGS, "createOrg", 201, "Organization", others="400 401 500"),
    Endpoint("GET", ORGS + "/by-domain", "getOrgByDomain", 200, "Organization",
             others="401 404 500", silent="404 500", public=True),
    Endpoint("GET", ORG, "getOrg", 200, "Organization", others="401 404 500"),
    Endpoint("PUT", ORG, "handleUpdateOrg", 200, "Organization"),
    Endpoint("DELETE", ORG, "deleteOrg", 204, "Organization"),
    Endpoint("GET", ORG + "/preferences", "getOrgPreferences", 200, "Organization",
             others="401 404 500"),

    Endpoint("GET", ORG + "/teams", "getTeams", 200, "Team", others="401 404 500"),
    Endpoint("POST", ORG + "/teams", "createTeam", 201, "Team"),
    Endpoint("GET", TEAM, "getTeamById", 200, "Team"),
    Endpoint("POST", TEAM, "addTeamToOrg", 201, "Organization", silent="400 401 404 500"),
    Endpoint("PUT", TEAM, "updateTeam", 200, "Team"),
    Endpoint("DELETE", TEAM, "deleteTeam", 204, "Team"),
    Endpoint("POST", TEAM + "/remove", "removeTeamFromOrg", 200, "Organization",
             silent="400 401 404 500"),
    Endpoint("GET", TEAM + "/users", "listUsersNotInTeam", 200, "Team"),
    Endpoint("POST", TEAM + "/users/{userId}", "addUserToTeam", 201, "Team"),
    Endpoint("DELETE", TEAM + "/users/{userId}", "removeUserFromTeam", 204, "Team"),

    Endpoint("GET", ORG + "/users", "getUsersForOrg", 200, "User"),
    Endpoint("GET", ORG + "/users/keys", "getUserKeys", 200, "Key",
             others="401 404 500", ignored=("page", "pagesize")),
    Endpoint("POST", ORG + "/users/{userId}", "addUserToOrg", 201, "Organization",
             silent="401 500"),
    Endpoint("DELETE", ORG + "/users/{userId}", "deleteUserFromOrg", 204, "Organization",
             others="401 404 500", silent="401 500"),

    Endpoint("GET", "/api/identity/teams/{teamId}/users", "getTeamUsers", 200, "Team"),

    Endpoint("GET", PROFILE, "getUser", 200, "User", others="401 500"),
    Endpoint("GET", PROFILE + "/{id}", "getUserProfileById", 200, "User"),

    Endpoint("GET", CONN, "getConnections", 200, "Connection", others="401 500"),
    Endpoint("POST", CONN, "registerConnection", 201, "Connection", others="400 401 500"),
    Endpoint("GET", CONN + "/kubernetes/{connectionId}/context",
             "getKubernetesContext", 200, "Connection", others="401 404 500"),
    Endpoint("DELETE", CONN + "/meshery/{mesheryServerId}",
             "deleteMesheryConnection", 204, "Connection", others="401 404 500"),
    Endpoint("GET", CONN + "/{connectionId}", "getConnectionById", 200, "Connection",
             others="401 404 500"),
    Endpoint("PUT", CONN + "/{connectionId}", "updateConnection", 200, "Connection",
             ignored=("id",)),
    Endpoint("DELETE", CONN + "/{connectionId}", "deleteConnection", 204, "Connection",
             others="401 404 500"),

    Endpoint("POST", "/api/meshmodels/register", "registerMeshmodels", 201, "Model",
             others="400 401 500", aliases=("/api/registry/register",), uploads=True),
    Endpoint("POST", "/api/pattern/import", "importDesign", 200, "Design",
             others="400 401 500", uploads=True),

    Endpoint("POST", "/evaluate", "postEvaluate", 200, "Evaluation", others="400 401 500",
             aliases=("/api/meshmodels/relationships/evaluate",
                      "/api/registry/relationships/evaluate"), document="design"),

    Endpoint("POST", EVENTS, "postEvents", 201, "Events", others="400 401 500",
             aliases=("/api" + EVENTS,)),
    Endpoint("POST", EVENTS + "/delete", "postEventsDelete", 200, "Events", others="400 401 500",
             aliases=("/api" + EVENTS + "/delete",)),
    Endpoint("PUT", EVENTS + "/status", "putEventsStatus", 200, "Events", others="400 401 500",
             aliases=("/api" + EVENTS + "/status", "/api/system" + EVENTS + "/status/bulk")),
    Endpoint("DELETE", EVENTS + "/{id}", "deleteEventsId", 204, "Events",
             aliases=("/api" + EVENTS + "/{id}", "/api/system" + EVENTS + "/{id}")),
    Endpoint("PUT", EVENTS + "/{id}/status", "putEventsIdStatus", 200, "Events",
             aliases=("/api" + EVENTS + "/{id}/status",
                      "/api/system" + EVENTS + "/status/{id}")),

    Endpoint("GET", "/api/users", "getUsers", 200, "User", others="400 401 500", public=True),
)
# fmt: on

#: The paths to which files are sent, or documents as long as files.
UPLOAD_PATHS = frozenset(
    path for each in ENDPOINTS if each.is_long for path in (each.path, *each.aliases)
)
