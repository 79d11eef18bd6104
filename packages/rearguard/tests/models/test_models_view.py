"""What models are told of a program's values."""

from collections.abc import Callable, Mapping

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
