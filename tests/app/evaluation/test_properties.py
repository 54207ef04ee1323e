from __future__ import annotations

import copy
import random
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.evaluation import Evaluation, Options, Unevaluable, compile_definitions, evaluate
from app.evaluation.actions import Action
from app.evaluation.passes import Passes
from tests.app.evaluation.material import (
    ANY_DEFINITIONS,
    DEFINITIONS,
    DESIGNS,
    Json,
    done_naively,
)

SETS = st.one_of(
    st.permutations(DEFINITIONS),
    st.lists(st.sampled_from(DEFINITIONS), min_size=3, max_size=9),
    st.lists(ANY_DEFINITIONS, max_size=3),
    st.tuples(st.permutations(DEFINITIONS), ANY_DEFINITIONS).map(lambda both: [*both[0], both[1]]),
)
THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEN = Options(enable_trace=True)


def relationships(design: Json) -> list[bytes]:
    """What is related, without the order of what is found."""
    return sorted(orjson.dumps(each) for each in design.get("relationships", []))


def identities(design: Json) -> list[tuple[str, str]]:
    """The same without the order of siblings, which is that of the components."""
    return sorted((each["id"], each["status"]) for each in design.get("relationships", []))


def tried(design: Any, definitions: list[Json], options: Options = SEEN) -> Evaluation | None:
    try:
        return evaluate(design, compile_definitions(definitions), options)
    except Unevaluable:
        return None


@THOROUGH
@given(DESIGNS, SETS)
def test_actions_make_the_design_of_the_answer(design: Json, definitions: list[Json]) -> None:
    found = tried(design, definitions)
    assume(found)
    assert found
    again = done_naively(design, found.actions)
    assert again["components"] == (found.design.get("components") or [])
    assert again["relationships"] == (found.design.get("relationships") or [])


@THOROUGH
@given(DESIGNS, SETS)
def test_evaluating_the_result_changes_nothing(design: Json, definitions: list[Json]) -> None:
    found = tried(design, definitions)
    assume(found and found.settled)
    assert found
    again = tried(found.design, definitions)
    assert again is not None
    assert again.actions == []
    assert again.design == found.design


@THOROUGH
@given(DESIGNS, SETS)
def test_the_input_is_not_written_to_and_equal_input_gives_equal_bytes(
    design: Json, definitions: list[Json]
) -> None:
    before = copy.deepcopy((design, definitions))
    found, again = tried(design, definitions), tried(copy.deepcopy(design), definitions)
    assert (design, definitions) == before
    assert (found is None) == (again is None)
    if found and again:
        assert orjson.dumps(found.design) == orjson.dumps(again.design)
        assert orjson.dumps(found.actions) == orjson.dumps(again.actions)
        assert orjson.dumps(found.trace) == orjson.dumps(again.trace)
        assert found.passes <= 5


@THOROUGH
@given(DESIGNS, SETS, st.randoms(use_true_random=False))
def test_the_order_of_definitions_does_not_matter(
    design: Json, definitions: list[Json], chance: random.Random
) -> None:
    shuffled = chance.sample(definitions, len(definitions))
    found, again = tried(design, definitions), tried(design, shuffled)
    assert (found is None) == (again is None)
    if found and again:
        assert orjson.dumps(found.design) == orjson.dumps(again.design)


@THOROUGH
@given(DESIGNS, SETS, st.randoms(use_true_random=False))
def test_the_order_of_components_changes_only_the_order(
    design: Json, definitions: list[Json], chance: random.Random
) -> None:
    found = tried(design, definitions)
    assume(found and found.settled)
    assert found
    components = chance.sample(design["components"], len(design["components"]))
    again = tried({**design, "components": components}, definitions)
    assert again is not None
    by_id = {each["id"]: each for each in again.design["components"]}
    assert by_id == {each["id"]: each for each in found.design["components"]}
    assert identities(again.design) == identities(found.design)


@THOROUGH
@given(DESIGNS, SETS)
def test_later_passes_miss_nothing_although_they_look_only_at_changes(
    design: Json, definitions: list[Json]
) -> None:
    run = Passes.run

    def at_all(self: Passes) -> list[Action]:
        self.focus, self.models = None, frozenset()
        return run(self)

    found = tried(design, definitions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passes, "run", at_all)
        again = tried(design, definitions)
    assert (found is None) == (again is None)
    if found and again:
        assert found.design["components"] == again.design["components"]
        assert relationships(found.design) == relationships(again.design)
        assert (found.passes, found.ties) == (again.passes, again.ties)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
WORDS = st.sampled_from([
    "id", "kind", "components", "relationships", "selectors", "allow", "from", "to", "component",
    "modelReference", "configuration", "patch", "mutatorRef", "metadata", "type", "subType",
])  # fmt: skip
ALMOST = st.recursive(
    JSON, lambda inner: st.dictionaries(WORDS, inner | st.lists(inner, max_size=2)), max_leaves=12
)


@settings(max_examples=500, deadline=None)
@given(ALMOST, st.lists(ALMOST, max_size=2))
def test_anything_else_is_refused(design: Any, definitions: list[Any]) -> None:
    compiled = compile_definitions([*definitions, *DEFINITIONS])
    with suppress(Unevaluable):
        found = evaluate(design, compiled)
        assert design.keys() <= found.design.keys()


@THOROUGH
@given(DESIGNS, JSON)
def test_members_that_nobody_reads_are_returned(design: Json, extra: Any) -> None:
    marked = {**design, "unread": extra}
    found = tried(marked, list(DEFINITIONS))
    assume(found)
    assert found
    assert found.design["unread"] == extra
    given_ = {each["id"]: each for each in design["components"]}
    kept = {each["id"]: each for each in found.design.get("components", [])}
    assert all(kept[id_]["custom"] == each["custom"] for id_, each in given_.items() if id_ in kept)
