"""The relationships of a design, found by definitions: pure and deterministic.

The rules are those of Meshery's engine, but where that does not do what its contract promises;
each difference is told where it is made:

    match ids         each binding has its own                              binding_plans
    other paths       a value outside of the configuration is written there actions
    lists             any element matches, the last is written to           paths, patches
    removal           a value that another relationship wants stays         patches
    actions           the last of each path is told                         actions, Parity
    missing parents   each is added once, under an id made of what it is    additions
    flapping          is looked for within one evaluation                   evaluation
    only changes      are cut out of the result, after the last pass        traces
    stored aliases    are the same whatever the strategy of their patch     bonds
    aliases           are read from relationships, written to in parents    draft, reading
    passes            go on while any component or relationship went or
                      changed, so that a second evaluation finds nothing    passes
    versions          grow when something changed                           Parity

That kinds are looked for within names and that absent values match is kept, and can be switched
off (`Parity`). That a relationship whose values no longer agree is not deleted but patched is kept.
"""

from app.evaluation.compilation import compile_definitions
from app.evaluation.definitions import Definitions
from app.evaluation.evaluation import SCHEMA_VERSION, Evaluation, evaluate
from app.evaluation.fingerprints import evaluation_hash
from app.evaluation.options import Limits, Options, Parity
from app.evaluation.refusals import Unevaluable

__all__ = [
    "SCHEMA_VERSION",
    "Definitions",
    "Evaluation",
    "Limits",
    "Options",
    "Parity",
    "Unevaluable",
    "compile_definitions",
    "evaluate",
    "evaluation_hash",
]
