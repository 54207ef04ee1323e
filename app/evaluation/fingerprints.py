"""The hash of an evaluation: what it depends on, and nothing else."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import Any

import orjson

from app.evaluation.definitions import Definitions
from app.evaluation.options import DEFAULTS, Options
from app.evaluation.refusals import NoDesign

#: The version of the rules: another where the same input may give another result.
CONTRACT = 1


def evaluation_hash(design: Any, definitions: Definitions, options: Options = DEFAULTS) -> str:
    """SHA-256 in hexadecimal: two evaluations of one hash have one result.

    It is of the design as it was received, all definitions, since what is added may bring more
    into play, and all options. Raises `NoDesign` for what is not JSON.
    """
    seed = {
        "contract": CONTRACT,
        "definitions": definitions.digest,
        "design": design,
        "options": asdict(options),
    }
    try:
        text = orjson.dumps(seed, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise NoDesign(f"the design cannot be written as JSON: {error}") from None
    return sha256(text).hexdigest()
