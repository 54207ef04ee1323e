"""Whatever is asked, by whomever, both executors answer the same."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.differential.comparing import SCHEMA, Comparing
from tests.differential.generator import Generator

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Generated operations on each engine; more of them find more.
OPERATIONS = int(os.environ.get("DIFFERENTIAL_OPERATIONS", "1500"))
SEED = os.environ.get("DIFFERENTIAL_SEED", "0")
PER_TEST = 50
#: Most ask as somebody who may see much, so that most have something to compare.
ASKING = ("ann", "ann", "ann", "cid", "cid", "bob", "bob", "fay", "dot", "eve", None)


@pytest.mark.parametrize("part", range(OPERATIONS // PER_TEST))
async def test_generated_operations(comparing: Comparing, part: int) -> None:
    comparing.seen.clear()
    comparing.executors.roads.clear()
    seed = f"{SEED}/{part}"
    generator, random = Generator(SCHEMA, seed, comparing.cursors), Random(seed)
    for _ in range(PER_TEST):
        await comparing.check(generator.operation(), random.choice(ASKING))
    print(dict(comparing.seen), dict(comparing.executors.roads))
    assert comparing.seen["data"] >= 0.6 * PER_TEST
    assert comparing.seen["INTERNAL_SERVER_ERROR"] == 0
