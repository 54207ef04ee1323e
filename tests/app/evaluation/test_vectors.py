"""The tables and designs that are kept beside the project, and are not part of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from app.evaluation import Definitions, Options, Parity, compile_definitions, evaluate, shapes
from app.evaluation.actions import done, first_of_each, without_ties
from app.evaluation.aliases import AliasEnds, resolve
from app.evaluation.binding_plans import plan
from app.evaluation.definitions import EndSet, end_set
from app.evaluation.draft import Draft, draft
from app.evaluation.evaluation import is_flapping
from app.evaluation.feasibility import denied, feasible
from app.evaluation.identifiers import identified, identifier
from app.evaluation.loose_joins import LooseIndex
from app.evaluation.names import means
from app.evaluation.options import DEFAULTS
from app.evaluation.paths import resolved
from app.evaluation.reading import rows_of
from app.evaluation.routes import policy_of, route
from app.evaluation.strategies import STRATEGIES, agree, known
from app.evaluation.values import equal, marshalled, printed
from app.evaluation.versions import next_version

Json = dict[str, Any]

KEPT = Path(__file__).parents[4] / "shared" / "evaluate"
if not KEPT.is_dir():
    pytest.skip("../shared/evaluate is not beside the project", allow_module_level=True)


def table(name: str) -> Any:
    return json.loads((KEPT / "vectors" / f"{name}.json").read_text("utf-8"))


GO, RULES, DENIALS = table("go_semantics"), table("rules_tables"), table("namespace_deny")
CASES = {case["name"]: case for case in table("engine_cases")["cases"]}
EXPECTED = json.loads((KEPT / "designs" / "EXPECTED.json").read_text("utf-8"))["designs"]


class WithoutTimes(yaml.CSafeLoader):
    """Reads times as the text they are, as JSON has them."""


WithoutTimes.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def each_of(rows: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: json.dumps(row)[:60])


@each_of(GO["percent_v"])
def test_printed(row: Json) -> None:
    assert printed(json.loads(row["json"])) == row["string"]


@each_of(GO["json_marshal"])
def test_marshalled(row: Json) -> None:
    value = json.loads(row["json"])
    # Python reads -0 as the integer 0; other readers of JSON, and Go, as a float.
    assert marshalled(-0.0 if row["json"] == "-0" else value) == row["marshalled"]


@each_of(GO["uuid5_dns"])
def test_identifier(row: Json) -> None:
    assert identifier(row["seed"]) == row["uuid"]
    if row["seed"].startswith("{"):
        assert identified(json.loads(row["seed"])) == row["uuid"]


@each_of(GO["deep_equal"])
def test_equal(row: Json) -> None:
    assert equal(json.loads(row["a"]), json.loads(row["b"])) is row["equal"]


@each_of(GO["name_match"])
def test_means(row: Json) -> None:
    assert means(row["pattern"], row["name"]) is row["match"]


@each_of(RULES["match_strategies"])
def test_strategies(row: Json) -> None:
    assert agree(known([row["strategy"]]), row["from"], row["to"]) is row["match"]
    assert len(STRATEGIES) == 4


@each_of(RULES["version_bump"])
def test_next_version(row: Json) -> None:
    assert next_version(row["in"]) == row["out"]


@each_of(RULES["ties"])
def test_ties(row: Json) -> None:
    kept, ties = without_ties(row["in"])
    assert [row["in"].index(each) for each in kept] == row["keep"]
    assert len(ties) == row["ties"]


@each_of(RULES["flapping"])
def test_flapping(row: Json) -> None:
    assert is_flapping(row["history"]) is row["flapping_at_end"]


@each_of(RULES["alias_resolution"])
def test_alias_resolution(row: Json) -> None:
    ends = [AliasEnds("r", "alias", "parent", tuple(row["alias_ref"]))]
    if row["parent_is_alias_with_ref"]:
        ends.append(AliasEnds("s", "parent", "root", tuple(row["parent_is_alias_with_ref"])))
    assert list(resolve(ends, depth=5)["alias"].path) == row["resolved"]


@each_of(RULES["wildcard_resolution"])
def test_wildcard_resolution(row: Json) -> None:
    assert list(resolved(row["component"], tuple(row["path"]))) == row["resolved"]


def test_actions_once_per_operation_and_id() -> None:
    row = RULES["action_dedup_by_op_and_id"][0]
    actions = [{"op": op, "value": {"id": id_, "path": [path]}} for op, id_, path in row["in"]]
    assert first_of_each(actions) == [actions[at] for at in row["kept_indexes"]]


@pytest.mark.parametrize("case", DENIALS["cases"], ids=lambda case: case["name"])
def test_denials(case: Json) -> None:
    found = evaluate(
        {"components": case["components"]}, compile_definitions([DENIALS["definition"]])
    )
    related = found.design.get("relationships", [])
    before = {each["id"] for each in case["components"]}
    ends = [pair_of(each) for each in related if set(pair_of(each)) <= before]
    assert sorted(ends) == sorted(case["expect_identified_pairs_from_to"])


def pair_of(relationship: Json) -> list[str]:
    allow = relationship["selectors"][0]["allow"]
    return [allow["from"][0]["id"], allow["to"][0]["id"]]


def empty() -> Draft:
    return draft({}, shapes.Design(), DEFAULTS)


def set_of(**selectors: Any) -> EndSet:
    """A selector set of selectors that name their models as text."""
    raw: Json = {"allow": {"from": [], "to": []}, **selectors}
    for side in raw.values():
        for ends in side.values():
            for at, each in enumerate(ends):
                ends[at] = {**each, "model": {"name": each["model"]}} if "model" in each else each
    return end_set(msgspec.convert(raw, shapes.SelectorSet), raw)


def test_feasible_selectors() -> None:
    case = CASES["selector feasibility"]
    for row in case["table"]:
        [end] = set_of(allow={"from": [row["selector"]], "to": []}).from_
        what = (case["component"]["kind"], case["component"]["model"])
        assert feasible(empty(), end, *what) is row["feasible"]


def test_denied_pair() -> None:
    case = CASES["deny pair"]
    ends = [(case[side]["kind"], case[side]["model"]) for side in ("from", "to")]
    assert denied(empty(), set_of(deny=case["deny"]), ends[0], ends[1]) is case["denied"]


def test_policy_routing() -> None:
    for row in CASES["policy routing"]["table"]:
        assert policy_of(route(row["kind"], row["type"], row["subType"])) == row["policy"]


def test_binding_pairs() -> None:
    case = CASES["binding pair validity"]
    [bound] = plan(("edge", "binding", ""), (set_of(allow={"from": [case["selector"]], "to": []}),))
    for row in case["table"]:
        design = {"components": [row["from"], row["binding"]]}
        working = draft(design, msgspec.convert(design, shapes.Design), DEFAULTS)
        leg = bound.from_["Role"]
        left, right = (
            rows_of(working, kind, paths)
            for kind, paths in (("Role", leg.first), ("RoleBinding", leg.second))
        )
        matches = LooseIndex(right, absent_matches=True).matches(left[0])
        assert bool(matches) is row["valid"]


@pytest.mark.parametrize(
    "name",
    [
        "orphaned relationship is marked deleted",
        "inventory identification",
        "inventory side effect patches the child",
        "existing relationship is not identified twice",
        "removing the child orphans the relationship",
        "a pod naming a namespace that is absent gets one",
    ],
)
def test_evaluations(name: str) -> None:
    case = CASES[name]
    found = evaluate(case["design"], compile_definitions(case.get("definitions", [])))
    for expected in ("expect_validation_actions", "expect_side_effects"):
        assert all(each in found.actions for each in case.get(expected, []))
    added = [each["value"]["item"] for each in found.actions if each["op"] == "add_relationship"]
    if "expect_new_relationships" in case:
        assert len(added) == case["expect_new_relationships"]
    for each in case.get("expect_identified", []):
        [one] = added
        assert [*pair_of(one), one["status"]] == [each["from"], each["to"], each["status"]]
    components = [each["value"]["item"] for each in found.actions if each["op"] == "add_component"]
    for each, item in zip(case.get("expect_additions", []), components, strict=True):
        assert item["component"]["kind"] == each["kind"]
        assert item["modelReference"]["name"] == each["model"]
        assert item["displayName"] == each["displayName"]
    after = case.get("expect_after_full_evaluation", {})
    related = found.design["relationships"]
    assert after.get("components") in (None, len(found.design["components"]))
    assert after.get("relationships") in (None, len(related))
    for path, count in after.get("relationships_by_type", {}).items():
        names = ["/".join((each["kind"], each["type"], each["subType"])) for each in related]
        assert names.count(path) == count


def test_phase_chaining() -> None:
    case = CASES["phase chaining"]
    design = msgspec.convert(case["design"], shapes.Design)
    working = draft(case["design"], design, DEFAULTS)
    for step in case["steps"]:
        assert done(working, step) == step
    statuses = {one.id: one.status for one in working.bonds.values()}
    assert statuses == case["expect_statuses_after_all_steps"]
    assert len(working.parts) == case["expect_component_count"]


def load(name: str) -> Json:
    text = (KEPT / "designs" / name).read_text("utf-8")
    loaded: Json = yaml.load(text, WithoutTimes)
    return loaded


def definitions_of(expected: Json) -> Definitions:
    folder = KEPT / "definitions"
    return compile_definitions(
        [json.loads((folder / name).read_text("utf-8")) for name in expected["definitions"]]
    )


def is_expected(relationship: Json, expected: Json) -> bool:
    names = ("kind", "type", "subType")
    if any(relationship[name] != expected[name] for name in names):
        return False
    from_, to = pair_of(relationship)
    if "alias_path" not in expected:
        return (from_, to) == (expected["from"], expected["to"])
    patch = relationship["selectors"][0]["allow"]["from"][0]["patch"]
    at: Any = [to, patch["mutatorRef"]]
    return bool(at == [expected["to"], [expected["alias_path"]]])


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["design"])
def test_designs(expected: Json) -> None:
    design = load(expected["design"])
    found = evaluate({**design, "relationships": []}, definitions_of(expected))
    related = found.design["relationships"]
    for each in expected["expected"]:
        if each["must_be_found"]:
            assert any(is_expected(one, each) for one in related), each
    again = evaluate(found.design, definitions_of(expected))
    assert (again.actions, again.design) == ([], found.design)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["design"])
def test_stored_designs_as_they_are(expected: Json) -> None:
    design = load(expected["design"])
    found = evaluate(design, definitions_of(expected))
    related = found.design["relationships"]
    kept = [one["id"] for one in design["relationships"] if one["status"] != "deleted"]
    assert kept == [one["id"] for one in related][: len(kept)]
    assert all(one["status"] != "deleted" for one in related)


def test_aliases_are_found_anew() -> None:
    [expected] = [each for each in EXPECTED if "container-hierarchical" in each["design"]]
    design = load(expected["design"])
    pods = [each for each in design["components"] if each["component"]["kind"] != "Container"]
    clean = {**design, "relationships": [], "components": pods}
    found = evaluate(clean, definitions_of(expected))
    kinds = [each["component"]["kind"] for each in found.design["components"]]
    assert (kinds.count("Container"), len(found.design["relationships"]), found.passes) == (4, 4, 2)


def test_parity_numbers_passes() -> None:
    [expected] = [each for each in EXPECTED if "container-hierarchical" in each["design"]]
    design = load(expected["design"])
    options = Options(parity=Parity(version_per_pass=True))
    found = evaluate(design, definitions_of(expected), options)
    assert (design["version"], found.design["version"]) == ("0.0.20", "0.0.21")


def test_every_kept_definition_compiles() -> None:
    paths = sorted((KEPT / "definitions").glob("*.json"))
    compiled = compile_definitions([json.loads(path.read_text("utf-8")) for path in paths])
    assert compiled.refused == ()
    assert len(compiled.every) == len(paths) - 1  # one has no selectors
