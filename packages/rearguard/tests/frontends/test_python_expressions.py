"""Python expressions: the instructions that each makes."""

from collections.abc import Callable

import pytest

CASES = {
    "names, attributes, items, calls": (
        'a.b["k"][0](c, *d, e=f, **g)',
        "<module>",
        """\
%0 = LOAD a
%1 = ATTR b %0
%2 = CONST 'k'
%3 = ITEM %1 %2 'k'
%4 = CONST 0
%5 = ITEM %3 %4 0
%6 = LOAD c
%7 = LOAD d
%8 = LOAD f
%9 = LOAD g
%10 = CALL %5 %6 *=%7 e=%8 **=%9""",
    ),
    "method chain": (
        "q.filter(a=1).first().name",
        "<module>",
        """\
%0 = LOAD q
%1 = ATTR filter %0
%2 = CONST 1
%3 = CALL %1 a=%2
%4 = ATTR first %3
%5 = CALL %4
%6 = ATTR name %5""",
    ),
    "generator as only argument": (
        "any(u.ok for u in us)",
        "<module>",
        """\
%0 = LOAD any
%1 = COLLECT list
%2 = LOAD us
loop:
  %3 = ITER value %2
  STORE u$1 %3
  %4 = LOAD u$1
  %5 = ATTR ok %4
  PUSH %1 %5
%6 = CALL %0 %1""",
    ),
    "slices": (
        "a[1:2], a[::n], a[i, j]",
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD slice
%2 = CONST 1
%3 = CONST 2
%4 = CALL %1 %2 %3
%5 = ITEM %0 %4
%6 = LOAD a
%7 = LOAD slice
%8 = CONST None
%9 = CONST None
%10 = LOAD n
%11 = CALL %7 %8 %9 %10
%12 = ITEM %6 %11
%13 = LOAD a
%14 = LOAD i
%15 = LOAD j
%16 = COLLECT tuple %14 %15
%17 = ITEM %13 %16""",
    ),
    "list, set, tuple": (
        "[1, *xs], {a, b}, (c,)",
        "<module>",
        """\
%0 = CONST 1
%1 = LOAD xs
%2 = COLLECT list %0 *=%1
%3 = LOAD a
%4 = LOAD b
%5 = COLLECT set %3 %4
%6 = LOAD c
%7 = COLLECT tuple %6""",
    ),
    "dict": (
        '{"a": 1, 2: b, k: c, **d, None: e}',
        "<module>",
        """\
%0 = CONST 1
%1 = LOAD b
%2 = LOAD k
%3 = LOAD c
%4 = LOAD d
%5 = LOAD e
%6 = COLLECT dict a=%0 2=%1 ?=%3 **=%4 None=%5
PUSH key %6 %2""",
    ),
    "numbers": (
        "0x_ff, 1_000, 0o17, 1e5, 2j, -3, 99999999999999999999",
        "<module>",
        """\
%0 = CONST 255
%1 = CONST 1000
%2 = CONST 15
%3 = CONST 100000.0
%4 = CONST imaginary 2
%5 = CONST -3
%6 = CONST 1e+20""",
    ),
    "text and bytes": (
        r'"\n\x41\u00e9\N{BULLET}", r"\n", b"a\x00", "\ud800"',
        "<module>",
        r"""%0 = CONST '\nAé•'
%1 = CONST '\\n'
%2 = CONST bytes 'a\x00'
%3 = CONST '�'""",
    ),
    "other constants": (
        "True, False, None, ...",
        "<module>",
        """\
%0 = CONST True
%1 = CONST False
%2 = CONST None
%3 = CONST ellipsis""",
    ),
    "unary": (
        "not a, -b, ~c",
        "<module>",
        """\
%0 = LOAD a
%1 = UNARY not %0
%2 = LOAD b
%3 = UNARY - %2
%4 = LOAD c
%5 = UNARY ~ %4""",
    ),
    "chained comparison": (
        "a < b <= c not in d",
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = COMPARE < %0 %1
%3 = LOAD c
%4 = COMPARE <= %1 %3
%5 = LOGIC and %2 %4
%6 = LOAD d
%7 = COMPARE not in %3 %6
%8 = LOGIC and %5 %7""",
    ),
    "or without a call": (
        "x = a or b",
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = LOGIC or %0 %1
STORE x %2""",
    ),
    "or with a call": (
        "x = a or b() or c",
        "<module>",
        """\
%0 = LOAD a
STORE $1 %0
if %0:
else:
  %1 = LOAD b
  %2 = CALL %1
  STORE $1 %2
%3 = LOAD $1
%4 = LOAD c
%5 = LOGIC or %3 %4
STORE x %5""",
    ),
    "and, or": (
        "x = a and b() or c",
        "<module>",
        """\
%0 = LOAD a
STORE $1 %0
if %0:
  %1 = LOAD b
  %2 = CALL %1
  STORE $1 %2
%3 = LOAD $1
%4 = LOAD c
%5 = LOGIC or %3 %4
STORE x %5""",
    ),
    "condition stays readable": (
        "if a and not (b() or c): pass",
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = CALL %1
%3 = LOAD c
%4 = LOGIC or %2 %3
%5 = UNARY not %4
%6 = LOGIC and %0 %5
if %6:""",
    ),
    "conditional expression": (
        "x = 1 if a and b() else y",
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = CALL %1
%3 = LOGIC and %0 %2
if %3:
  %4 = CONST 1
  STORE $1 %4
else:
  %5 = LOAD y
  STORE $1 %5
%6 = LOAD $1
STORE x %6""",
    ),
    "await": (
        "await x.y()",
        "<module>",
        """\
%0 = LOAD x
%1 = ATTR y %0
%2 = CALL %1
%3 = AWAIT %2""",
    ),
    "walrus": (
        "f(y := g(x))",
        "<module>",
        """\
%0 = LOAD f
%1 = LOAD g
%2 = LOAD x
%3 = CALL %1 %2
STORE y %3
%4 = CALL %0 %3""",
    ),
    "list comprehension": (
        "[f(x) for x in xs if x.ok and g(x)]",
        "<module>",
        """\
%0 = COLLECT list
%1 = LOAD xs
loop:
  %2 = ITER value %1
  STORE x$1 %2
  %3 = LOAD x$1
  %4 = ATTR ok %3
  %5 = LOAD g
  %6 = LOAD x$1
  %7 = CALL %5 %6
  %8 = LOGIC and %4 %7
  if %8:
    %9 = LOAD f
    %10 = LOAD x$1
    %11 = CALL %9 %10
    PUSH %0 %11""",
    ),
    "dict comprehension": (
        "{k: v for k, v in d.items()}",
        "<module>",
        """\
%0 = COLLECT dict
%1 = LOAD d
%2 = ATTR items %1
%3 = CALL %2
loop:
  %4 = ITER value %3
  %5 = CONST 0
  %6 = ITEM %4 %5 0
  STORE k$1 %6
  %7 = CONST 1
  %8 = ITEM %4 %7 1
  STORE v$2 %8
  %9 = LOAD k$1
  PUSH key %0 %9
  %10 = LOAD v$2
  PUSH %0 %10""",
    ),
    "comprehension targets are their own variables": (
        """\
x = 1
y = [(lambda x: x + z)(z) for z in xs for x in z]
x""",
        "<module>",
        """\
%0 = CONST 1
STORE x %0
%1 = COLLECT list
%2 = LOAD xs
loop:
  %3 = ITER value %2
  STORE z$1 %3
  %4 = LOAD z$1
  loop:
    %5 = ITER value %4
    STORE x$2 %5
    %6 = FUNC <1>
    %7 = LOAD z$1
    %8 = CALL %6 %7
    PUSH %1 %8
STORE y %1
%9 = LOAD x""",
    ),
    "lambda inside a comprehension": (
        "y = [(lambda x: x + z)(z) for z in xs]",
        "<1>",
        """\
%0 = LOAD x
%1 = LOAD z$1
%2 = JOIN plus %0 %1
RETURN %2""",
    ),
    "walrus in a comprehension is not its own": (
        "[y := f(x) for x in xs]",
        "<module>",
        """\
%0 = COLLECT list
%1 = LOAD xs
loop:
  %2 = ITER value %1
  STORE x$1 %2
  %3 = LOAD f
  %4 = LOAD x$1
  %5 = CALL %3 %4
  STORE y %5
  PUSH %0 %5""",
    ),
    "annotated type": (
        "x: Annotated[int, Depends(f)] | None = None",
        "<module>",
        """\
%0 = LOAD Annotated
%1 = LOAD int
%2 = LOAD Depends
%3 = LOAD f
%4 = CALL %2 %3
%5 = COLLECT tuple %1 %4
%6 = ITEM %0 %5
%7 = CONST None
%8 = BINARY | %6 %7
%9 = CONST None
STORE x %9""",
    ),
}


@pytest.mark.parametrize(("source", "function", "expected"), CASES.values(), ids=CASES)
def test_shape(source: str, function: str, expected: str, python: Callable[..., str]) -> None:
    assert python(source, function) == expected
