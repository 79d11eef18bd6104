"""Statements, one construct each: what they become in the IR."""

from collections.abc import Callable

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.program import Module

CASES = [
    pytest.param(
        "javascript",
        "if (a) b(); else if (c) { d() } else e()",
        """\
%0 = LOAD a
if %0:
  %1 = LOAD b
  %2 = CALL %1
else:
  %3 = LOAD c
  if %3:
    %4 = LOAD d
    %5 = CALL %4
  else:
    %6 = LOAD e
    %7 = CALL %6
""",
        id="if, else if, else",
    ),
    pytest.param(
        "javascript",
        "while (a()) { if (b) continue; break }",
        """\
head:
  %0 = LOAD a
  %1 = CALL %0
loop %1:
  %2 = LOAD b
  if %2:
    CONTINUE
  BREAK
""",
        id="while",
    ),
    pytest.param(
        "javascript",
        "do { a() } while (b)",
        """\
loop:
  %0 = LOAD a
  %1 = CALL %0
  %2 = LOAD b
  if %2:
  else:
    BREAK
""",
        id="do",
    ),
    pytest.param(
        "javascript",
        "for (let i = 0; i < n; i++) a(i)",
        """\
%0 = CONST 0
STORE i %0
head:
  %1 = LOAD i
  %2 = LOAD n
  %3 = COMPARE < %1 %2
loop %3:
  %4 = LOAD a
  %5 = LOAD i
  %6 = CALL %4 %5
  %7 = LOAD i
  %8 = CONST 1
  %9 = BINARY + %7 %8
  STORE i %9
""",
        id="for",
    ),
    pytest.param(
        "javascript",
        "for (;;) a()",
        """\
loop:
  %0 = LOAD a
  %1 = CALL %0
""",
        id="for without parts",
    ),
    pytest.param(
        "javascript",
        "for (const [a, { b }] of c) d(a, b)",
        """\
%0 = LOAD c
loop:
  %1 = ITER value %0
  %2 = CONST 0
  %3 = ITEM %1 %2 0
  STORE a %3
  %4 = CONST 1
  %5 = ITEM %1 %4 1
  %6 = ATTR b %5
  STORE b %6
  %7 = LOAD d
  %8 = LOAD a
  %9 = LOAD b
  %10 = CALL %7 %8 %9
""",
        id="for of with a pattern",
    ),
    pytest.param(
        "javascript",
        "for (k in o) f(k)",
        """\
%0 = LOAD o
loop:
  %1 = ITER key %0
  STORE k %1
  %2 = LOAD f
  %3 = LOAD k
  %4 = CALL %2 %3
""",
        id="for in",
    ),
    pytest.param(
        "javascript",
        "for await (const a of b) f(a)",
        """\
%0 = LOAD b
loop:
  %1 = ITER value %0
  %2 = AWAIT %1
  STORE a %2
  %3 = LOAD f
  %4 = LOAD a
  %5 = CALL %3 %4
""",
        id="for await",
    ),
    pytest.param(
        "javascript",
        "here: for (const k in o) { continue here }",
        """\
%0 = LOAD o
loop:
  %1 = ITER key %0
  STORE k %1
  CONTINUE here
""",
        id="label",
    ),
    pytest.param(
        "javascript",
        "switch (a) { case 1: b(); case 'c': d(); break; default: e() }",
        """\
%0 = LOAD a
switch %0
head:
  %1 = CONST 1
case %1:
  %2 = LOAD b
  %3 = CALL %2
head:
  %4 = CONST 'c'
case %4:
  %5 = LOAD d
  %6 = CALL %5
  BREAK
case:
  %7 = LOAD e
  %8 = CALL %7
""",
        id="switch",
    ),
    pytest.param(
        "javascript",
        "try { a() } catch ({ message }) { b(message) } finally { c() }",
        """\
try:
  %0 = LOAD a
  %1 = CALL %0
except:
  %2 = CAUGHT
  %3 = ATTR message %2
  STORE message %3
  %4 = LOAD b
  %5 = LOAD message
  %6 = CALL %4 %5
finally:
  %7 = LOAD c
  %8 = CALL %7
""",
        id="try",
    ),
    pytest.param(
        "javascript",
        "try { a() } catch { throw new E('x') }",
        """\
try:
  %0 = LOAD a
  %1 = CALL %0
except:
  %2 = LOAD E
  %3 = CONST 'x'
  %4 = NEW %2 %3
  RAISE %4
""",
        id="catch without a binding",
    ),
    pytest.param(
        "javascript",
        "var a = 1, b; let c = a; const { d, e: [f = 2], ...g } = h",
        """\
%0 = CONST 1
STORE a %0
%1 = LOAD a
STORE c %1
%2 = LOAD h
%3 = ATTR d %2
STORE d %3
%4 = ATTR e %2
%5 = CONST 0
%6 = ITEM %4 %5 0
STORE $1 %6
%7 = CONST undefined
%8 = COMPARE === %6 %7
if %8:
  %9 = CONST 2
  STORE $1 %9
%10 = LOAD $1
STORE f %10
%11 = COLLECT dict **=%2
STORE g %11
""",
        id="declarations",
    ),
    pytest.param(
        "javascript",
        "({ a: x.y, b = 1 } = c); [d, , e.f, ...g] = h",
        """\
%0 = LOAD c
%1 = ATTR a %0
%2 = LOAD x
SETATTR y %2 %1
%3 = ATTR b %0
STORE $1 %3
%4 = CONST undefined
%5 = COMPARE === %3 %4
if %5:
  %6 = CONST 1
  STORE $1 %6
%7 = LOAD $1
STORE b %7
%8 = LOAD h
%9 = CONST 0
%10 = ITEM %8 %9 0
STORE d %10
%11 = CONST 2
%12 = ITEM %8 %11 2
%13 = LOAD e
SETATTR f %13 %12
%14 = COLLECT list *=%8
STORE g %14
""",
        id="destructuring assignment",
    ),
    pytest.param(
        "javascript",
        "const { [k]: a, 'b-c': d } = o",
        """\
%0 = LOAD o
%1 = LOAD k
%2 = ITEM %0 %1
STORE a %2
%3 = ATTR b-c %0
STORE d %3
""",
        id="computed key in a pattern",
    ),
    pytest.param(
        "javascript",
        "f(); function f() {}",
        """\
%0 = FUNC f
STORE f %0
%1 = LOAD f
%2 = CALL %1
""",
        id="function declarations come first",
    ),
    pytest.param(
        "javascript",
        "let x = 1; { let x = 2; x++ } f(x)",
        """\
%0 = CONST 1
STORE x %0
%1 = CONST 2
STORE x$1 %1
%2 = LOAD x$1
%3 = CONST 1
%4 = BINARY + %2 %3
STORE x$1 %4
%5 = LOAD f
%6 = LOAD x
%7 = CALL %5 %6
""",
        id="an inner block's variable is another one",
    ),
    pytest.param(
        "javascript",
        "let e = 1; try {} catch (e) { f(e) } f(e)",
        """\
%0 = CONST 1
STORE e %0
try:
except:
  %1 = CAUGHT
  STORE e$1 %1
  %2 = LOAD f
  %3 = LOAD e$1
  %4 = CALL %2 %3
%5 = LOAD f
%6 = LOAD e
%7 = CALL %5 %6
""",
        id="a catch binding is another variable",
    ),
    pytest.param(
        "javascript",
        "'use strict'; a()",
        """\
%0 = CONST 'use strict'
%1 = LOAD a
%2 = CALL %1
""",
        id="directives",
    ),
    pytest.param(
        "typescript",
        "enum E { A, B = 5, C, D = 'x', F = 1 << 2 }",
        """\
%0 = CONST 0
%1 = CONST 5
%2 = CONST 6
%3 = CONST 'x'
%4 = CONST 1
%5 = CONST 2
%6 = BINARY << %4 %5
%7 = COLLECT dict A=%0 B=%1 C=%2 D=%3 F=%6
STORE E %7
""",
        id="enum",
    ),
    pytest.param(
        "typescript",
        "async function f() {} await using a = f(); using b = f();",
        """\
%0 = FUNC f
STORE f %0
%1 = LOAD f
%2 = CALL %1
STORE a %2
%3 = AWAIT %2
%4 = LOAD f
%5 = CALL %4
STORE b %5
""",
        id="using",
    ),
    pytest.param(
        "typescript",
        "namespace N { export const a = 1; const b = a; export function c() { return b } } N.c()",
        """\
%0 = FUNC c
STORE c %0
%1 = CONST 1
STORE a %1
%2 = LOAD a
STORE b %2
%3 = LOAD a
%4 = LOAD c
%5 = COLLECT dict a=%3 c=%4
STORE N %5
%6 = LOAD N
%7 = ATTR c %6
%8 = CALL %7
""",
        id="namespace",
    ),
    pytest.param(
        "typescript",
        "declare const a: string; type B = 'x' | 'y'; function c(a: string): void; function c(a) {}",
        """\
%0 = FUNC c
STORE c %0
""",
        id="types leave nothing",
    ),
]


@pytest.mark.parametrize(("language", "source", "expected"), CASES)
def test_statements_become(
    language: str,
    source: str,
    expected: str,
    dump: Callable[..., str],
    check_module: Callable[[Module, bytes], None],
) -> None:
    text = source.encode()
    module = read_javascript(text, language)
    check_module(module, text)
    assert not module.errors
    assert not module.unlowered
    assert dump(module) + "\n" == (expected or "\n")
