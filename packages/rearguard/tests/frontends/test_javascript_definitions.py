"""Functions and classes of JavaScript and TypeScript: their shape, and what their bodies begin with."""

from collections.abc import Callable

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.program import NO_VALUE, Class, Module, Op, instructions

Check = Callable[[Module, bytes], None]
Dump = Callable[..., str]


def lowered(source: str, check_module: Check, language: str = "javascript") -> Module:
    text = source.encode()
    module = read_javascript(text, language)
    check_module(module, text)
    assert not module.errors
    assert not module.unlowered
    return module


def test_a_function_knows_its_form(check_module: Check) -> None:
    module = lowered(
        "async function a() {} function* b() {} const c = async (x) => x; const d = function () {};"
        "f(function () {}, y => y); const o = { m() {}, get p() {}, async *q() {} };",
        check_module,
    )
    forms = {
        name: (function.kind, function.receiver, function.is_async, function.is_generator)
        for name, function in module.functions.items()
    }
    assert forms == {
        "<module>": ("module", "", False, False),
        "a": ("function", "this", True, False),
        "b": ("function", "this", False, True),
        "c": ("arrow", "", True, False),
        "d": ("function", "this", False, False),
        "<1>": ("function", "this", False, False),
        "<2>": ("arrow", "", False, False),
        "m": ("method", "this", False, False),
        "p": ("getter", "this", False, False),
        "q": ("method", "this", True, True),
    }


def test_nested_functions_are_qualified_and_unique(check_module: Check) -> None:
    module = lowered("function a() { function b() {} return () => 1 } function a() {}", check_module)
    assert list(module.functions) == ["a", "a.b", "a.<1>", "a~2", "<module>"]
    assert module.functions["a.b"].parent == "a"


def test_a_function_takes_the_name_it_is_assigned_to(check_module: Check) -> None:
    module = lowered(
        "exports.a = () => 1; B.prototype.c = function () {}; const o = { d: () => 1, 'e f': () => 2 };"
        "let g; g = class {};",
        check_module,
    )
    assert list(module.functions) == ["a", "c", "d", "<1>", "g", "<module>"]


def test_spans_of_a_function_and_its_name(check_module: Check) -> None:
    source = "x; function name(a) {}  y(b => b)"
    module = lowered(source, check_module)
    named, arrow = module.functions["name"], module.functions["<1>"]
    assert source[named.start : named.end] == "function name(a) {}"
    assert source[named.name_start : named.name_end] == "name"
    assert source[arrow.start : arrow.end] == "b => b"
    assert source[arrow.name_start : arrow.name_end] == "b"


def test_parameters(check_module: Check, dump: Dump) -> None:
    module = lowered("function f(a, b = 1, { c, d: { e = 2 } } = {}, ...g) { return c }", check_module)
    function = module.functions["f"]
    assert [(param.name, param.kind, param.default != NO_VALUE) for param in function.params] == [
        ("a", "positional", False),
        ("b", "positional", True),
        ("$1", "positional", True),
        ("g", "rest", False),
    ]
    assert function.locals == {"a", "b", "c", "e", "g", "$1", "$2"}
    assert dump(module, "f").splitlines() == [
        "%0 = LOAD $1",
        "%1 = ATTR c %0",
        "STORE c %1",
        "%2 = ATTR d %0",
        "%3 = ATTR e %2",
        "STORE $2 %3",
        "%4 = CONST undefined",
        "%5 = COMPARE === %3 %4",
        "if %5:",
        "  %6 = CONST 2",
        "  STORE $2 %6",
        "%7 = LOAD $2",
        "STORE e %7",
        "%8 = LOAD c",
        "RETURN %8",
    ]


def test_a_default_that_reads_another_parameter_belongs_to_the_body(check_module: Check, dump: Dump) -> None:
    module = lowered("function f(a, b = a.c) {}", check_module)
    assert [param.default for param in module.functions["f"].params] == [NO_VALUE, NO_VALUE]
    assert dump(module, "f").splitlines() == [
        "%0 = LOAD b",
        "STORE $1 %0",
        "%1 = CONST undefined",
        "%2 = COMPARE === %0 %1",
        "if %2:",
        "  %3 = LOAD a",
        "  %4 = ATTR c %3",
        "  STORE $1 %4",
        "%5 = LOAD $1",
        "STORE b %5",
    ]


def test_a_function_expression_can_call_itself(check_module: Check, dump: Dump) -> None:
    module = lowered("const f = function g(n) { return g(n) }", check_module)
    assert dump(module, "g").splitlines()[:3] == ["%0 = FUNC g", "STORE g %0", "%1 = LOAD g"]
    assert "g" not in module.functions["<module>"].locals


def test_names_of_inner_blocks_do_not_leak_into_closures(check_module: Check, dump: Dump) -> None:
    source = "const u = 1; function f() { if (a) { const u = 2; g(() => u) } return u }"
    module = lowered(source, check_module)
    assert dump(module, "f.<1>") == "%0 = LOAD u$1\nRETURN %0"
    assert dump(module, "f").splitlines()[-2:] == ["%5 = LOAD u", "RETURN %5"]
    assert module.functions["f"].locals == {"u$1"}


def test_a_parameter_hides_a_renamed_variable(check_module: Check, dump: Dump) -> None:
    module = lowered("let x; { let x = 1; f(x => x); g(() => { var x; return x }) }", check_module)
    assert dump(module, "<1>") == "%0 = LOAD x\nRETURN %0"
    assert dump(module, "<2>") == "%0 = LOAD x\nRETURN %0"
    assert module.functions["<2>"].locals == {"x"}


def test_an_undeclared_assignment_is_the_modules(check_module: Check) -> None:
    module = lowered("function f() { a = 1; var b; b = 2 }", check_module)
    assert module.functions["f"].locals == {"b"}
    assert module.functions["<module>"].locals == {"a", "f"}


def test_parameters_named_like_commonjs_are_no_exports(check_module: Check, dump: Dump) -> None:
    source = "(function (module, exports, require) { module.exports = 1; exports.a = require('b') })"
    module = lowered(source, check_module)
    assert [Op(made.op).name for made in instructions(module.functions["<1>"].body)] == [
        *("CONST", "LOAD", "SETATTR"),
        *("LOAD", "CONST", "CALL", "LOAD", "SETATTR"),
    ]


def only_class(module: Module) -> Class:
    (made,) = module.classes.values()
    return made


def test_a_class(check_module: Check, dump: Dump) -> None:
    module = lowered(
        "class A extends b.C { static s = 1; #p = 2; f = async () => this.x; constructor() { super(); }"
        " get g() {} set g(v) {} static m() {} ['n']() {} [o]() {} static { init() } }",
        check_module,
    )
    made = only_class(module)
    assert made.base_texts == ("b.C",)
    assert made.methods == {
        "f": "A.f",
        "constructor": "A.constructor",
        "g": "A.g",
        "m": "A.m",
        "n": "A.n",
    }
    assert [field.name for field in made.fields] == ["s", "#p", "f"]
    assert {name: function.kind for name, function in module.functions.items() if "." in name} == {
        "A.f": "arrow",
        "A.constructor": "constructor",
        "A.g": "getter",
        "A.g~2": "setter",
        "A.m": "staticmethod",
        "A.n": "method",
        "A.<1>": "method",
    }
    assert all(function.owner == "A" for name, function in module.functions.items() if "." in name)
    assert dump(module, "A.constructor") == "%0 = LOAD super\n%1 = CALL %0"
    assert dump(module, "A").splitlines()[-3:] == ["%8 = FUNC A.<1>", "%9 = LOAD init", "%10 = CALL %9"]
    assert dump(module).splitlines() == [
        "%0 = LOAD b",
        "%1 = ATTR C %0",
        "%2 = CLASS A %1",
        "STORE A %2",
    ]


def test_members_are_no_variables_of_their_methods(check_module: Check, dump: Dump) -> None:
    module = lowered("class A { a = 1; m() { { let a = 2; f(a) } return a } }", check_module)
    assert dump(module, "A.m").splitlines()[-2:] == ["%4 = LOAD a", "RETURN %4"]
    assert module.functions["A.m"].locals == {"a"}


NEST = """\
@Controller('cats')
export class Cats {
  @Inject() private readonly log: Logger = make();
  constructor(private readonly cats: CatService, readonly n = 1) {}
  @Get(':id')
  @Use(guard)
  async find(@Param('id', Pipe) id: string, @Body() { name }: models.Dto<X>): Promise<Cat[]> {
    return this.cats.find(id)
  }
}
"""


def test_decorators_and_types_of_a_controller(check_module: Check, dump: Dump) -> None:
    module = lowered(NEST, check_module, "typescript")
    made = only_class(module)
    assert dump(module).splitlines() == [
        "%0 = LOAD Controller",
        "%1 = CONST 'cats'",
        "%2 = CALL %0 %1",
        "%3 = CLASS Cats",
        "%4 = CALL %2 %3",
        "STORE Cats %4",
        "%5 = LOAD Cats",
        "EXPORT Cats %5",
    ]
    assert made.decorators == (2,)
    assert dump(module, "Cats").splitlines() == [
        "%0 = LOAD Inject",
        "%1 = CALL %0",
        "%2 = LOAD Logger",
        "%3 = LOAD make",
        "%4 = CALL %3",
        "STORE log %4",
        "%5 = LOAD CatService",
        "%6 = CONST 1",
        "%7 = FUNC Cats.constructor",
        "STORE constructor %7",
        "%8 = LOAD Get",
        "%9 = CONST ':id'",
        "%10 = CALL %8 %9",
        "%11 = LOAD Use",
        "%12 = LOAD guard",
        "%13 = CALL %11 %12",
        "%14 = LOAD Param",
        "%15 = CONST 'id'",
        "%16 = LOAD Pipe",
        "%17 = CALL %14 %15 %16",
        "%18 = LOAD models",
        "%19 = ATTR Dto %18",
        "%20 = LOAD Body",
        "%21 = CALL %20",
        "%22 = FUNC Cats.find",
        "%23 = CALL %13 %22",
        "%24 = CALL %10 %23",
        "STORE find %24",
    ]
    find = module.functions["Cats.find"]
    assert find.decorators == (10, 13)
    assert find.returns == "Promise<Cat[]>"
    assert [
        (param.name, param.annotation_text, param.annotation, param.decorators) for param in find.params
    ] == [("id", "string", NO_VALUE, (17,)), ("$1", "models.Dto<X>", 19, (21,))]
    assert [
        (field.name, field.annotation_text, field.annotation, field.default) for field in made.fields
    ] == [
        ("log", "Logger", 2, 4),
        ("cats", "CatService", 5, NO_VALUE),
        ("n", "", NO_VALUE, NO_VALUE),
    ]
    assert dump(module, "Cats.constructor").splitlines()[:3] == [
        "%0 = LOAD this",
        "%1 = LOAD cats",
        "SETATTR cats %0 %1",
    ]


def test_the_span_of_a_decoration_is_the_decorators(check_module: Check) -> None:
    module = lowered(NEST, check_module, "typescript")
    (decorated,) = [
        made
        for made in instructions(module.functions["Cats"].body)
        if made.op == Op.CALL and made.args[1:] == (22,)
    ]
    assert NEST[decorated.start : decorated.end] == "@Use(guard)"


@pytest.mark.parametrize("source", ["@dec() class A { @m f() {} @m g = 1 }", "@dec() export class A {}"])
def test_decorators_of_javascript(source: str, check_module: Check, dump: Dump) -> None:
    module = lowered(source, check_module)
    assert dump(module).splitlines()[:4] == [
        "%0 = LOAD dec",
        "%1 = CALL %0",
        "%2 = CLASS A",
        "%3 = CALL %1 %2",
    ]


def test_interfaces_and_type_aliases_are_classes_of_fields(check_module: Check, dump: Dump) -> None:
    module = lowered(
        "export interface A extends B { a: string; 'b'?: ns.C; m(): void; [k: string]: any }"
        "type D = { d: number } & E & { f: F[] }; type G = 'x' | 'y'",
        check_module,
        "typescript",
    )
    assert {
        name: [(field.name, field.annotation_text) for field in made.fields]
        for name, made in module.classes.items()
    } == {"A": [("a", "string"), ("b", "ns.C")], "D": [("d", "number"), ("f", "F[]")]}
    assert module.classes["A"].base_texts == ("B",)
    assert module.classes["D"].base_texts == ("E",)
    assert dump(module) == "%0 = LOAD B\n%1 = LOAD E"


@pytest.mark.parametrize(
    ("annotation", "leading"),
    [
        ("Foo", "LOAD Foo"),
        ("Foo<Bar>", "LOAD Foo"),
        ("Foo[]", "LOAD Foo"),
        ("null | Foo", "LOAD Foo"),
        ("readonly Foo[]", "LOAD Foo"),
        ("a.b.Foo", "ATTR Foo"),
        ("string", ""),
        ("{ a: Foo }", ""),
        ("() => Foo", ""),
    ],
)
def test_the_name_a_type_starts_with(annotation: str, leading: str, check_module: Check) -> None:
    module = lowered(f"function f(a: {annotation}) {{}}", check_module, "typescript")
    (param,) = module.functions["f"].params
    made = {
        instr.dst: f"{Op(instr.op).name} {instr.name}"
        for instr in instructions(module.functions["<module>"].body)
        if instr.dst != NO_VALUE
    }
    assert made.get(param.annotation, "") == leading
    assert param.annotation_text == annotation
