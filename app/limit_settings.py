"""What is set of the limits: how much may be asked, how often, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.enforcement import Mode
from app.setting_kinds import NETWORKS, Network, number, one_of, seconds, setting, whole


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """The settings that are limits."""

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
