"""The relationships of a design, found by definitions: pure and deterministic."""

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
