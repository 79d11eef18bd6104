"""Python statements: the instructions and regions that each makes."""

from collections.abc import Callable

import pytest

CASES = {
    "if, elif, else": (
        """\
if a:
    x = 1
elif b:
    x = 2
else:
    x = 3""",
        "<module>",
        """\
%0 = LOAD a
if %0:
  %1 = CONST 1
  STORE x %1
else:
  %2 = LOAD b
  if %2:
    %3 = CONST 2
    STORE x %3
  else:
    %4 = CONST 3
    STORE x %4""",
    ),
    "while": (
        """\
while n < 3:
    n += 1
else:
    done()""",
        "<module>",
        """\
head:
  %0 = LOAD n
  %1 = CONST 3
  %2 = COMPARE < %0 %1
loop %2:
  %3 = LOAD n
  %4 = CONST 1
  %5 = JOIN plus %3 %4
  STORE n %5
else:
  %6 = LOAD done
  %7 = CALL %6""",
    ),
    "while true": (
        """\
while True:
    break""",
        "<module>",
        """\
loop:
  BREAK""",
    ),
    "for": (
        """\
for i, (a, b) in pairs:
    continue
else:
    f()""",
        "<module>",
        """\
%0 = LOAD pairs
loop:
  %1 = ITER value %0
  %2 = CONST 0
  %3 = ITEM %1 %2 0
  STORE i %3
  %4 = CONST 1
  %5 = ITEM %1 %4 1
  %6 = CONST 0
  %7 = ITEM %5 %6 0
  STORE a %7
  %8 = CONST 1
  %9 = ITEM %5 %8 1
  STORE b %9
  CONTINUE
else:
  %10 = LOAD f
  %11 = CALL %10""",
    ),
    "try": (
        """\
try:
    f()
except (A, B) as e:
    g(e)
except C:
    raise
else:
    h()
finally:
    k()""",
        "<module>",
        """\
%0 = LOAD A
%1 = LOAD B
%2 = LOAD C
try:
  %3 = LOAD f
  %4 = CALL %3
except %0 %1:
  %5 = CAUGHT
  STORE e %5
  %6 = LOAD g
  %7 = LOAD e
  %8 = CALL %6 %7
except %2:
  RAISE
else:
  %9 = LOAD h
  %10 = CALL %9
finally:
  %11 = LOAD k
  %12 = CALL %11""",
    ),
    "except group": (
        """\
try:
    f()
except* E as e:
    g(e)""",
        "<module>",
        """\
%0 = LOAD E
try:
  %1 = LOAD f
  %2 = CALL %1
except %0:
  %3 = CAUGHT
  STORE e %3
  %4 = LOAD g
  %5 = LOAD e
  %6 = CALL %4 %5""",
    ),
    "except of python 2": (
        """\
try: f()
except IOError, e: g(e)""",
        "<module>",
        """\
%0 = LOAD IOError
try:
  %1 = LOAD f
  %2 = CALL %1
except %0:
  %3 = CAUGHT
  STORE e %3
  %4 = LOAD g
  %5 = LOAD e
  %6 = CALL %4 %5""",
    ),
    "with": (
        """\
with open(p) as f, lock:
    f.read()""",
        "<module>",
        """\
%0 = LOAD open
%1 = LOAD p
%2 = CALL %0 %1
%3 = ENTER %2
STORE f %3
%4 = LOAD lock
%5 = ENTER %4
with %2 %4:
  %6 = LOAD f
  %7 = ATTR read %6
  %8 = CALL %7""",
    ),
    "parenthesised with": (
        """\
with (a() as x, b() as y):
    f(x, y)""",
        "<module>",
        """\
%0 = LOAD a
%1 = CALL %0
%2 = ENTER %1
STORE x %2
%3 = LOAD b
%4 = CALL %3
%5 = ENTER %4
STORE y %5
with %1 %4:
  %6 = LOAD f
  %7 = LOAD x
  %8 = LOAD y
  %9 = CALL %6 %7 %8""",
    ),
    "async": (
        """\
async def f():
    async with a() as x:
        async for z in x:
            yield z""",
        "f",
        """\
%0 = LOAD a
%1 = CALL %0
%2 = ENTER %1
STORE x %2
with %1:
  %3 = LOAD x
  loop:
    %4 = ITER value %3
    STORE z %4
    %5 = LOAD z
    %6 = YIELD %5""",
    ),
    "match constants": (
        """\
match cmd:
    case "go" | -1 | Color.RED:
        f()
    case None:
        g()
    case _:
        h()""",
        "<module>",
        """\
%0 = LOAD cmd
%1 = CONST 'go'
%2 = CONST -1
%3 = LOAD Color
%4 = ATTR RED %3
%7 = COMPARE == %0 %1
%8 = COMPARE == %0 %2
%9 = LOGIC or %7 %8
%10 = COMPARE == %0 %4
%11 = LOGIC or %9 %10
if %11:
  %5 = LOAD f
  %6 = CALL %5
else:
  %12 = CONST None
  %15 = COMPARE is %0 %12
  if %15:
    %13 = LOAD g
    %14 = CALL %13
  else:
    %16 = LOAD h
    %17 = CALL %16""",
    ),
    "match captures": (
        """\
match cmd:
    case {"k": k, **rest}:
        f(k, rest)
    case [first, *_, 1]:
        g(first)
    case whole:
        h(whole)""",
        "<module>",
        """\
%0 = LOAD cmd
%1 = CONST 'k'
%2 = COMPARE in %1 %0
%3 = ITEM %0 %1 'k'
if %2:
  STORE k %3
  STORE rest %0
  %4 = LOAD f
  %5 = LOAD k
  %6 = LOAD rest
  %7 = CALL %4 %5 %6
else:
  %8 = LOAD len
  %9 = CALL %8 %0
  %10 = CONST 2
  %11 = COMPARE >= %9 %10
  %12 = CONST 0
  %13 = ITEM %0 %12 0
  %14 = LOAD slice
  %15 = CONST 1
  %16 = CONST -1
  %17 = CALL %14 %15 %16
  %18 = ITEM %0 %17
  %19 = CONST -1
  %20 = ITEM %0 %19 -1
  %21 = CONST 1
  %22 = COMPARE == %20 %21
  %23 = LOGIC and %11 %22
  if %23:
    STORE first %13
    %24 = LOAD g
    %25 = LOAD first
    %26 = CALL %24 %25
  else:
    STORE whole %0
    %27 = LOAD h
    %28 = LOAD whole
    %29 = CALL %27 %28""",
    ),
    "match classes and guard": (
        """\
match cmd:
    case Point(x=0, y=v) if v > 1:
        f(v)
    case A() | B() as q:
        g(q)""",
        "<module>",
        """\
%0 = LOAD cmd
%1 = LOAD isinstance
%2 = LOAD Point
%3 = CALL %1 %0 %2
%4 = ATTR x %0
%5 = CONST 0
%6 = COMPARE == %4 %5
%7 = LOGIC and %3 %6
%8 = ATTR y %0
STORE v %8
%9 = LOAD v
%10 = CONST 1
%11 = COMPARE > %9 %10
%12 = LOGIC and %7 %11
if %12:
  %13 = LOAD f
  %14 = LOAD v
  %15 = CALL %13 %14
else:
  %16 = LOAD isinstance
  %17 = LOAD A
  %18 = CALL %16 %0 %17
  %19 = LOAD isinstance
  %20 = LOAD B
  %21 = CALL %19 %0 %20
  %22 = LOGIC or %18 %21
  if %22:
    STORE q %0
    %23 = LOAD g
    %24 = LOAD q
    %25 = CALL %23 %24""",
    ),
    "swap": (
        "a, b = b, a",
        "<module>",
        """\
%0 = LOAD b
%1 = LOAD a
STORE a %0
STORE b %1""",
    ),
    "starred target": (
        "a, *b, c = xs",
        "<module>",
        """\
%0 = LOAD xs
%1 = CONST 0
%2 = ITEM %0 %1 0
STORE a %2
%3 = LOAD slice
%4 = CONST 1
%5 = CONST -1
%6 = CALL %3 %4 %5
%7 = ITEM %0 %6
STORE b %7
%8 = CONST -1
%9 = ITEM %0 %8 -1
STORE c %9""",
    ),
    "nested targets": (
        '(x, y), z.w, q["k"] = v',
        "<module>",
        """\
%0 = LOAD v
%1 = CONST 0
%2 = ITEM %0 %1 0
%3 = CONST 0
%4 = ITEM %2 %3 0
STORE x %4
%5 = CONST 1
%6 = ITEM %2 %5 1
STORE y %6
%7 = CONST 1
%8 = ITEM %0 %7 1
%9 = LOAD z
SETATTR w %9 %8
%10 = CONST 2
%11 = ITEM %0 %10 2
%12 = LOAD q
%13 = CONST 'k'
SETITEM %12 %13 %11 'k'""",
    ),
    "chained assignment": (
        "a = b = f()",
        "<module>",
        """\
%0 = LOAD f
%1 = CALL %0
STORE a %1
STORE b %1""",
    ),
    "annotated names": (
        """\
x: int = 1
y: str""",
        "<module>",
        """\
%0 = LOAD int
%1 = CONST 1
STORE x %1
%2 = LOAD str""",
    ),
    "augmented assignment": (
        """\
d[k] -= 2
x |= y""",
        "<module>",
        """\
%0 = LOAD d
%1 = LOAD k
%2 = ITEM %0 %1
%3 = CONST 2
%4 = BINARY - %2 %3
SETITEM %0 %1 %4
%5 = LOAD x
%6 = LOAD y
%7 = BINARY | %5 %6
STORE x %7""",
    ),
    "del": (
        'del a, o.n, d["k"], d[i]',
        "<module>",
        """\
DELETE a
%0 = LOAD o
DELETE n %0
%1 = LOAD d
%2 = CONST 'k'
DELETE k %1
%3 = LOAD d
%4 = LOAD i
DELETE %3 %4""",
    ),
    "global": (
        """\
def f():
    global g
    g = 1""",
        "f",
        """\
%0 = CONST 1
STORE g %0""",
    ),
    "assert": (
        'assert a and b(), "no"',
        "<module>",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = CALL %1
%3 = LOGIC and %0 %2
%4 = CONST 'no'
ASSERT %3""",
    ),
    "raise": (
        'raise X("a") from e',
        "<module>",
        """\
%0 = LOAD X
%1 = CONST 'a'
%2 = CALL %0 %1
%3 = LOAD e
RAISE %2""",
    ),
    "raise of python 2": (
        'raise E, "message"',
        "<module>",
        """\
%0 = LOAD E
%1 = CONST 'message'
RAISE %0""",
    ),
    "imports": (
        """\
import a.b, c.d as e
from . import x
from ..p.q import r as s, t
from u import *
from __future__ import annotations""",
        "<module>",
        """\
%0 = IMPORT a
STORE a %0
%1 = IMPORT c.d
STORE e %1
%2 = IMPORT . 'x'
STORE x %2
%3 = IMPORT ..p.q 'r'
STORE s %3
%4 = IMPORT ..p.q 't'
STORE t %4
%5 = IMPORT u '*'
%6 = IMPORT __future__ 'annotations'
STORE annotations %6""",
    ),
    "print and exec of python 2": (
        """\
print "a", x
print >>f, x
exec code in ns""",
        "<module>",
        """\
%0 = LOAD print
%1 = CONST 'a'
%2 = LOAD x
%3 = CALL %0 %1 %2
%4 = LOAD print
%5 = LOAD f
%6 = LOAD x
%7 = CALL %4 file=%5 %6
%8 = LOAD exec
%9 = LOAD code
%10 = LOAD ns
%11 = CALL %8 %9 %10""",
    ),
    "type alias": (
        "type A[T] = list[T]",
        "<module>",
        """\
%0 = LOAD list
%1 = LOAD T
%2 = ITEM %0 %1
STORE A %2""",
    ),
    "yield": (
        """\
def f():
    x = yield a
    yield from b
    yield""",
        "f",
        """\
%0 = LOAD a
%1 = YIELD %0
STORE x %1
%2 = LOAD b
%3 = YIELD from %2
%4 = YIELD""",
    ),
}


@pytest.mark.parametrize(("source", "function", "expected"), CASES.values(), ids=CASES)
def test_shape(source: str, function: str, expected: str, python: Callable[..., str]) -> None:
    assert python(source, function) == expected
