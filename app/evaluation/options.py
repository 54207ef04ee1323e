"""What an evaluation may be asked for, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """Beyond these a design is refused, but where the comment says that the rest is left."""

    components: int = 5_000
    relationships: int = 50_000
    #: Relationships and components that one evaluation may add.
    produced: int = 50_000
    #: Of the design as JSON without spaces.
    bytes: int = 64 * 1024 * 1024
    alias_depth: int = 32
    #: Left as they are then: what still changes in the last pass.
    passes: int = 5
    #: Left out: further groups of siblings of one definition, in the order of field and value.
    sibling_groups: int = 20
    #: Left `identified` until the next pass: further relationships of one policy.
    approvals: int = 100


@dataclass(frozen=True)
class Parity:
    """Where Meshery's own engine behaves otherwise, and which of the two is wanted."""

    #: List only the first action of each operation and id; else the last of each path as well.
    first_action_only: bool = False
    #: Kinds are looked for within names, as Meshery does, so that `Pod` means `PodTemplate` too.
    kinds_within_names: bool = True
    #: Two absent values are equal, and an absent value vetoes no binding, as with Meshery.
    absent_values_match: bool = True
    #: The version grows by one in each pass; else by one if anything changed.
    version_per_pass: bool = False


@dataclass(frozen=True)
class Options:
    """`return_diff_only` and `enable_trace` are the options of the documented request."""

    return_diff_only: bool = False
    enable_trace: bool = False
    parity: Parity = field(default_factory=Parity)
    limits: Limits = field(default_factory=Limits)


DEFAULTS = Options()
