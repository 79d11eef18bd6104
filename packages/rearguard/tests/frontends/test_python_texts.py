"""Python text building: what becomes `JOIN`, and with which parts."""

from collections.abc import Callable

import pytest

CASES = {
    "f-string": (
        'f"a{x}b{y!r:>{w}}"',
        "<module>",
        """\
%0 = CONST 'a'
%1 = LOAD x
%2 = CONST 'b'
%3 = LOAD y
%4 = LOAD w
%5 = JOIN f-string %0 %1 %2 !r:>{w}=%3 %4""",
    ),
    "f-string debug specifier": (
        'f"{x=}"',
        "<module>",
        """\
%0 = CONST 'x='
%1 = LOAD x
%2 = JOIN f-string %0 %1""",
    ),
    "adjacent literals around a value": (
        r'f"{x}" "z" f"\x41{{}}"',
        "<module>",
        """\
%0 = LOAD x
%1 = CONST 'zA{}'
%2 = JOIN f-string %0 %1""",
    ),
    "adjacent literals are one constant": (
        """\
"a" f"c" 'b' """,
        "<module>",
        "%0 = CONST 'acb'",
    ),
    "percent with a tuple": (
        '"%s, %d%%" % (a, b)',
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = CONST ', '
%3 = CONST '%'
%4 = JOIN percent %0 %2 %d=%1 %3""",
    ),
    "percent with a dict": (
        '"%(a)s %(b)d" % {"a": x, "b": y}',
        "<module>",
        """\
%0 = LOAD x
%1 = LOAD y
%2 = CONST ' '
%3 = JOIN percent %0 %2 %d=%1""",
    ),
    "percent with a computed dict key": (
        '"%(a)s %(b)s" % {"a": x, k: y}',
        "<module>",
        """\
%0 = LOAD x
%1 = LOAD y
%2 = COLLECT list %0 %1
%3 = CONST 'b'
%4 = ITEM %2 %3 'b'
%5 = CONST ' '
%6 = JOIN percent %0 %5 %4""",
    ),
    "percent with one value": (
        '"%s" % x',
        "<module>",
        """\
%0 = LOAD x
%1 = JOIN percent %0""",
    ),
    "percent with a sequence of unknown length": (
        '"%s %s" % pair',
        "<module>",
        """\
%0 = LOAD pair
%1 = CONST 0
%2 = ITEM %0 %1 0
%3 = CONST 1
%4 = ITEM %0 %3 1
%5 = CONST ' '
%6 = JOIN percent %2 %5 %4""",
    ),
    "percent with star width": (
        '"%*d" % (w, x)',
        "<module>",
        """\
%0 = LOAD w
%1 = LOAD x
%2 = JOIN percent %*=%0 %d=%1""",
    ),
    "percent on an f-string": (
        'f"{t}%s" % (a, b)',
        "<module>",
        """\
%0 = LOAD t
%1 = CONST '%s'
%2 = JOIN f-string %0 %1
%3 = LOAD a
%4 = LOAD b
%5 = JOIN percent %2 %3 %4""",
    ),
    "percent on a sum that holds text": (
        '("a" + b) % c',
        "<module>",
        """\
%0 = CONST 'a'
%1 = LOAD b
%2 = JOIN plus %0 %1
%3 = LOAD c
%4 = JOIN percent %2 %3""",
    ),
    "percent on anything else is arithmetic": (
        "n % 2",
        "<module>",
        """\
%0 = LOAD n
%1 = CONST 2
%2 = BINARY % %0 %1""",
    ),
    "format": (
        '"{} {1.name} {k[0]!r:>5}".format(a, b, k=c)',
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = LOAD c
%3 = CONST ' '
%4 = ATTR name %1
%5 = CONST ' '
%6 = CONST 0
%7 = ITEM %2 %6 0
%8 = JOIN format %0 %3 %4 %5 !r:>5=%7""",
    ),
    "format with spreads": (
        '"{}{k}".format(*xs, **m)',
        "<module>",
        """\
%0 = LOAD xs
%1 = LOAD m
%2 = CONST 0
%3 = ITEM %0 %2 0
%4 = CONST 'k'
%5 = ITEM %1 %4 'k'
%6 = JOIN format %3 %5""",
    ),
    "format on a variable is a call": (
        "name.format(a)",
        "<module>",
        """\
%0 = LOAD name
%1 = ATTR format %0
%2 = LOAD a
%3 = CALL %1 %2""",
    ),
    "format with a malformed template is a call": (
        '"{".format(a)',
        "<module>",
        """\
%0 = CONST '{'
%1 = ATTR format %0
%2 = LOAD a
%3 = CALL %1 %2""",
    ),
    "join of a list": (
        '", ".join([a, b, c])',
        "<module>",
        """\
%0 = CONST ', '
%1 = LOAD a
%2 = LOAD b
%3 = LOAD c
%4 = JOIN join %1 %0 %2 %0 %3""",
    ),
    "join of anything else": (
        '",".join(xs)',
        "<module>",
        """\
%0 = CONST ','
%1 = LOAD xs
%2 = JOIN join %0 *=%1""",
    ),
    "join of bytes": (
        r'b",".join([a, b"\xff"])',
        "<module>",
        """\
%0 = CONST bytes ','
%1 = LOAD a
%2 = CONST bytes 'ÿ'
%3 = JOIN join %1 %0 %2""",
    ),
    "sum": (
        'a + b + "c" - d + e',
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = CONST 'c'
%3 = JOIN plus %0 %1 %2
%4 = LOAD d
%5 = BINARY - %3 %4
%6 = LOAD e
%7 = JOIN plus %5 %6""",
    ),
    "augmented sum": (
        """\
o.n += 1
t += "y"
d["k"] += x""",
        "<module>",
        """\
%0 = LOAD o
%1 = ATTR n %0
%2 = CONST 1
%3 = JOIN plus %1 %2
SETATTR n %0 %3
%4 = LOAD t
%5 = CONST 'y'
%6 = JOIN plus %4 %5
STORE t %6
%7 = LOAD d
%8 = CONST 'k'
%9 = ITEM %7 %8 'k'
%10 = LOAD x
%11 = JOIN plus %9 %10
SETITEM %7 %8 %11 'k'""",
    ),
}


@pytest.mark.parametrize(("source", "function", "expected"), CASES.values(), ids=CASES)
def test_shape(source: str, function: str, expected: str, python: Callable[..., str]) -> None:
    assert python(source, function) == expected
