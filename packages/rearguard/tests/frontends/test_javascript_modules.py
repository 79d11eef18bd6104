"""Imports and exports: what they become in the IR."""

from collections.abc import Callable

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.program import Module

CASES = [
    pytest.param(
        "javascript",
        "import d, { x as y, default as z } from 'm'; import * as ns from './n'; import 'side'",
        """\
%0 = IMPORT m 'default'
STORE d %0
%1 = IMPORT m 'x'
STORE y %1
%2 = IMPORT m 'default'
STORE z %2
%3 = IMPORT ./n
STORE ns %3
%4 = IMPORT side
""",
        id="import forms",
    ),
    pytest.param(
        "javascript",
        "f(a); import a from 'm'",
        """\
%0 = IMPORT m 'default'
STORE a %0
%1 = LOAD f
%2 = LOAD a
%3 = CALL %1 %2
""",
        id="imports come first",
    ),
    pytest.param(
        "javascript",
        "export * from 'a'; export * as b from 'c'; export { d as e, default } from 'f'",
        """\
%0 = IMPORT a
EXPORT * %0
%1 = IMPORT c
EXPORT b %1
%2 = IMPORT f 'd'
EXPORT e %2
%3 = IMPORT f 'default'
EXPORT default %3
""",
        id="re-exports",
    ),
    pytest.param(
        "javascript",
        "export { a as b, c as default }; let a = 1, c = 2",
        """\
%0 = CONST 1
STORE a %0
%1 = CONST 2
STORE c %1
%2 = LOAD a
EXPORT b %2
%3 = LOAD c
EXPORT default %3
""",
        id="export clause is live",
    ),
    pytest.param(
        "javascript",
        "export const { a, b: c } = d; export function e() {} export class F {}",
        """\
%0 = FUNC e
STORE e %0
%1 = LOAD d
%2 = ATTR a %1
STORE a %2
%3 = ATTR b %1
STORE c %3
%4 = LOAD a
EXPORT a %4
%5 = LOAD c
EXPORT c %5
%6 = LOAD e
EXPORT e %6
%7 = CLASS F
STORE F %7
%8 = LOAD F
EXPORT F %8
""",
        id="export declarations",
    ),
    pytest.param(
        "javascript",
        "export default { a }",
        """\
%0 = LOAD a
%1 = COLLECT dict a=%0
EXPORT default %1
""",
        id="export default expression",
    ),
    pytest.param(
        "javascript",
        "export default function named() {}",
        """\
%0 = FUNC named
STORE named %0
%1 = LOAD named
EXPORT default %1
""",
        id="export default declarations",
    ),
    pytest.param(
        "javascript",
        "export default class extends B {}",
        """\
%0 = LOAD B
%1 = CLASS <1> %0
EXPORT default %1
""",
        id="export default class",
    ),
    pytest.param(
        "javascript",
        "const { readFile: r } = require('fs').promises, p = require(`path`), q = require(name)",
        """\
%0 = IMPORT fs
%1 = ATTR promises %0
%2 = ATTR readFile %1
STORE r %2
%3 = IMPORT path
STORE p %3
%4 = LOAD require
%5 = LOAD name
%6 = CALL %4 %5
STORE q %6
""",
        id="require",
    ),
    pytest.param(
        "javascript",
        "exports = module.exports = f; exports.a = exports.b = 1; module.exports.c = 2; exports['d'] = 3",
        """\
%0 = LOAD f
EXPORT = %0
%1 = CONST 1
EXPORT b %1
EXPORT a %1
%2 = CONST 2
EXPORT c %2
%3 = CONST 3
EXPORT d %3
""",
        id="CommonJS exports",
    ),
    pytest.param(
        "javascript",
        "module.exports = { a, b: 1 }",
        """\
%0 = LOAD a
%1 = CONST 1
%2 = COLLECT dict a=%0 b=%1
EXPORT = %2
""",
        id="CommonJS export of a map",
    ),
    pytest.param(
        "typescript",
        "import a, { type B } from './b'; import fs = require('fs'); import T = a.b.C;"
        "export type { D } from './d'; export = a",
        """\
%0 = IMPORT ./b 'default'
STORE a %0
%1 = IMPORT ./b 'B'
STORE B %1
%2 = IMPORT fs
STORE fs %2
%3 = LOAD a
%4 = ATTR b %3
%5 = ATTR C %4
STORE T %5
%6 = IMPORT ./d 'D'
EXPORT D %6
%7 = LOAD a
EXPORT = %7
""",
        id="TypeScript forms",
    ),
    pytest.param(
        "typescript",
        "@Module({}) export class A {}",
        """\
%0 = LOAD Module
%1 = COLLECT dict
%2 = CALL %0 %1
%3 = CLASS A
%4 = CALL %2 %3
STORE A %4
%5 = LOAD A
EXPORT A %5
""",
        id="decorators before export",
    ),
]


@pytest.mark.parametrize(("language", "source", "expected"), CASES)
def test_modules_become(
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
