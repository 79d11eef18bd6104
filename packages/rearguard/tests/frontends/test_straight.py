"""Calls that are written with a variable in between."""

from collections.abc import Callable

import pytest
from rearguard.frontends import read
from rearguard.program import MODULE_BODY, Instr, Module, Op, instructions

Check = Callable[[Module, bytes], None]


def calls(text: str, name: str, language: str = "python", function: str = MODULE_BODY) -> list[list[object]]:
    """What each call of `name` is given: constants, names and members as they are called, with their keys."""
    body = instructions(read(text.encode(), language).functions[function].body)
    made = {instr.dst: instr for instr in body}
    found = []
    for instr in body:
        if instr.op in (Op.CALL, Op.NEW) and made[instr.args[0]].name == name:
            keys = instr.keys or (None,) * len(instr.args[1:])
            given = [shown(made[value]) for value in instr.args[1:]]
            found.append(
                [value if key is None else (key, value) for key, value in zip(keys, given, strict=True)]
            )
    return found


def shown(instr: Instr) -> object:
    return instr.value if instr.op == Op.CONST else instr.name


def test_containers_are_written_out_in_a_call() -> None:
    assert calls("a = [1, 2]\nb = {'k': 3}\nf(0, *a, **b)\n", "f") == [[0, 1, 2, ("k", 3)]]
    assert calls("const a = [1, 2]; f(0, ...a)", "f", "javascript") == [[0, 1, 2]]


def test_several_containers_in_one_call() -> None:
    assert calls("a = [1]\nb = (2,)\nf(*a, *b)\n", "f") == [[1, 2]]
    assert calls("a = [1]\nf(*a, *a)\n", "f") == [[1, 1]]
    assert calls("a = {'x': 1}\nb = {'y': 2}\nf(**a, **b)\n", "f") == [[("x", 1), ("y", 2)]]
    assert calls("const a = [1], b = [2]; f(...a, ...b)", "f", "javascript") == [[1, 2]]
    assert calls("const a = [1], b = [2]; new F(...a, 0, ...b)", "F", "javascript") == [[1, 0, 2]]


def test_a_method_in_a_variable_is_called_on_its_object() -> None:
    module = read(b"run = cursor.execute\nrun(text)\n", "python")
    body = instructions(module.functions[MODULE_BODY].body)
    (member,) = [instr for instr in body if instr.op == Op.ATTR]
    (call,) = [instr for instr in body if instr.op == Op.CALL]
    assert call.args[0] == member.dst


def test_what_is_imported_is_called_by_its_own_name() -> None:
    assert calls("const { check } = require('./guards'); check(1)", "check", "javascript") == [[1]]
    module = read(b"const { check } = require('./guards'); check(1)", "javascript")
    made = {instr.dst: instr for instr in instructions(module.functions[MODULE_BODY].body)}
    (call,) = [instr for instr in made.values() if instr.op == Op.CALL]
    assert made[call.args[0]].op == Op.LOAD


@pytest.mark.parametrize(
    "between",
    [
        "a.append(2)",
        "a[0] = 2",
        "a = [2]",
        "a += [2]",
        "del a[0]",
        "fill(a)",
        "b = a",
        "def fill(): a.append(2)",
        "def fill():\n  def inner(): a.append(2)\n  inner()",
        "def fill():\n  global a\n  a = []",
        "class Filled:\n  def fill(self): a.append(2)",
        "fill = lambda: a.append(2)",
    ],
)
def test_containers_that_more_is_done_with_are_left_alone(between: str) -> None:
    assert calls(f"a = [1]\n{between}\nf(*a)\n", "f") == [[("*", "a")]]


@pytest.mark.parametrize(
    "between",
    [
        "a.push(2)",
        "xs.forEach(x => a.push(x))",
        "function fill() { a.push(2) }",
        "xs.forEach(function (x) { go(() => { a.push(x) }) })",
    ],
)
def test_containers_that_a_callback_fills_are_left_alone(between: str) -> None:
    text = f"function g(xs) {{ const a = [1]; {between}; f(...a) }}"
    assert calls(text, "f", "javascript", "g") == [[("*", "a")]]


def test_variables_of_the_same_name_elsewhere_change_nothing() -> None:
    text = "def g():\n  a = [1]\n  f(*a)\ndef h():\n  a = []\n  def fill(): a.append(2)\n"
    assert calls(text, "f", function="g") == [[1]]


def test_a_call_inside_has_a_variable_of_its_own() -> None:
    text = "a = [1]\ndef g():\n  a = [2]\n  f(*a)\n"
    assert calls(text, "f", function="g") == [[2]]


def test_a_parameter_is_not_its_default() -> None:
    assert calls("def g(a):\n  a = [1]\n  f(*a)\n", "f", function="g") == [[("*", "a")]]


def test_entries_under_names_that_are_not_known() -> None:
    assert calls("a = {k: 1}\nf(**a)\n", "f") == [[("**", "a")]]


def test_what_a_branch_assigns_is_not_computed_behind_it(check_module: Check) -> None:
    text = b"if c:\n  a = [1]\n  run = db.query\n  f(*a)\nf(*a)\nrun(x)\n"
    check_module(read(text, "python"), text)
    assert calls(text.decode(), "f") == [[("*", "a")], [("*", "a")]]
    text = b"if (c) { var a = [1], run = db.query; run(x); if (d) run(...a) } run(...a)"
    check_module(read(text, "javascript"), text)


def test_a_branch_uses_what_stands_before_it(check_module: Check) -> None:
    text = b"a = [1]\nfor x in xs:\n  if x:\n    f(*a)\n"
    check_module(read(text, "python"), text)
    assert calls(text.decode(), "f") == [[1]]
