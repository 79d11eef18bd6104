"""Python functions, classes, decorators, parameters and fields."""

from collections.abc import Callable

import pytest
from rearguard.frontends.python import read_python
from rearguard.program import NO_VALUE, Module

Check = Callable[[Module, bytes], None]

FUNCTION = """
def f(a, /, b: int = 1, *args: str, c, d=k(), **kw) -> Set[int]:
    "About f."
    return a
"""

CLASS = '''
class A(B, base.C[int], metaclass=M):
    """About A."""
    x: int = 1
    y: "str"
    Z = W = 2
    def __init__(self, a): self.a = a
    @property
    def p(self): return 1
    @p.setter
    def p(self, v): pass
    @staticmethod
    def s(a): pass
    @classmethod
    def c(cls): pass
    @dec(1)
    async def m(me, *a): yield me
    def __new__(cls): pass
    def variadic(*args): pass
    class Meta:
        ordering = ["x"]
    if z:
        def p2(self): pass
'''


@pytest.fixture(scope="module")
def lowered(check_module: Check) -> Callable[[str], Module]:
    def lower(source: str) -> Module:
        module = read_python(source.encode())
        check_module(module, source.encode())
        assert module.errors == []
        return module

    return lower


def test_parameters(lowered: Callable[[str], Module], dump: Callable[..., str]) -> None:
    module = lowered(FUNCTION)
    function = module.functions["f"]
    assert [(each.name, each.kind, each.annotation_text) for each in function.params] == [
        ("a", "positional", ""),
        ("b", "positional", "int"),
        ("args", "rest", "str"),
        ("c", "keyword", ""),
        ("d", "keyword", ""),
        ("kw", "rest-map", ""),
    ]
    assert (function.doc, function.returns, function.receiver) == ("About f.", "Set[int]", "")
    assert function.locals == {"a", "b", "args", "c", "d", "kw"}
    assert dump(module, "f") == "%0 = LOAD a\nRETURN %0"
    # Defaults and annotations are values of the module.
    assert dump(module) == (
        "%0 = CONST 1\n%1 = LOAD int\n%2 = LOAD str\n%3 = LOAD k\n%4 = CALL %3\n%5 = FUNC f\nSTORE f %5"
    )
    assert [(each.default, each.annotation) for each in function.params] == [
        (NO_VALUE, NO_VALUE),
        (0, 1),
        (NO_VALUE, 2),
        (NO_VALUE, NO_VALUE),
        (4, NO_VALUE),
        (NO_VALUE, NO_VALUE),
    ]


def test_tuple_parameter_of_python_2(lowered: Callable[[str], Module], dump: Callable[..., str]) -> None:
    module = lowered("def f((a, b), c): return a")
    assert [each.name for each in module.functions["f"].params] == ["$1", "c"]
    assert dump(module, "f").startswith("%0 = LOAD $1\n%1 = CONST 0\n%2 = ITEM %0 %1 0\nSTORE a %2")


def test_name_and_whole_spans(lowered: Callable[[str], Module]) -> None:
    source = "@d\nasync def f(x): pass\ng = lambda y: y"
    functions = lowered(source).functions
    spans = {
        name: (source[each.start : each.end], source[each.name_start : each.name_end])
        for name, each in functions.items()
    }
    assert spans["f"] == ("async def f(x): pass", "f")
    assert spans["<1>"] == ("lambda y: y", "y")
    assert functions["f"].is_async


@pytest.mark.parametrize(
    ("name", "kind", "receiver", "params"),
    [
        ("A.__init__", "constructor", "self", ["a"]),
        ("A.p", "property", "self", []),
        ("A.p~2", "setter", "self", ["v"]),
        ("A.s", "staticmethod", "", ["a"]),
        ("A.c", "classmethod", "cls", []),
        ("A.m", "method", "me", ["a"]),
        ("A.__new__", "classmethod", "cls", []),
        ("A.variadic", "method", "", ["args"]),
        ("A.p2", "method", "self", []),
    ],
)
def test_method_kind_and_receiver(
    name: str, kind: str, receiver: str, params: list[str], lowered: Callable[[str], Module]
) -> None:
    function = lowered(CLASS).functions[name]
    assert (function.kind, function.receiver) == (kind, receiver)
    assert [each.name for each in function.params] == params
    assert (function.owner, function.parent) == ("A", "A")
    assert {*params, receiver} - {""} <= function.locals


def test_class(lowered: Callable[[str], Module]) -> None:
    module = lowered(CLASS)
    class_ = module.classes["A"]
    assert class_.base_texts == ("B", "base.C[int]")
    assert class_.methods == {
        "__init__": "A.__init__",
        "p": "A.p",
        "s": "A.s",
        "c": "A.c",
        "m": "A.m",
        "__new__": "A.__new__",
        "variadic": "A.variadic",
        "p2": "A.p2",
    }
    assert [(each.name, each.annotation_text, each.default != NO_VALUE) for each in class_.fields] == [
        ("x", "int", True),
        ("y", '"str"', False),
        ("Z", "", True),
        ("W", "", True),
    ]
    body = module.functions["A"]
    assert (body.kind, body.doc, body.owner, body.parent) == ("class", "About A.", "", "<module>")
    assert {"x", "y", "Z", "W", "__init__", "Meta"} <= body.locals
    assert [each.name for each in module.classes["A.Meta"].fields] == ["ordering"]
    assert module.classes["A.Meta"].parent == "A"
    assert module.functions["A.m"].is_generator


def test_class_is_made_where_it_stands(lowered: Callable[[str], Module], dump: Callable[..., str]) -> None:
    assert dump(lowered("@d\nclass A(B, metaclass=M): pass")) == (
        "%0 = LOAD d\n%1 = LOAD B\n%2 = LOAD M\n%3 = CLASS A %1\n%4 = CALL %0 %3\nSTORE A %4"
    )


def test_decorators_apply_from_the_innermost(
    lowered: Callable[[str], Module], dump: Callable[..., str]
) -> None:
    source = '@app.route("/x")\n@login\ndef view(): pass'
    module = lowered(source)
    assert dump(module) == (
        "%0 = LOAD app\n%1 = ATTR route %0\n%2 = CONST '/x'\n%3 = CALL %1 %2\n%4 = LOAD login\n"
        "%5 = FUNC view\n%6 = CALL %4 %5\n%7 = CALL %3 %6\nSTORE view %7"
    )
    assert module.functions["view"].decorators == (3, 4)
    outer = module.functions["<module>"].body[7]
    assert source[outer.start : outer.end] == '@app.route("/x")'


def test_builtin_decorators_are_not_calls(lowered: Callable[[str], Module], dump: Callable[..., str]) -> None:
    module = lowered("class A:\n    @staticmethod\n    @d\n    def f(): pass")
    assert dump(module, "A") == (
        "%0 = LOAD staticmethod\n%1 = LOAD d\n%2 = FUNC A.f\n%3 = CALL %1 %2\nSTORE f %3"
    )
    assert module.functions["A.f"].decorators == (0, 1)


def test_second_definition_has_its_own_name(lowered: Callable[[str], Module]) -> None:
    module = lowered("def f(): a\ndef f(): b\nclass f: pass\ndef f(): c")
    assert set(module.functions) == {"f", "f~2", "f~3", "f~4", "<module>"}
    assert set(module.classes) == {"f~3"}


def test_global_names_are_not_local(lowered: Callable[[str], Module]) -> None:
    module = lowered("def f():\n    global g\n    g = h = 1\n    def k():\n        nonlocal h\n        h = 2")
    assert module.functions["f"].locals == {"h", "k"}
    assert module.functions["f.k"].locals == frozenset()


def test_suppression_comments_are_found_anywhere(lowered: Callable[[str], Module]) -> None:
    source = "x = f(a,  # rearguard: ignore[x]\n      '# rearguard: no')\n# plain\n# rearguard: y"
    module = lowered(source)
    assert [source[start:end] for start, end in module.comments] == [
        "# rearguard: ignore[x]",
        "# rearguard: y",
    ]
