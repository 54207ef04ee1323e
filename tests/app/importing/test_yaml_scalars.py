"""What plain scalars and tags mean."""

from __future__ import annotations

import pytest

from app.importing.yaml_scalars import Scalar, key_text, resolved, tagged

PREFIX = "tag:yaml.org,2002:"

RESOLVED: list[tuple[str, Scalar]] = [
    *[(text, True) for text in ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON")],
    *[(text, False) for text in ("false", "False", "no", "No", "NO", "off", "Off", "OFF")],
    *[(text, None) for text in ("", "~", "null", "Null", "NULL")],
    *[(text, text) for text in ("y", "n", "Y", "N", "tRUE", "yEs", "nul", "None", "<<", "=")],
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("1_000", 1000),
    ("0777", 511),
    ("0o777", 511),
    ("-0o17", -15),
    ("0x1F", 31),
    ("-0xff", -255),
    ("0b101", 5),
    ("0b12", "0b12"),
    ("0xg", "0xg"),
    ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)),
    ("18446744073709551616", 18446744073709551616.0),
    ("0x10000000000000000", "0x10000000000000000"),
    ("08", 8.0),
    ("1.5", 1.5),
    ("1.", 1.0),
    (".5", 0.5),
    ("-.5", -0.5),
    ("1e3", 1000.0),
    ("1.5E-3", 0.0015),
    ("1_0.5", 10.5),
    ("._5", "._5"),
    ("1e400", "1e400"),
    ("1" * 5_000, "1" * 5_000),
    ("1.2.3", "1.2.3"),
    ("-", "-"),
    (".", "."),
    ("+", "+"),
    ("1:30", "1:30"),
    ("190:20:30", "190:20:30"),
    ("2001-12-14", "2001-12-14"),
    ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
    ("10m", "10m"),
    ("1_000Mi", "1_000Mi"),
    ("\u0661", "\u0661"),
]


@pytest.mark.parametrize(("text", "value"), RESOLVED)
def test_plain_scalars(text: str, value: Scalar) -> None:
    assert (resolved(text), type(resolved(text))) == (value, type(value))


@pytest.mark.parametrize("text", [".inf", "+.INF", "-.Inf", ".nan", ".NaN"])
def test_what_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="only finite numbers"):
        resolved(text)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "1", "1"),
        ("str", "", ""),
        ("int", "0x10", 16),
        ("float", "1", 1.0),
        ("bool", "on", True),
        ("null", "", None),
        ("binary", "aGk=", "hi"),
        ("binary", "aG\n k=\n", "hi"),
        ("timestamp", "2001-12-14", "2001-12-14"),
    ],
)
def test_tagged_scalars(tag: str, text: str, value: Scalar) -> None:
    read = tagged(PREFIX + tag, text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (PREFIX + "int", "a"),
        (PREFIX + "int", "1.5"),
        (PREFIX + "int", "true"),
        (PREFIX + "float", "a"),
        (PREFIX + "float", ".inf"),
        (PREFIX + "bool", "1"),
        (PREFIX + "null", "0"),
        (PREFIX + "binary", "a"),
        (PREFIX + "binary", "aGk=!"),
        (PREFIX + "binary", "/w=="),
        (PREFIX + "set", ""),
        (PREFIX + "python/object/apply:os.system", "x"),
        ("str", "a"),
        ("!Ref", "a"),
    ],
)
def test_unfit_and_unknown_tags_are_refused(tag: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"is no !!|not known"):
        tagged(tag, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (1, "1"), (True, "true"), (False, "false"), (1.5, "1.5"), (1e6, "1e+06"),
     (1234567.5, "1234567.5")],
)  # fmt: skip
def test_keys_are_texts(value: object, text: str) -> None:
    assert key_text(value) == text


@pytest.mark.parametrize("value", [None, [], {}])
def test_other_keys_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="key must be"):
        key_text(value)
