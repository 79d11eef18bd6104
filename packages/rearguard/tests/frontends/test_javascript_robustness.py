"""No input breaks the JavaScript front end: broken, hostile, huge, or not JavaScript at all."""

import sys
import time
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rearguard.frontends import read
from rearguard.frontends.javascript import LANGUAGES
from rearguard.frontends.javascript import read_javascript as lowered
from rearguard.program import Loop, Module, Op, Switch, instructions, walk

Check = Callable[[Module, bytes], None]

SCRIPT = b"""\
#!/usr/bin/env node
'use strict'
const express = require('express'), { Router: R = f() } = express
import d, { x as y } from "./m.js"
/* rearguard: ignore */
export default class A extends B.c { static #p = 1; get q() { return this.#p } static { go() } }
app.post('/user/:id', auth, async (req, res, next) => {
  try {
    const { id, ...rest } = req.params ?? {}, [a, , b = 2, ...c] = req.body?.list
    for (const k in rest) if (k !== '__proto__' && !seen(k)) target[k] = rest[k]; else continue
    switch (id) { case 1: case `x${a}`: await db.query('SELECT ' + id + ` ${b}`); break
      default: throw new E(1) }
    do { i++ } while (i < 10 || done())
    return res.send(<p dangerouslySetInnerHTML={{ __html: id }} {...rest}>hi {a ? b : c}</p>)
  } catch ({ message }) { next(message) } finally { delete a.b, void 0 }
})
const list = [1, ...more], options = { list }, run = db.query; run(...list, ...list, options)
function fill() { list.push(2); run(...list, ...[options, ...list]) }
lab: for (let i = 0, n = 3; i < n; i += 1) { function g(a, { b }, ...c) { yield_ = a |= 1 } continue lab }
"""
TYPED = b"""\
import type { T } from 'm'; import fs = require('fs')
@Controller('x') export abstract class C<T> extends D<T> implements I, ns.J {
  @Col({ a: 1 }) private readonly f?: Map<string, T[]> = new Map(); declare g: string; [k: string]: any
  constructor(private db: Db, @Inject(X) readonly e?: ns.E) { super() }
  @Get(':id') async m(@Body() { a }: Dto, b = <any>a!, ...c: string[]): Promise<void> { return b as unknown }
  abstract n(): void; over(a: string): void; over(a: any) {}
}
export enum E { A, B = 'b' } namespace N.M { export const a = 1 }
interface K extends L { a: string; b?(x: number): void } type O = { a: string } & P
export function assertIt(x: unknown): asserts x is string {} export = C
"""
TEMPLATE = b"""\
<%# c %><a href="<%= url %>" onclick='f(<%- id; -%>)' <%= attrs %>>
<%_ for (const a of items) { // each _%> <li class=<%= a %>><%= a.b // c %></li> <% } %>
<% if (user) { %><%- include('x', { user }) %><% } else { %><%% <script>var a = <%- b %></script><% } %>
"""
FILES = {
    "javascript": SCRIPT,
    "typescript": TYPED,
    "tsx": TYPED.replace(b"<any>", b"") + SCRIPT,
    "ejs": TEMPLATE,
}


def read_javascript(text: bytes, language: str) -> Module:
    """As a review reads it, with what stands between lowering and linking."""
    return read(text, language)


every_language = pytest.mark.parametrize("language", [*LANGUAGES, "ejs"])
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@every_language
def test_every_prefix_is_read(language: str, check_module: Check) -> None:
    text = FILES[language]
    for end in range(0, len(text), 7):
        check_module(read(text[:end], language), text[:end])


@every_language
@quick
@given(data=st.data())
def test_mutated_files_are_read(language: str, data: st.DataObject, check_module: Check) -> None:
    text = bytearray(FILES[language])
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text[start:end] = data.draw(st.binary(max_size=4) | st.sampled_from([b"{", b"}", b"(", b"`", b"%>"]))
    check_module(read(bytes(text), language), bytes(text))


@every_language
@quick
@given(text=st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read(language: str, text: bytes, check_module: Check) -> None:
    check_module(read(text, language), text)


TOKENS = (
    b"a b ( ) [ ] { } , ; : ? => = == + - && || ?? ! . ?. ... ` ${ ' \" / < > </ @ # * 1 'x' if else for of "
    b"in while do switch case default try catch finally function async await yield class extends static get "
    b"set new delete typeof return throw break import export from as let const var enum namespace type"
).split()


@every_language
@quick
@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=40))
def test_any_run_of_tokens_is_read(language: str, tokens: list[bytes], check_module: Check) -> None:
    text = b" ".join(tokens)
    if language == "ejs":
        text = b"<% " + text.replace(b" ; ", b" %>x<%= ") + b" %>"
    check_module(read(text, language), text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\0",
        b"a\0b",
        b"\xef\xbb\xbfconst a = 1",
        b"const a = 1\r\nf(a)\r\n",
        b"\xff\xfe c('\xff') + `\x80${d}` /\xe9/",
        "const gr\u00fc\u00df = '\U0001f600'; f(gr\u00fc\u00df)".encode(),
        b"\r\n\r\n",
        b"// only a comment",
    ],
)
@every_language
def test_odd_encodings(text: bytes, language: str, check_module: Check) -> None:
    check_module(read(text, language), text)


def test_names_and_texts_keep_their_characters(dump: Callable[..., str]) -> None:
    text = "const gr\u00fc\u00df = '\U0001f600'; f(gr\u00fc\u00df)".encode()
    assert dump(read_javascript(text, "javascript")).splitlines() == [
        "%0 = CONST '\U0001f600'",
        "STORE gr\u00fc\u00df %0",
        "%1 = LOAD f",
        "%2 = LOAD gr\u00fc\u00df",
        "%3 = CALL %1 %2",
    ]


def test_a_broken_statement_leaves_its_neighbours(dump: Callable[..., str]) -> None:
    module = read_javascript(b"a(1);\nlet = = ;\nb(2);\n", "javascript")
    assert module.errors
    lines = dump(module).splitlines()
    assert "%0 = LOAD a" in lines
    assert any(line.endswith("= LOAD b") for line in lines)
    assert sum("= CALL" in line for line in lines) >= 2


def test_an_unclosed_function_is_still_lowered() -> None:
    module = read_javascript(b"app.get('/', (req, res) => {\n  res.send(req.query.a)\n", "javascript")
    names = {made.name for function in module.functions.values() for made in instructions(function.body)}
    assert module.errors
    assert {"send", "query", "a"} <= names


def test_suppression_comments_are_recorded() -> None:
    text = b"a() // rearguard: ignore\n/* other */ b() /* rearguard:x */\n'rearguard: no'"
    spans = read_javascript(text, "javascript").comments
    assert [text[start:end] for start, end in spans] == [b"// rearguard: ignore", b"/* rearguard:x */"]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="cobol"):
        lowered(b"", "cobol")


DEEP = {
    "parentheses": b"(" * 5000 + b"1" + b")" * 5000,
    "arrays": b"[" * 5000,
    "patterns": b"let " + b"[" * 3000 + b"a" + b"]" * 3000 + b" = b",
    "functions": b"function f(){" * 3000 + b"}" * 3000,
    "callbacks": b"f(function(){" * 2000 + b"g(x)" + b"})" * 2000,
    "arrows": b"x = " + b"a=>" * 3000 + b"1",
    "blocks": b"{" * 5000 + b"}" * 5000,
    "ifs": b"if(a)" * 3000 + b"b()",
    "loops": b"for(a of b)" * 3000 + b"c()",
    "switches": b"switch(a){case 1:" * 2000 + b"}" * 2000,
    "tries": b"try{" * 3000 + b"}finally{}" * 3000,
    "classes": b"class A{m(){" * 1500 + b"}}" * 1500,
    "elements": b"x = " + b"<a>" * 2000 + b"</a>" * 2000,
    "templates": b"`${" * 3000 + b"1" + b"}`" * 3000,
    "ternaries": b"x = " + b"(a?" * 2000 + b"1" + b":2)" * 2000,
    "objects": b"x = " + b"{a:" * 3000 + b"1" + b"}" * 3000,
    "nots": b"x = " + b"!" * 5000 + b"a",
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_cut_and_counted(name: str, check_module: Check) -> None:
    text = DEEP[name]
    module = read_javascript(text, "javascript")
    check_module(module, text)
    assert module.unlowered.get("too deep", 0) > 0 or module.errors


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_leaves_stack_to_the_caller(name: str) -> None:
    here: FrameType | None = sys._getframe()
    used = 0
    while here is not None:
        here, used = here.f_back, used + 1
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(used + 620)
    try:
        read_javascript(DEEP[name], "javascript")
    finally:
        sys.setrecursionlimit(limit)


def test_what_is_cut_still_depends_on_its_names() -> None:
    module = read_javascript(b"f(" + b"[" * 400 + b"secret" + b"]" * 400 + b")", "javascript")
    (cut,) = [m for m in instructions(module.functions["<module>"].body) if m.op == Op.UNKNOWN]
    loads = {m.dst: m.name for m in instructions(module.functions["<module>"].body) if m.op == Op.LOAD}
    assert [loads[value] for value in cut.args] == ["secret"]


LONG: dict[str, Callable[[int], bytes]] = {
    "sum": lambda n: b"x = " + b"+".join(b"a%d" % i for i in range(n)),
    "product": lambda n: b"x = " + b"*".join(b"a%d" % i for i in range(n)),
    "conditions": lambda n: b"if (" + b"&&".join(b"a%d()" % i for i in range(n)) + b") b()",
    "values": lambda n: b"x = " + b"||".join(b"a%d()" % i for i in range(n)),
    "promises": lambda n: b"p" + b".then(x => x)" * n,
    "else ifs": lambda n: b"else ".join(b"if (a == %d) { b() } " % i for i in range(n)),
    "ternaries": lambda n: b"x = " + b"".join(b"a == %d ? %d : " % (i, i) for i in range(n)) + b"0",
    "assignments": lambda n: b"a = " * n + b"1",
    "same names": lambda n: b"function a(){}" * n,
    "inner blocks": lambda n: b"let x;" + b"{let x = 1}" * n,
    "minified": lambda n: b"var a=1;function b(c){return c&&c.d(e,function(f){return f+1})}" * n,
    "sequence": lambda n: b"a," * n + b"b",
    "suppressions": lambda n: b"// rearguard: x\n" * n,
    "errors": lambda n: b"@#$% (" * n,
    "escapes": lambda n: b"x = '" + b"\\n" * n + b"'",
}


@pytest.mark.parametrize("name", LONG)
def test_long_runs_take_linear_time(name: str) -> None:
    def seconds(size: int) -> float:
        text = LONG[name](size)
        started = time.process_time()
        module = read_javascript(text, "javascript")
        taken = time.process_time() - started
        assert "too deep" not in module.unlowered
        return taken

    small = max(min(seconds(1000) for _ in range(3)), 0.004)
    # Quadratic time would be 64 times as long; a busy machine may stretch one run, hardly three.
    assert min(seconds(8000) for _ in range(3)) < 8 * small * 6


def test_a_sum_of_fifty_thousand_terms_is_one_join() -> None:
    text = LONG["sum"](50_000)
    body = read_javascript(text, "javascript").functions["<module>"].body
    joins = [made for made in instructions(body) if made.op == Op.JOIN]
    assert [len(join.args) for join in joins] == [50_000]


def test_a_long_chain_of_else_ifs_is_a_switch_on_true(check_module: Check) -> None:
    text = LONG["else ifs"](3000) + b"else { last() }"
    module = read_javascript(text, "javascript")
    check_module(module, text)
    switch = module.functions["<module>"].body[-1]
    assert isinstance(switch, Switch)
    assert len(switch.cases) == 3001
    assert not switch.falls_through
    assert switch.cases[-1].tests == ()


def test_regions_keep_their_order() -> None:
    body = read_javascript(SCRIPT, "javascript").functions["<1>"].body
    loops = [statement for statement in walk(body) if isinstance(statement, Loop)]
    assert len(loops) == 2
    assert loops[0].start < loops[1].start
