"""YAML streams and JSON as JSON values, and the bombs that are refused."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.importing.documents import Limits, document, json_document, yaml_documents
from app.importing.refusals import Refused, TooLarge, Unreadable
from app.importing.yaml_scalars import resolved

SAMPLES = Path(__file__).parents[3].parent / "shared" / "importing" / "samples"
WITH_SAMPLES = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the samples of the formats are not here"
)


def laughs(levels: int, width: int = 9) -> bytes:
    """Each line repeats the line before `width` times."""
    lines = ["a0: &a0 [x, x]"]
    for level in range(1, levels + 1):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines).encode()


def doublings(levels: int) -> bytes:
    """Each mapping merges the one before twice."""
    lines = ["m0: &m0 {k: v}"]
    lines += [f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, levels + 1)]
    return "\n".join(lines).encode()


READ: list[tuple[bytes, list[Any]]] = [
    (b"", []),
    (b"# only a comment\n", []),
    (b"---\n", [None]),
    (b"a: 1\n---\n---\nb: 2\n...\n", [{"a": 1}, None, {"b": 2}]),
    (b"\xef\xbb\xbfa: \xc3\xa9\n", [{"a": "é"}]),
    (b'{"a": [1, 1.5, null, true, "\\u00e9"]}', [{"a": [1, 1.5, None, True, "é"]}]),
    (b"a: 'yes'\nb: yes\nc: \"1\"\nd: !!str 1\n",
     [{"a": "yes", "b": True, "c": "1", "d": "1"}]),
    (b"1: a\ntrue: b\n1.5: c\n", [{"1": "a", "true": "b", "1.5": "c"}]),
    (b"a: |\n  x\n  y\nb: >-\n  x\n  y\n", [{"a": "x\ny\n", "b": "x y"}]),
    (b"a: &a {b: 1}\nc: *a\nd: [*a, *a]\n", [{"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}] * 2}]),
    (b"a: &a b\n*a : c\n", [{"a": "b", "b": "c"}]),
    (b"- &a {x: 1, y: 2}\n- {y: 3, <<: *a}\n", [[{"x": 1, "y": 2}, {"y": 3, "x": 1}]]),
    (b"- &a {x: 1}\n- &b {x: 2, z: 3}\n- {<<: [*a, *b]}\n",
     [[{"x": 1}, {"x": 2, "z": 3}, {"x": 1, "z": 3}]]),
    (b"'<<': 1\n", [{"<<": 1}]),
    (b"x: 1\ny: 2\n", [{"x": 1, "y": 2}]),
    (b"!!map {a: !!seq [1]}", [{"a": [1]}]),
    (b"%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n---\n!e!str 1\n", ["1"]),
    (b'a: "\\x07"\n', [{"a": "\x07"}]),
]  # fmt: skip

REFUSED: list[tuple[bytes, str]] = [
    (b"a: [1\n", "Line 2, column 1: did not find expected"),
    (b"a: b: c\n", "Line 1, column 5: mapping values are not allowed"),
    (b"\ta: 1\n", "Line 1, column 1"),
    (b"a: 1\nb: 2\na: 3\n", 'Line 3, column 1: the key "a" is given twice'),
    (b"1: a\n'1': b\n", 'Line 2, column 1: the key "1" is given twice'),
    (b"<<: {a: 1}\n<<: {b: 1}\n", 'Line 2, column 1: the key "<<" is given twice'),
    (b"? [a]\n: b\n", "Line 1, column 3: a key must be"),
    (b"~: a\n", "Line 1, column 1: a key must be"),
    (b"<<: 1\n", "Line 1, column 1: only mappings can be merged"),
    (b"<<: [{a: 1}, 2]\n", "only mappings can be merged"),
    (b"a: *b\n", 'Line 1, column 4: the alias "b" has no anchor before'),
    (b"a: &a [*a]\n", 'the alias "a" has no anchor before'),
    (b"&a a: 1\n---\nb: *a\n", 'Line 3, column 4: the alias "a" has no anchor before'),
    (b"a: !Ref b\n", "Line 1, column 4: the tag is not known"),
    (b"a: !!python/object/apply:os.system [ls]\n", "Line 1, column 4: the tag is not known"),
    (b"a: !!set {b}\n", "the tag is not known"),
    (b"a: !!seq {b: 1}\n", "the tag is not known or not fit"),
    (b"a: !!int b\n", "Line 1, column 4: the value is no !!int"),
    (b"a:\n  - .inf\n", "Line 2, column 5: .inf is no JSON value"),
    (b'a: "\\0"\n', "Line 1, column 4: the character NUL is not allowed"),
    (b'a: !!str "\\0"\n', "the character NUL is not allowed"),
    (b"a: !!binary AAAA\n", "the character NUL is not allowed"),
    (b'"a\\0": 1\n', "Line 1, column 1: the character NUL is not allowed"),
    (b'a: "\\ud800"\n', "Line 1, column 7: found invalid Unicode character escape code"),
    (b"a: 1\nb: \x00\n", "Line 2, column 4: the character U+0000 is not YAML"),
    (b"a: \x1b[0m\n", "Line 1, column 4: the character U+001B is not YAML"),
    (b"a: \xef\xbb\xbfb\n", "the character U+FEFF is not YAML"),
    (b"a: 1\nb: \xff\n", "Line 2, column 4: not UTF-8, the one encoding allowed"),
    (b"a: \xed\xa0\x80\n", "Line 1, column 4: not UTF-8"),
    ("a: 1\n".encode("utf-16"), "Line 1, column 1: not UTF-8"),
    ("a: 1\n".encode("utf-16-le"), "Line 1, column 2: the character U+0000"),
]

BOMBS = {
    "laughs": laughs(7),
    "laughs that fit in few aliases": laughs(19, 2),
    "merge doubling 20": doublings(20),
    "merge doubling 24": doublings(24),
    "a long text repeated": b"- &a " + b"x" * 1_000_000 + b"\n- *a" * 40,
    "nesting in flow": b"[" * 1_000_000,
    "nesting of mappings in flow": b"{a: " * 1_000_000,
    "nesting in block": b"- " * 100_000,
    "nesting of keys": b"? " * 100_000,
    "ten thousand documents": b"---\na: 1\n" * 10_000,
    "many values": b"[" + b"a," * 1_000_000 + b"]",
    "many bytes": b"#" * (16 * 1024 * 1024 + 1),
    "many aliases": b"- &a x\n" + b"- *a\n" * 1_001,
    "many merges": b"- {<<: {}}\n" * 201,
    "many tag prefixes": b"".join(b"%%TAG !t%d! a\n" % number for number in range(50_000)),
}


@pytest.mark.parametrize(("text", "documents"), READ)
def test_yaml_is_read_as_json(text: bytes, documents: list[Any]) -> None:
    assert repr(yaml_documents(text)) == repr(documents)


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_wrong_is_told_with_its_place(text: bytes, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        yaml_documents(text)
    assert message in refused.value.message


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_unfold(name: str) -> None:
    start = time.process_time()
    with pytest.raises(TooLarge, match=r"[aA]t most"):
        yaml_documents(BOMBS[name])
    assert time.process_time() - start < 5


@pytest.mark.parametrize("levels", [3, 10])
def test_harmless_repetition_is_read(levels: int) -> None:
    (value,) = yaml_documents(doublings(levels))
    assert value[f"m{levels}"] == {"k": "v"}


LIMITED: list[tuple[bytes, Limits, Limits]] = [
    (b"a: 1\n", Limits(bytes=5), Limits(bytes=4)),
    (b"--- 1\n--- 2\n", Limits(documents=2), Limits(documents=1)),
    (b"a: [1, 2]\n", Limits(nodes=5), Limits(nodes=4)),
    (b"- &a [1]\n- *a\n", Limits(nodes=5), Limits(nodes=4)),
    (b"- &a xyz\n- *a\n", Limits(characters=6), Limits(characters=5)),
    (b"[[[]]]", Limits(depth=3), Limits(depth=2)),
    (b"- &a x\n- *a\n", Limits(aliases=1), Limits(aliases=0)),
    (b"<<: {}\n", Limits(merges=1), Limits(merges=0)),
    (b"%TAG ! a\n--- 1\n", Limits(tag_directives=1), Limits(tag_directives=0)),
]


@pytest.mark.parametrize(("text", "enough", "less"), LIMITED)
def test_limits_are_what_is_still_read(text: bytes, enough: Limits, less: Limits) -> None:
    assert yaml_documents(text, enough)
    with pytest.raises(TooLarge):
        yaml_documents(text, less)


def test_what_aliases_repeat_is_not_shared() -> None:
    ((first, second),) = yaml_documents(b"- &a {b: [1]}\n- *a\n")
    first["b"].append(2)
    assert second == {"b": [1]}


@pytest.mark.parametrize(
    ("text", "outcome", "message"),
    [
        (b'{"a": 1, "a": 2}', Unreadable, 'the key "a" is given twice'),
        (b"[NaN]", Unreadable, "NaN is not JSON"),
        (b"", Unreadable, "Expecting value"),
        (b"a: 1", Unreadable, "Expecting value"),
        (b"[1,\xff]", Unreadable, "not UTF-8 at byte 3"),
        (b"[" * 65 + b"]" * 65, Unreadable, "nested deeper than 64 levels"),
        (b"[" * 400_000, Unreadable, "nested deeper than 64 levels"),
        (b'["\\u0000"]', Unreadable, "NUL is not allowed"),
        (b"[" + b"1," * 500_000 + b"1]", TooLarge, "more than 500,000 values"),
        (b" " * (16 * 1024 * 1024 + 1), TooLarge, "at most 16,777,216 are allowed"),
    ],
    ids=range(10),
)
def test_json_is_strict(text: bytes, outcome: type[Refused], message: str) -> None:
    with pytest.raises(outcome) as refused:
        json_document(text)
    assert message in refused.value.message


def test_commas_in_texts_are_no_values() -> None:
    text = b'["' + b',:[{\\"' * 500_000 + b'"]'
    assert len(json_document(text)[0]) == 2_500_000


@pytest.mark.parametrize(
    ("name", "text", "documents"),
    [
        ("a.json", b'{"a": 1}', [{"a": 1}]),
        ("a.yaml", b"a: 1\n---\n", [{"a": 1}, None]),
        ("a.yml", b"", []),
        ("a", b'{"a": 1}', [{"a": 1}]),
    ],
)
def test_the_name_tells_the_format(name: str, text: bytes, documents: list[Any]) -> None:
    assert document(name, text) == documents


def test_a_wrong_extension_is_no_way_around_it() -> None:
    with pytest.raises(Unreadable):
        document("a.json", b"a: 1\n")
    with pytest.raises(Unreadable):
        document("a.yaml", b"PK\x03\x04\x00\x00")


RESOLVER = yaml.SafeLoader("")


def agreed(text: str) -> bool:
    """Whether PyYAML quotes a text that is more than a text here, as `09` and `1e3` are."""
    tag: str = RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag != "tag:yaml.org,2002:str" or resolved(text) == text


KEYS = st.text("aybn019.-_ <", max_size=5).filter(agreed)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(agreed)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, True, False]))
def test_what_pyyaml_writes_is_read(value: Any, flow: bool | None) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    assert yaml_documents(text.encode()) == list(yaml.safe_load_all(text))


PIECES = st.sampled_from(
    ["a", "b", ": ", "- ", "\n", "  ", "&a ", "*a", "<<", "[", "]", "{", "}", ", ", "? ", "'", '"',
     "|\n", "#", "!!str ", "---\n", "1", "0x1", "1e3", "~", "yes", "%", "\t", "\x00", "é", "\ud800"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_values_or_refused(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    with suppress(Refused):
        documents = yaml_documents(data)
        starts = [
            event
            for event in yaml.parse(text, yaml.CBaseLoader)
            if isinstance(event, yaml.DocumentStartEvent)
        ]
        assert len(documents) == len(starts)


@given(st.binary(), st.sampled_from(["a.json", "a.yaml"]))
def test_any_bytes_are_values_or_refused(data: bytes, name: str) -> None:
    with suppress(Refused):
        assert isinstance(document(name, data), list)


@WITH_SAMPLES
def test_a_large_manifest_is_read_as_pyyaml_reads_it() -> None:
    data = (SAMPLES / "manifests/argo-cd-install.yaml").read_bytes()
    start = time.process_time()
    documents = yaml_documents(data)
    assert time.process_time() - start < 2
    assert len(documents) == 59
    assert documents == list(yaml.load_all(data, yaml.CSafeLoader))


@WITH_SAMPLES
def test_the_samples_are_well_within_the_limits() -> None:
    limits = Limits(bytes=4 * 1024 * 1024, documents=250, nodes=125_000, depth=40)
    for path in sorted(SAMPLES.rglob("*.y*ml")):
        assert isinstance(yaml_documents(path.read_bytes(), limits), list), path
    for path in sorted(SAMPLES.rglob("*.json")):
        assert len(document(path.name, path.read_bytes(), limits)) == 1
