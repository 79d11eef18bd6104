"""Escapes and numbers of JavaScript."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rearguard.frontends.javascript_literals import number, unescape


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"a\n\t\r\b\f\v\0", "a\n\t\r\b\f\v\0"),
        (r"\'\"\\\/\q", "'\"\\/q"),
        (r"\x41\u0042\u{43}\u{0000044}", "ABCD"),
        (r"\ud83d\ude00 \u{1f600}", "\U0001f600 \U0001f600"),
        (r"\ud83d", "\ufffd"),
        (r"\u{110000}", "\ufffd"),
        ("a\\\nb\\\r\nc", "abc"),
        (r"\101", "A"),
        (r"\xZZ \u12", "xZZ u12"),
        ("end\\", "end"),
    ],
)
def test_escapes(written: str, value: str) -> None:
    assert unescape(written) == value


@given(st.text())
def test_unescaped_text_can_be_encoded(written: str) -> None:
    unescape(written.replace("a", "\\")).encode()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("017", 15),
        ("089", 89),
        ("10n", 10),
        (".5e1", 5.0),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", float(2**63)),
        ("1e999", math.inf),
        ("0x" + "f" * 400, math.inf),
        ("9" * 5000, math.inf),
        ("0xZ", None),
    ],
)
def test_numbers(written: str, value: float | None) -> None:
    assert number(written) == value
    assert type(number(written)) is type(value)
