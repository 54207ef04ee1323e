"""The demo data as tables. Names in the first column are what other tables refer to.

`member` and `outsider` share nothing: no organization, team, environment or connection.
`admin` belongs to every organization. The last row of each table of things is deleted, and each
table of memberships has one that ended.
"""

from __future__ import annotations

from typing import NamedTuple


class User(NamedTuple):
    """`name` is also the local part of the address; `roles` are held everywhere."""

    name: str
    first_name: str
    last_name: str
    status: str = "active"
    country: str = "DE"
    roles: str = ""
    deleted: bool = False


class Organization(NamedTuple):
    name: str
    title: str
    domain: str | None
    country: str
    region: str
    description: str
    owner: str
    deleted: bool = False


class Member(NamedTuple):
    """Memberships of an organization or of a team; no role grants what `user` grants."""

    place: str
    role: str | None
    users: str
    ended: bool = False


class Team(NamedTuple):
    name: str
    title: str
    description: str
    owner: str
    organizations: str
    deleted: bool = False


class Environment(NamedTuple):
    name: str
    title: str
    description: str
    organization: str
    owner: str
    deleted: bool = False


class Connection(NamedTuple):
    """`address` is where the resource is; one with a `secret` gets a sealed credential."""

    name: str
    title: str
    kind: str
    type: str
    sub_type: str
    status: str
    owner: str
    environments: str
    address: str
    secret: bool = False
    deleted: bool = False


# fmt: off
USERS = (
    User("admin", "Ada", "Adeyemi", country="NG", roles="admin"),
    User("member", "Mika", "Mäkinen", country="FI"),
    User("outsider", "Olivia", "Okafor", country="GB"),
    User("amara", "Amara", "Nwosu", country="NG", roles="curator"),
    User("bruno", "Bruno", "Silva", country="BR"),
    User("chen", "Chen", "Wei", country="CN"),
    User("dana", "Dana", "Levi", country="IL"),
    User("elif", "Elif", "Yılmaz", country="TR", roles="meshmap"),
    User("farid", "Farid", "Haddad", country="MA"),
    User("greta", "Greta", "Lindqvist", country="SE"),
    User("hiro", "Hiro", "Tanaka", country="JP"),
    User("ines", "Inês", "Carvalho", country="PT"),
    User("jonas", "Jonas", "Weber"),
    User("kavya", "Kavya", "Raman", country="IN"),
    User("liam", "Liam", "O'Brien", country="IE"),
    User("marta", "Marta", "Nowak", country="PL"),
    User("nadia", "Nadia", "Petrova", country="BG"),
    User("omar", "Omar", "Farouk", country="EG", status="inactive"),
    User("paula", "Paula", "Giménez", country="AR"),
    User("quentin", "Quentin", "Moreau", country="FR"),
    User("rosa", "Rosa", "Conti", country="IT"),
    User("sven", "Sven", "Dahl", country="NO", status="pending"),
    User("tala", "Tala", "Reyes", country="PH"),
    User("uma", "Uma", "Kulkarni", country="IN"),
    User("viktor", "Viktor", "Horváth", country="HU"),
    User("wanjiru", "Wanjiru", "Kamau", country="KE"),
    User("xenia", "Xenia", "Papadaki", country="GR"),
    User("yusuf", "Yusuf", "Demir", country="TR", status="inactive"),
    User("pia", "Pia", "100%_Percent"),
    User("visitor", "Visiting", "Guest", status="anonymous"),
    User("zoe", "Zoë", "Former", deleted=True),
)

ORGANIZATIONS = (
    Organization("cooperative", "Example Cooperative", "example.org", "Germany", "Berlin",
                 "Builds and runs software together.", "admin"),
    Organization("harbour", "Harbour Logistics", "harbour.example", "Netherlands", "Rotterdam",
                 "Moves containers, of both kinds.", "greta"),
    Organization("observatory", "Night Observatory", "observatory.example", "Chile", "Atacama",
                 "Looks far away and shares nothing with the others.", "outsider"),
    Organization("workshop", "Quiet Workshop", None, "Japan", "Kyoto", "Has no domain.", "admin"),
    Organization("winter", "Winter Project", "winter.example", "Finland", "Lapland",
                 "Ended in spring.", "admin", deleted=True),
)

ORGANIZATION_MEMBERS = (
    Member("cooperative", "organization admin", "admin amara"),
    Member("cooperative", "workspace admin", "bruno"),
    Member("cooperative", "workspace manager", "chen"),
    Member("cooperative", "team admin", "dana"),
    Member("cooperative", "user", "member elif farid hiro ines jonas kavya visitor"),
    Member("cooperative", None, "liam omar sven pia zoe"),
    Member("cooperative", "user", "paula", ended=True),
    Member("harbour", "organization admin", "admin greta"),
    Member("harbour", "workspace admin", "marta"),
    Member("harbour", "user", "hiro ines nadia paula quentin rosa yusuf"),
    Member("observatory", "organization admin", "admin outsider"),
    Member("observatory", "user", "tala uma viktor"),
    Member("observatory", None, "wanjiru xenia"),
    Member("workshop", "organization admin", "admin"),
    Member("winter", "organization admin", "admin"),
)

TEAMS = (
    Team("platform", "Platform", "Keeps the clusters running.", "amara", "cooperative"),
    Team("design", "Design", "Draws what is to be built.", "dana", "cooperative"),
    Team("bridge", "Bridge", "Works for two organizations.", "amara", "cooperative harbour"),
    Team("cranes", "Cranes", "Automates the quay.", "greta", "harbour"),
    Team("optics", "Optics", "Grinds the mirrors.", "outsider", "observatory"),
    Team("sailors", "Sailors", "Signed off.", "greta", "harbour", deleted=True),
)

TEAM_MEMBERS = (
    Member("platform", "team admin", "bruno"),
    Member("platform", None, "member chen farid"),
    Member("platform", None, "jonas", ended=True),
    Member("design", "team admin", "dana"),
    Member("design", None, "elif ines"),
    Member("bridge", "workspace admin", "hiro"),
    Member("bridge", None, "ines amara"),
    Member("cranes", "team admin", "greta"),
    Member("cranes", None, "marta nadia"),
    Member("optics", "team admin", "outsider"),
    Member("optics", None, "tala uma"),
    Member("sailors", None, "paula"),
)

ENVIRONMENTS = (
    Environment("production", "Production", "What customers use.", "cooperative", "amara"),
    Environment("staging", "Staging", "Next week's production.", "cooperative", "bruno"),
    Environment("sandbox", "Sandbox", "For trying things out.", "cooperative", "chen"),
    Environment("quay", "Quay", "The terminal's own machines.", "harbour", "greta"),
    Environment("yard", "Yard", "The container yard.", "harbour", "marta"),
    Environment("dome", "Dome", "Under the telescope.", "observatory", "outsider"),
    Environment("bench", "Bench", "", "workshop", "admin"),
    Environment("attic", "Attic", "Cleared out.", "cooperative", "amara", deleted=True),
)

CONNECTIONS = (
    Connection("berlin", "berlin-1", "kubernetes", "platform", "orchestrator", "connected",
               "amara", "production staging", "https://berlin-1.example.org:6443", secret=True),
    Connection("munich", "munich-1", "kubernetes", "platform", "orchestrator", "registered",
               "bruno", "staging", "https://munich-1.example.org:6443", secret=True),
    Connection("laptop", "laptop", "kubernetes", "platform", "orchestrator", "discovered",
               "member", "", "https://laptop.example.org:6443", secret=True),
    Connection("kiel", "kiel-1", "kubernetes", "platform", "orchestrator", "maintenance",
               "chen", "sandbox", "https://kiel-1.example.org:6443"),
    Connection("mesh-berlin", "meshery-berlin", "meshery", "platform", "orchestrator", "connected",
               "amara", "production", "https://meshery.example.org"),
    Connection("metrics", "prometheus", "prometheus", "telemetry", "metrics", "connected",
               "amara", "production", "https://prometheus.example.org"),
    Connection("boards", "grafana", "grafana", "telemetry", "metrics", "registered",
               "amara", "production staging", "https://grafana.example.org", secret=True),
    Connection("code", "cooperative-code", "github", "collaboration", "git", "connected",
               "dana", "sandbox", "https://code.example.org", secret=True),
    Connection("chat", "chat", "slack", "collaboration", "chat", "ignored",
               "dana", "", "https://chat.example.org"),
    Connection("rotterdam", "rotterdam-1", "kubernetes", "platform", "orchestrator", "connected",
               "greta", "quay yard", "https://rotterdam-1.harbour.example:6443", secret=True),
    Connection("mesh-harbour", "meshery-harbour", "meshery", "platform", "orchestrator",
               "disconnected", "greta", "quay", "https://meshery.harbour.example"),
    Connection("cloud", "cloud-account", "aws", "platform", "cloud", "not found",
               "marta", "yard", "https://cloud.harbour.example", secret=True),
    Connection("telescope", "telescope", "kubernetes", "platform", "orchestrator", "connected",
               "outsider", "dome", "https://telescope.observatory.example:6443", secret=True),
    Connection("stars", "star-metrics", "prometheus", "telemetry", "metrics", "connected",
               "outsider", "dome", "https://metrics.observatory.example"),
    Connection("attic-node", "attic-node", "kubernetes", "platform", "orchestrator", "deleted",
               "amara", "attic", "https://attic.example.org:6443", deleted=True),
)
# fmt: on
