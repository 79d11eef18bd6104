"""Every row of what scripts meet in a browser holds somewhere in that library's fixture folder."""

from pathlib import Path

import pytest
from rearguard.frontends.javascript import read_javascript
from rearguard.link import Linker, ModuleIndex, expand, split_selector
from rearguard.models import Library, Models, ModelView
from rearguard.models.browser import LIBRARIES, OWN
from rearguard.program import Op, instructions

FIXTURES = Path(__file__).parent / "fixtures" / "browser"


def linked(folder: Path) -> ModelView:
    modules = {
        file.name: read_javascript(file.read_bytes(), "javascript") for file in sorted(folder.glob("*.js"))
    }
    models = Models(LIBRARIES)
    linker = Linker(modules, models.aliases, ModuleIndex(modules))
    linker.run()
    return ModelView(linker, models)


def names(view: ModelView) -> set[str]:
    """Paths of all values, and of the members that are assigned to."""
    found = {n for refs in view.linker.refs.values() for value in refs for ref in value for n in ref.names}
    for fid, function in view.linker.functions.items():
        for instr in instructions(function.body):
            if instr.op == Op.SETATTR:
                held = view.linker.refs[fid][instr.args[0]]
                found.update(f"{name}.{instr.name}" for ref in held for name in ref.names)
    return found


@pytest.mark.parametrize("library", OWN, ids=lambda library: library.name)
def test_every_row_matches_the_fixture(library: Library) -> None:
    view = linked(FIXTURES / library.name)
    held = names(view)
    missing = []
    for concept in library.concepts:
        for pattern in expand(concept.path):
            typed = any(pattern.startswith((f"{kind}.", f"{kind}(", f"{kind}<")) for kind in library.types)
            callee, selector, _ = split_selector(f"{library.name}:{pattern}" if typed else pattern)
            if selector is not None:
                matched = any(call.select(selector) for call in view.calls(callee))
            else:
                matched = callee in held
            if not matched:
                missing.append(pattern)
    assert missing == []
