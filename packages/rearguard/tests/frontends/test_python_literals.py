"""What the text of Python literals means, compared with what Python itself makes of it."""

import ast
import string
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rearguard.frontends.python_literals import (
    Hole,
    format_template,
    identifier_text,
    number_value,
    percent_template,
    read_literal,
    text_value,
)

LITERALS = [
    '""',
    "''",
    '"a"',
    "'''a\"b'''",
    '"""a\nb"""',
    r'"\n\t\\\'\""',
    r'"\x41\u00e9\U0001F600\101\0"',
    r'"\N{BULLET}"',
    r'"\d\w"',
    r'r"\n\""',
    r'b"\xff\101\n\u0041"',
    r'rb"\xff"',
    'u"a"',
    '"a\\\nb"',
    '"é"',
]


def value_of(raw: str) -> str:
    literal = read_literal(raw.encode())
    return text_value(literal.content, literal.prefix)


@pytest.mark.parametrize("raw", LITERALS)
def test_literal_is_read_as_python_reads_it(raw: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ast.literal_eval(raw)
    assert value_of(raw) == (expected.decode("latin-1") if isinstance(expected, bytes) else expected)


@given(st.text(), st.sampled_from(["ascii", "repr"]))
def test_what_python_writes_is_read_back(text: str, how: str) -> None:
    written = ascii(text) if how == "ascii" else repr(text)
    assert value_of(written) == "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)


@given(st.binary())
def test_bytes_are_read_back_as_latin_1(data: bytes) -> None:
    assert value_of(repr(data)) == data.decode("latin-1")


def test_lone_surrogate_becomes_encodable() -> None:
    assert value_of(r'"\ud800"') == "\ufffd"


def test_unclosed_literal_keeps_its_content() -> None:
    assert read_literal(b'f"abc').content == b"abc"
    assert read_literal(b'"').content == b""
    assert read_literal(b"").content == b""


def test_braces_of_f_string_text() -> None:
    assert text_value(b"{{a}}", "f", braces=True) == "{a}"
    assert text_value(rb"\x7b\x7b", "f", braces=True) == "{{"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1_000", 1000),
        ("0xFF", 255),
        ("0o17", 15),
        ("0b101", 5),
        ("0755", 493),
        ("10L", 10),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("09.5", 9.5),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), float(2**63)),
        ("2j", None),
    ],
)
def test_number(text: str, value: float | None) -> None:
    found = number_value(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["9" * 100_000, "0x" + "f" * 100_000, "1e999999"])
def test_huge_number_is_finite(text: str) -> None:
    value = number_value(text)
    assert isinstance(value, float)
    assert 1e300 < value < float("inf")


def test_identifier_is_compared_as_python_compares_it() -> None:
    assert identifier_text("ｅｘｅｃ".encode()) == "exec"


def test_format_template() -> None:
    assert format_template("a{}b{{c}}{x.y[z]!r:>3}") == [
        "a",
        Hole(0),
        "b{",
        "c}",
        Hole("x", (".y", "z"), "!r:>3"),
    ]
    assert format_template("{:{}}") == [Hole(0, (), ":{}"), Hole(1)]
    assert format_template("{") is None


@given(st.text(alphabet=string.ascii_letters + "{}!:[]. 0"))
def test_format_template_keeps_the_text_that_format_keeps(template: str) -> None:
    parts = format_template(template)
    if parts is not None and all(isinstance(part, str) for part in parts):
        assert "".join(part for part in parts if isinstance(part, str)) == template.format()


@given(st.text(alphabet="ab%sd( )"), st.text(alphabet="ab"))
def test_percent_template_keeps_the_text_that_percent_keeps(template: str, value: str) -> None:
    parts = percent_template(template)
    holes = [part for part in parts if isinstance(part, Hole)]
    if all(hole.conversion is None and isinstance(hole.key, int) for hole in holes):
        try:
            expected = template % ((value,) * len(holes))
        except (TypeError, ValueError):
            return
        assert "".join(part if isinstance(part, str) else value for part in parts) == expected
