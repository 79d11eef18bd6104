"""Every row of every JavaScript library holds somewhere in that library's fixture folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rearguard.analysis.settings.uses import OPTION
from rearguard.link import expand, split_selector
from rearguard.models import Library, ModelView
from rearguard.models.javascript import LIBRARIES
from rearguard.program import Op, instructions

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURES = Path(__file__).parent / "fixtures" / "javascript"


def qualified(library: Library, path: str) -> str:
    for name in (*library.types, *library.exports):
        if path == name or (path.startswith(name) and path[len(name)] in ".(<["):
            return f"{library.name}:{path}"
    return path


def assigned(view: ModelView) -> set[str]:
    """Names of the members that are assigned to (`res.statusCode = 401`)."""
    return {
        f"{name}.{instr.name}"
        for fid, function in view.linker.functions.items()
        for instr in instructions(function.body)
        if instr.op == Op.SETATTR
        for name in ("*", *(name for ref in view.linker.refs[fid][instr.args[0]] for name in ref.names))
    }


def options(view: ModelView) -> set[str]:
    """Options that go by their name alone, as keys of maps or members assigned to."""
    found: set[str] = set()
    for function in view.linker.functions.values():
        for instr in instructions(function.body):
            found.update(f"{OPTION}.{key}" for key in instr.keys if key)
            if instr.op == Op.SETATTR:
                found.add(f"{OPTION}.{instr.name}")
    return found


def unmatched(library: Library, view: ModelView) -> list[str]:
    """Paths of concepts that match nothing."""
    values = {name for refs in view.linker.refs.values() for value in refs for r in value for name in r.names}
    values.update(assigned(view))
    values.update(options(view))
    missing = []
    for concept in library.concepts:
        for pattern in expand(concept.path):
            path = qualified(library, pattern)
            callee, selector, _ = split_selector(path)
            if path.endswith("(self)"):
                held = callee in view.call_index
            elif selector is not None:
                held = any(call.select(selector) for call in view.calls(callee))
            else:
                held = callee in values
            if not held:
                missing.append(pattern)
    return missing


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_every_row_matches_the_fixture(library: Library, program: Program) -> None:
    root = FIXTURES / library.name
    files = {
        p.relative_to(root).as_posix(): p.read_text()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.suffix != ".txt"
    }
    assert files, f"no fixture folder for {library.name}"
    assert unmatched(library, program(files)) == []


def test_names_are_unique() -> None:
    names = [library.name for library in LIBRARIES]
    assert len(names) == len(set(names))
