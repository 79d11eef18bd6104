"""What options of calls say: given, left out, or not to be told."""

from typing import Any

import pytest
from rearguard.analysis.settings import option, option_of
from rearguard.analysis.settings.options import Given
from rearguard.analysis.settings.uses import Uses
from rearguard.models import Models
from rearguard.models.concepts import DebugSwitch
from rearguard.models.view import ModelView
from rearguard.program import Op, Source, instructions
from rearguard.review import analyse_sources
from rearguard.review.read import lower

CALLS = """
const shared = { secure: true, nested: { deep: 'a' } };
function send(given) {
  take('plain', { secure: false });
  take('variable', shared);
  take('spread', { ...shared, secure: false });
  take('over', { secure: false, ...shared });
  take('parameter', given);
  take('spread parameter', { secure: true, ...given });
  take('computed', { [given]: 1 });
  take('nothing');
  take('undefined', undefined);
}
"""


@pytest.fixture(scope="module")
def options(all_models: Models) -> dict[str, tuple[ModelView, str, Any]]:
    source = Source("main.js", CALLS.encode(), "javascript")
    view = analyse_sources([source], lower([source], 1), models=all_models).view
    return {
        view.definitions("main.js::send")[instr.args[1]].value: (view, "main.js::send", instr)
        for instr in instructions(view.function("main.js::send").body)
        if instr.op == Op.CALL
    }


@pytest.mark.parametrize(
    ("call", "selector", "given", "const"),
    [
        ("plain", "(1).secure", Given.YES, False),
        ("plain", "(1).httpOnly", Given.NO, None),
        ("variable", "(1).secure", Given.YES, True),
        ("variable", "(1).nested.deep", Given.YES, "a"),
        ("variable", "(1).nested.other", Given.NO, None),
        ("spread", "(1).secure", Given.YES, False),
        ("spread", "(1).nested.deep", Given.YES, "a"),
        ("over", "(1).secure", Given.YES, True),
        ("parameter", "(1).secure", Given.UNKNOWN, None),
        ("spread parameter", "(1).secure", Given.UNKNOWN, None),
        ("computed", "(1).secure", Given.UNKNOWN, None),
        ("nothing", "(1).secure", Given.NO, None),
        ("undefined", "(1).secure", Given.NO, None),
    ],
)
def test_an_option_is_what_the_call_says(
    options: Any, call: str, selector: str, given: Given, const: object
) -> None:
    found = option(*options[call], selector)
    assert (found.given, found.const) == (given, const)


def test_a_constant_is_compared_with_its_type(options: Any) -> None:
    found = option(*options["plain"], "(1).secure")
    assert found.is_const(False)
    assert not found.is_const(0)


def test_uses_are_calls_and_assignments(all_models: Models) -> None:
    text = (
        "from flask import Flask\n\napp = Flask(__name__)\napp.debug = True\napp.config['DEBUG'] = True\n"
        "app.run(debug=True)\n"
    )
    source = Source("main.py", text.encode(), "python")
    view = analyse_sources([source], lower([source], 1), models=all_models).view
    uses = Uses(view).of(DebugSwitch)
    assert [source.line_of(use.span.start) for use in uses] == [4, 5, 6]
    assert all(use.values for use in uses)
    assert option_of(uses[-1], "(debug)").is_const(True)
