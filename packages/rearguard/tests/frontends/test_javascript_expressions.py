"""Expressions, one construct each: what they become in the IR."""

from collections.abc import Callable

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.program import Module

CASES = [
    pytest.param(
        "javascript",
        "f('a\\x41\\n', 1_000, 0x1F, 10n, 1.5, true, null, undefined, -1, 99999999999999999999)",
        """\
%0 = LOAD f
%1 = CONST 'aA\\n'
%2 = CONST 1000
%3 = CONST 31
%4 = CONST 10
%5 = CONST 1.5
%6 = CONST True
%7 = CONST None
%8 = CONST undefined
%9 = CONST -1
%10 = CONST 1e+20
%11 = CALL %0 %1 %2 %3 %4 %5 %6 %7 %8 %9 %10
""",
        id="literals",
    ),
    pytest.param(
        "javascript",
        "/a\\/[b]/gi.test(x)",
        """\
%0 = CONST regex:gi 'a\\\\/[b]'
%1 = ATTR test %0
%2 = LOAD x
%3 = CALL %1 %2
""",
        id="regular expression",
    ),
    pytest.param(
        "javascript",
        "f(`a${b}c`, `plain`)",
        """\
%0 = LOAD f
%1 = CONST 'a'
%2 = LOAD b
%3 = CONST 'c'
%4 = JOIN template %1 %2 %3
%5 = CONST 'plain'
%6 = CALL %0 %4 %5
""",
        id="template",
    ),
    pytest.param(
        "javascript",
        "sql`a ${b} c`",
        """\
%0 = LOAD sql
%1 = CONST 'a '
%2 = CONST ' c'
%3 = COLLECT list %1 %2
%4 = LOAD b
%5 = CALL tagged %0 %3 %4
""",
        id="tagged template",
    ),
    pytest.param(
        "javascript",
        "a?.b?.['c']?.[d]?.[0]?.(e)",
        """\
%0 = LOAD a
%1 = ATTR b %0
%2 = ATTR c %1
%3 = LOAD d
%4 = ITEM %2 %3
%5 = CONST 0
%6 = ITEM %4 %5 0
%7 = LOAD e
%8 = CALL %6 %7
""",
        id="chain with constant keys and optional links",
    ),
    pytest.param(
        "javascript",
        "f(...a, b); new C(a, ...b)",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = LOAD b
%3 = CALL %0 *=%1 %2
%4 = LOAD C
%5 = LOAD a
%6 = LOAD b
%7 = NEW %4 %5 *=%6
""",
        id="spread",
    ),
    pytest.param(
        "javascript",
        "f([...a, , 1])",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = CONST undefined
%3 = CONST 1
%4 = COLLECT list *=%1 %2 %3
%5 = CALL %0 %4
""",
        id="array with a hole and a spread",
    ),
    pytest.param(
        "javascript",
        "f({ a, b: 1, 'c-d': 2, 3: e, ['k']: 4, [g()]: 5, ...h })",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = CONST 1
%3 = CONST 2
%4 = LOAD e
%5 = CONST 4
%6 = LOAD g
%7 = CALL %6
%8 = CONST 5
%9 = LOAD h
%10 = COLLECT dict a=%1 b=%2 c-d=%3 3=%4 k=%5 ?=%8 **=%9
%11 = CALL %0 %10
""",
        id="object",
    ),
    pytest.param(
        "javascript",
        "f('a' + b + 1 + (c + d) - e)",
        """\
%0 = LOAD f
%1 = CONST 'a'
%2 = LOAD b
%3 = CONST 1
%4 = LOAD c
%5 = LOAD d
%6 = JOIN plus %4 %5
%7 = JOIN plus %1 %2 %3 %6
%8 = LOAD e
%9 = BINARY - %7 %8
%10 = CALL %0 %9
""",
        id="text joined by plus",
    ),
    pytest.param(
        "javascript",
        "f(a && b || c)",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = LOAD b
%3 = LOGIC and %1 %2
%4 = LOAD c
%5 = LOGIC or %3 %4
%6 = CALL %0 %5
""",
        id="value of a logical operator without effects",
    ),
    pytest.param(
        "javascript",
        "f(a && b())",
        """\
%0 = LOAD f
%1 = LOAD a
STORE $1 %1
if %1:
  %2 = LOAD b
  %3 = CALL %2
  STORE $1 %3
%4 = LOAD $1
%5 = CALL %0 %4
""",
        id="value of and with a call",
    ),
    pytest.param(
        "javascript",
        "f(a || b())",
        """\
%0 = LOAD f
%1 = LOAD a
STORE $1 %1
if %1:
else:
  %2 = LOAD b
  %3 = CALL %2
  STORE $1 %3
%4 = LOAD $1
%5 = CALL %0 %4
""",
        id="value of or with a call",
    ),
    pytest.param(
        "javascript",
        "f(a ?? b())",
        """\
%0 = LOAD f
%1 = LOAD a
STORE $1 %1
%4 = CONST None
%5 = COMPARE != %1 %4
if %5:
else:
  %2 = LOAD b
  %3 = CALL %2
  STORE $1 %3
%6 = LOAD $1
%7 = CALL %0 %6
""",
        id="value of nullish with a call",
    ),
    pytest.param(
        "javascript",
        "if (a && b() || !(c && d())) e()",
        """\
%0 = LOAD a
%1 = LOAD b
%2 = CALL %1
%3 = LOGIC and %0 %2
%4 = LOAD c
%5 = LOAD d
%6 = CALL %5
%7 = LOGIC and %4 %6
%8 = UNARY not %7
%9 = LOGIC or %3 %8
if %9:
  %10 = LOAD e
  %11 = CALL %10
""",
        id="logical operators in a condition",
    ),
    pytest.param(
        "javascript",
        "a && (b(), c())",
        """\
%0 = LOAD a
if %0:
  %1 = LOAD b
  %2 = CALL %1
  %3 = LOAD c
  %4 = CALL %3
""",
        id="and as a statement",
    ),
    pytest.param(
        "javascript",
        "a || b()",
        """\
%0 = LOAD a
if %0:
else:
  %1 = LOAD b
  %2 = CALL %1
""",
        id="or as a statement",
    ),
    pytest.param(
        "javascript",
        "a ?? b()",
        """\
%0 = LOAD a
%3 = CONST None
%4 = COMPARE != %0 %3
if %4:
else:
  %1 = LOAD b
  %2 = CALL %1
""",
        id="nullish as a statement",
    ),
    pytest.param(
        "javascript",
        "f(a ? b : c ? d : e)",
        """\
%0 = LOAD f
%1 = LOAD a
if %1:
  %2 = LOAD b
  STORE $1 %2
else:
  %3 = LOAD c
  if %3:
    %4 = LOAD d
    STORE $1 %4
  else:
    %5 = LOAD e
    STORE $1 %5
%6 = LOAD $1
%7 = CALL %0 %6
""",
        id="ternary chain",
    ),
    pytest.param(
        "javascript",
        "a ? b() : c()",
        """\
%0 = LOAD a
if %0:
  %1 = LOAD b
  %2 = CALL %1
else:
  %3 = LOAD c
  %4 = CALL %3
""",
        id="ternary as a statement",
    ),
    pytest.param(
        "javascript",
        "a = b = c.d = e['f'] = g[h] = i",
        """\
%0 = LOAD i
%1 = LOAD g
%2 = LOAD h
SETITEM %1 %2 %0
%3 = LOAD e
SETATTR f %3 %0
%4 = LOAD c
SETATTR d %4 %0
STORE b %0
STORE a %0
""",
        id="assignment to several targets",
    ),
    pytest.param(
        "javascript",
        "x += 1; x.y += z; x[k] *= 2",
        """\
%0 = LOAD x
%1 = CONST 1
%2 = JOIN plus %0 %1
STORE x %2
%3 = LOAD x
%4 = ATTR y %3
%5 = LOAD z
%6 = JOIN plus %4 %5
%7 = LOAD x
SETATTR y %7 %6
%8 = LOAD x
%9 = LOAD k
%10 = ITEM %8 %9
%11 = CONST 2
%12 = BINARY * %10 %11
%13 = LOAD x
%14 = LOAD k
SETITEM %13 %14 %12
""",
        id="augmented assignment",
    ),
    pytest.param(
        "javascript",
        "x ??= f(); a.b ||= {}",
        """\
%0 = LOAD x
STORE $1 %0
%3 = CONST None
%4 = COMPARE != %0 %3
if %4:
else:
  %1 = LOAD f
  %2 = CALL %1
  STORE $1 %2
  STORE x %2
%5 = LOAD $1
%6 = LOAD a
%7 = ATTR b %6
STORE $2 %7
if %7:
else:
  %8 = COLLECT dict
  STORE $2 %8
  %9 = LOAD a
  SETATTR b %9 %8
%10 = LOAD $2
""",
        id="logical assignment",
    ),
    pytest.param(
        "javascript",
        "f(i++, --o.n)",
        """\
%0 = LOAD f
%1 = LOAD i
%2 = CONST 1
%3 = BINARY + %1 %2
STORE i %3
%4 = LOAD o
%5 = ATTR n %4
%6 = CONST 1
%7 = BINARY - %5 %6
%8 = LOAD o
SETATTR n %8 %7
%9 = CALL %0 %1 %7
""",
        id="update",
    ),
    pytest.param(
        "javascript",
        "delete a.b; delete a['c']; delete a[d]; delete e; f(delete a.b)",
        """\
%0 = LOAD a
DELETE b %0
%1 = LOAD a
DELETE c %1
%2 = LOAD a
%3 = LOAD d
DELETE %2 %3
DELETE e
%4 = LOAD f
%5 = LOAD a
DELETE b %5
%6 = CONST True
%7 = CALL %4 %6
""",
        id="delete",
    ),
    pytest.param(
        "javascript",
        "f(typeof a, void 0, -b, 'k' in o, c instanceof D, e !== g)",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = UNARY typeof %1
%3 = CONST undefined
%4 = LOAD b
%5 = UNARY - %4
%6 = CONST 'k'
%7 = LOAD o
%8 = COMPARE in %6 %7
%9 = LOAD c
%10 = LOAD D
%11 = COMPARE instanceof %9 %10
%12 = LOAD e
%13 = LOAD g
%14 = COMPARE !== %12 %13
%15 = CALL %0 %2 %3 %5 %8 %11 %14
""",
        id="unary and relational operators",
    ),
    pytest.param(
        "javascript",
        "f((a(), b))",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = CALL %1
%3 = LOAD b
%4 = CALL %0 %3
""",
        id="sequence",
    ),
    pytest.param(
        "javascript",
        "const m = await import('m'); import(n)",
        """\
%0 = IMPORT m
%1 = AWAIT %0
STORE m %1
%2 = LOAD import
%3 = LOAD n
%4 = CALL %2 %3
""",
        id="await and dynamic import",
    ),
    pytest.param(
        "javascript",
        "const r = await (await g()).h()",
        """\
%0 = LOAD g
%1 = CALL %0
%2 = AWAIT %1
%3 = ATTR h %2
%4 = CALL %3
%5 = AWAIT %4
STORE r %5
""",
        id="await of what is in brackets",
    ),
    pytest.param(
        "typescript",
        "const r = await this.cache.get<string>(k)",
        """\
%0 = LOAD this
%1 = ATTR cache %0
%2 = ATTR get %1
%3 = LOAD k
%4 = CALL %2 %3
%5 = AWAIT %4
STORE r %5
""",
        id="await of a call with types",
    ),
    pytest.param(
        "javascript",
        "f(import.meta.url, new.target)",
        """\
%0 = LOAD f
%1 = LOAD import.meta
%2 = ATTR url %1
%3 = LOAD new.target
%4 = CALL %0 %2 %3
""",
        id="meta properties",
    ),
    pytest.param(
        "javascript",
        "f(<A.B k='a&amp;b' on dangerouslySetInnerHTML={h} {...p}> t {/* c */} {y}<br/></A.B>)",
        """\
%0 = LOAD f
%1 = CONST 'a&b'
%2 = CONST True
%3 = LOAD h
%4 = LOAD p
%5 = LOAD A
%6 = ATTR B %5
%7 = COLLECT dict k=%1 on=%2 dangerouslySetInnerHTML=%3 **=%4
%8 = CONST ' t '
%9 = LOAD y
%10 = CONST jsx 'br'
%11 = COLLECT dict
%12 = CALL jsx %10 %11
%13 = CALL jsx %6 %7 %8 %9 %12
%14 = CALL %0 %13
""",
        id="element",
    ),
    pytest.param(
        "typescript",
        "f((a as any)!.b satisfies C, <D>e, g<string>(h))",
        """\
%0 = LOAD f
%1 = LOAD a
%2 = ATTR b %1
%3 = LOAD e
%4 = LOAD g
%5 = LOAD h
%6 = CALL %4 %5
%7 = CALL %0 %2 %3 %6
""",
        id="type assertions are transparent",
    ),
]


@pytest.mark.parametrize(("language", "source", "expected"), CASES)
def test_expressions_become(
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
