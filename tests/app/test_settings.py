"""Settings: environment → values, or every reason why not."""

import dataclasses
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.setting_kinds import DATABASE
from app.settings import Settings, SettingsError, declared, keep_from_children, settings_table

DEFAULTS = {
    "database_url": "sqlite+aiosqlite:///data/meshgraph.db",
    "listening_url": None,
    "data_dir": Path("data"),
    "host": "127.0.0.1",
    "port": 9876,
    "workers": 1,
    "jwt_secret_file": Path("data/jwt.secret"),
    "vault_keys_file": Path("data/vault.keys"),
    "jwks_url": None,
    "jwks_file": None,
    "jwt_algorithms": ("HS256", "RS256", "ES256"),
    "jwt_issuer": None,
    "jwt_audience": None,
    "jwt_allow_no_exp": False,
    "jwt_max_lifetime": 86_400,
    "unknown_users": "refuse",
    "public_graph": False,
    "introspection": True,
    "field_suggestions": True,
    "metrics": False,
    "rest_ledger": True,
    "deprecations": None,
    "explorer": True,
    "rest_map": True,
    "docs": True,
    "max_depth": 10,
    "max_aliases": 30,
    "max_root_fields": 20,
    "max_directives": 8,
    "max_tokens": 1000,
    "max_source_length": 10_000,
    "max_nodes": 10_000,
    "max_cost": 1000,
    "max_body_bytes": 262_144,
    "query_timeout": 5.0,
    "pool_timeout": 1.0,
    "connections": "warn",
    "max_connections": 256,
    "uncounted_networks": (ip_network("127.0.0.0/8"), ip_network("::1/128")),
    "mutation_timeout": 10.0,
    "max_upload_bytes": 33_554_432,
    "import_timeout": 60.0,
    "read_timeout": 30.0,
    "evaluate_timeout": 30.0,
    "event_days": 90,
    "idempotency_hours": 24,
    "workers_memory": 2_147_483_648,
    "helm": None,
    "kubectl": None,
    "allowed_origins": (),
    "log_requests": "all",
    "trusted_documents": "off",
    "documents_dir": None,
    "debug_headers": True,
    "allowed_hosts": (),
    "drain_seconds": 2.0,
    "stop_timeout": 7,
    "head_timeout": 8.0,
    "body_timeout": 8.0,
    "admission": "enforce",
    "max_reads": 64,
    "max_writes": 16,
    "max_per_caller": 16,
    "guesses": "enforce",
    "max_guesses": 60,
    "budget": "warn",
    "budget_size": 1000,
    "budget_restored": 100.0,
}

ACCEPTED = [
    ("PORT", "8080", "port", 8080),
    ("HOST", "0.0.0.0", "host", "0.0.0.0"),
    ("HOST", "  ", "host", "127.0.0.1"),
    ("MESHGRAPH_PORT", "tcp://10.0.0.1:9876", "port", 9876),  # what Kubernetes sets for services
    ("MESHGRAPH_DATA_DIR", "/srv/graph", "jwt_secret_file", Path("/srv/graph/jwt.secret")),
    (
        "MESHGRAPH_DATA_DIR",
        "/srv/graph",
        "database_url",
        "sqlite+aiosqlite:////srv/graph/meshgraph.db",
    ),
    ("MESHGRAPH_DATABASE_URL", "sqlite:///a.db", "database_url", "sqlite+aiosqlite:///a.db"),
    (
        "MESHGRAPH_DATABASE_URL",
        "postgres://u:p%40ss@db:5433/graph?sslmode=require",
        "database_url",
        "postgresql+asyncpg://u:p%40ss@db:5433/graph?ssl=require",
    ),
    ("MESHGRAPH_DATABASE_URL", "postgresql://db/g", "database_url", "postgresql+asyncpg://db/g"),
    (
        "MESHGRAPH_DATABASE_URL",
        "postgresql+asyncpg://db/g",
        "database_url",
        "postgresql+asyncpg://db/g",
    ),
    (
        "MESHGRAPH_DATABASE_URL",
        "postgresql://u:p@a:1,b:2,c/g?sslmode=require",
        "database_url",
        "postgresql+asyncpg://u:p@/g?host=a%3A1&host=b%3A2&host=c%3A5432&ssl=require",
    ),
    (
        "MESHGRAPH_DATABASE_URL",
        "postgresql://db/g?pooler=transaction",
        "database_url",
        "postgresql+asyncpg://db/g?pooler=transaction",
    ),
    (
        "MESHGRAPH_LISTENING_URL",
        "postgresql://db/g",
        "listening_url",
        "postgresql+asyncpg://db/g",
    ),
    ("MESHGRAPH_EXPLORER", "No", "explorer", False),
    ("MESHGRAPH_REST_MAP", "off", "rest_map", False),
    ("MESHGRAPH_DOCS", "off", "docs", False),
    ("MESHGRAPH_JWT_ALLOW_NO_EXP", "1", "jwt_allow_no_exp", True),
    ("MESHGRAPH_JWT_ALGORITHMS", " ES256 , HS256", "jwt_algorithms", ("HS256", "ES256")),
    ("MESHGRAPH_UNKNOWN_USERS", "provision", "unknown_users", "provision"),
    ("MESHGRAPH_LOG_REQUESTS", "slow", "log_requests", "slow"),
    ("MESHGRAPH_QUERY_TIMEOUT", "0.5", "query_timeout", 0.5),
    ("MESHGRAPH_JWKS_URL", "https://idp/keys", "jwks_url", "https://idp/keys"),
    ("MESHGRAPH_JWKS_URL", "http://[::1]:4444/keys", "jwks_url", "http://[::1]:4444/keys"),
    (
        "MESHGRAPH_ALLOWED_ORIGINS",
        "https://a.example, http://localhost:3000",
        "allowed_origins",
        ("https://a.example", "http://localhost:3000"),
    ),
    (
        "MESHGRAPH_ALLOWED_HOSTS",
        "API.example.org, localhost:9876",
        "allowed_hosts",
        ("api.example.org", "localhost:9876"),
    ),
    ("MESHGRAPH_BUDGET", "enforce", "budget", "enforce"),
    ("MESHGRAPH_BUDGET_RESTORED", "0.5", "budget_restored", 0.5),
]

REFUSED = [
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "http"),
    ("MESHGRAPH_WORKERS", "1.5"),
    ("MESHGRAPH_QUERY_TIMEOUT", "nan"),
    ("MESHGRAPH_QUERY_TIMEOUT", "0"),
    ("MESHGRAPH_INTROSPECTION", "maybe"),
    ("MESHGRAPH_UNKNOWN_USERS", "ignore"),
    ("MESHGRAPH_LOG_REQUESTS", "some"),
    ("MESHGRAPH_JWT_ALGORITHMS", "none"),
    ("MESHGRAPH_JWT_ALGORITHMS", "HS256,HS512"),
    ("MESHGRAPH_JWT_ALGORITHMS", ","),
    ("MESHGRAPH_DATABASE_URL", "mysql://db/g"),
    ("MESHGRAPH_DATABASE_URL", "postgresql+psycopg2://db/g"),
    ("MESHGRAPH_DATABASE_URL", "sqlite://"),
    ("MESHGRAPH_DATABASE_URL", "sqlite:///:memory:"),
    ("MESHGRAPH_DATABASE_URL", "meshgraph.db"),
    ("MESHGRAPH_JWKS_URL", "http://idp.example/keys"),
    ("MESHGRAPH_JWKS_URL", "https://user:secret@idp.example/keys"),
    ("MESHGRAPH_JWKS_URL", "https://idp.example:99999/keys"),
    ("MESHGRAPH_JWKS_URL", "file:///etc/passwd"),
    ("MESHGRAPH_ALLOWED_ORIGINS", "*"),
    ("MESHGRAPH_ALLOWED_ORIGINS", "https://*.example"),
    ("MESHGRAPH_ALLOWED_ORIGINS", "null"),
    ("MESHGRAPH_ALLOWED_ORIGINS", "https://a.example/"),
    ("MESHGRAPH_ALLOWED_ORIGINS", "https://A.example"),
    ("MESHGRAPH_ALLOWED_HOSTS", "*.example.org"),
    ("MESHGRAPH_ALLOWED_HOSTS", "https://example.org"),
    ("MESHGRAPH_ALLOWED_HOSTS", "example.org/"),
    ("MESHGRAPH_ADMISSION", "on"),
]


def test_an_empty_environment_gives_the_defaults() -> None:
    assert dataclasses.asdict(Settings.from_environ({})) == DEFAULTS


@pytest.mark.parametrize(("variable", "text", "field", "expected"), ACCEPTED)
def test_a_variable_sets_its_field(variable: str, text: str, field: str, expected: object) -> None:
    assert getattr(Settings.from_environ({variable: text}), field) == expected


@pytest.mark.parametrize(("variable", "text"), REFUSED)
def test_a_wrong_value_is_refused_with_what_is_allowed(variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({variable: text})
    kinds = {row.variable: row.kind for _, row in declared()}
    assert refusal.value.problems == (f"{variable} must be {kinds[variable].allowed}.",)


def test_all_problems_are_reported_at_once_and_no_value_is_repeated() -> None:
    environ = {
        "PORT": "x",
        "MESHGRAPH_DATABASE_URL": "mysql://u:hunter2@db/g",
        "MESHGRAPH_WORKERS": "",
    }
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({**environ, "MESHGRAPH_JWT_ALGORITHMS": "RS256"})
    assert str(refusal.value).splitlines() == [
        f"MESHGRAPH_DATABASE_URL must be {DATABASE.allowed}.",
        "PORT must be a whole number from 1 to 65535.",
        "MESHGRAPH_JWT_ALGORITHMS without HS256 needs MESHGRAPH_JWKS_URL or MESHGRAPH_JWKS_FILE.",
    ]


def test_two_sources_of_keys_are_refused() -> None:
    environ = {"MESHGRAPH_JWKS_URL": "https://idp/keys", "MESHGRAPH_JWKS_FILE": "keys.json"}
    with pytest.raises(SettingsError, match="not both"):
        Settings.from_environ(environ)


def test_the_password_of_the_database_is_not_shown() -> None:
    settings = Settings.from_environ({"MESHGRAPH_DATABASE_URL": "postgres://u:hunter2@db/g"})
    assert "hunter2" not in repr(settings)


def test_processes_that_are_started_later_are_not_told_the_settings() -> None:
    password = {"MESHGRAPH_DATABASE_URL": "postgres://u:hunter2@db/g"}
    environ = {"PATH": "/bin", **password, "OTEL_EXPORTER_OTLP_HEADERS": "authorization=hunter2"}
    keep_from_children(environ)
    assert environ == {"PATH": "/bin"}


def test_settings_do_not_change() -> None:
    settings = Settings.from_environ({})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


def test_the_table_has_a_row_for_every_setting() -> None:
    lines = settings_table().splitlines()
    assert lines[2].startswith("| `MESHGRAPH_DATA_DIR` | `data` | a path |")
    assert "| `PORT` | `9876` | a whole number from 1 to 65535 | Port to listen on. |" in lines
    assert len(lines) == 2 + len(DEFAULTS)
    assert {line.count("|") for line in lines} == {5}
