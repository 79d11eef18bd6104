"""What models are told of a program's values."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.models.view import ModelView, ValueView
from rearguard.program import MODULE_BODY, NO_VALUE

Program = Callable[[Mapping[str, str]], ModelView]


def test_no_value_is_nothing(program: Program) -> None:
    view = program({"a.py": "import flask\nflask.Flask\ndef f(): pass\n"})
    for name in (MODULE_BODY, "f"):
        nothing = ValueView(view, f"a.py::{name}", NO_VALUE)
        assert nothing.refs == ()
        assert nothing.instr is None
        assert nothing.names == nothing.elements() == ()
        assert nothing.const is None


@pytest.mark.parametrize(
    ("made", "keys"),
    [
        ("{ a: 1 }", ("a",)),
        ("Object.freeze({ a: 1 })", ("a",)),
        ("given() || { a: 1 }", ()),
        ("b ? given() : { a: 1 }", ()),
        ("b ? given() : given({ a: 1 })", ()),
    ],
)
def test_a_container_is_written_where_it_can_be_no_other(
    program: Program, made: str, keys: tuple[str, ...]
) -> None:
    view = program({"a.js": f"const held = {made}; use(held)"})
    value = used(view, "a.js::<module>")
    assert [key for key in ("a", "b") if value.key(key) is not None] == list(keys)


def test_a_parameter_is_what_the_calls_give_it(program: Program) -> None:
    view = program({"a.js": "function take(it, other) { use(it); other = it } take({ a: 1 })"})
    assert used(view, "a.js::take").key("a") is not None
    view = program({"a.js": "function take(it) { it = it || given(); use(it) } take({ a: 1 })"})
    assert used(view, "a.js::take").key("a") is None


def used(view: ModelView, fid: str) -> ValueView:
    """What `use` is called with."""
    calls = view.linker.contents(fid).calls
    (call,) = (each for each in calls if view.definitions(fid)[each.args[0]].name == "use")
    return ValueView(view, fid, call.args[1])
