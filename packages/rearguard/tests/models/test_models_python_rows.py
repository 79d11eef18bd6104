"""Every row of every Python model holds somewhere in the fixture programs."""

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from rearguard.analysis.settings.uses import OPTION, SETTINGS
from rearguard.link import expand, split_selector
from rearguard.models import Library, ModelView
from rearguard.models.python import LIBRARIES
from rearguard.models.python.stdlib import STDLIB
from rearguard.program import Op, instructions

Program = Callable[[Mapping[str, str]], ModelView]
FIXTURES = Path(__file__).parent / "fixtures" / "python"


@pytest.fixture(scope="module")
def views(program: Program) -> dict[str, ModelView]:
    """Folder -> its program."""
    return {
        folder.name: program(
            {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.py"))}
        )
        for folder in sorted(FIXTURES.iterdir())
    }


@pytest.fixture(scope="module")
def names(views: dict[str, ModelView]) -> frozenset[str]:
    """Every name of every value of the fixtures, and of the members that are assigned to."""
    found: set[str] = set()
    for view in views.values():
        for fid, values in view.linker.refs.items():
            found.update(name for refs in values for ref in refs for name in ref.names)
            for instr in instructions(view.function(fid).body):
                if instr.op in (Op.SETATTR, Op.SETITEM):
                    key = instr.name or instr.value
                    held = [name for ref in values[instr.args[0]] for name in ref.names]
                    found.update(f"{name}.{key}" for name in held)
                    found.update(f"{name}[]" for name in held)
                    found.add(f"{OPTION}.{key}")
                elif instr.keys:
                    found.update(f"{OPTION}.{key}" for key in instr.keys if key)
                elif instr.op == Op.STORE and fid.startswith("settings"):
                    found.add(f"{SETTINGS}.{instr.name}")
    return frozenset(found)


def qualified(library: Library, path: str) -> str:
    """A pattern as the alias tables hold it."""
    for name in (*library.types, *library.exports):
        if path == name or (path.startswith(name) and path[len(name)] in ".(<["):
            return f"{library.name}:{path}"
    return path


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_every_row_of_a_library_holds_in_a_fixture(
    library: Library, views: dict[str, ModelView], names: frozenset[str]
) -> None:
    """Of a row's alternatives one is enough: they are spelled by one pattern."""

    def holds(pattern: str) -> bool:
        path = qualified(library, pattern)
        callee, selector, _ = split_selector(path)
        if selector is None:
            return path in names
        calls = [call for view in views.values() for call in view.calls(callee)]
        return any(path.endswith("(self)") or call.select(selector) for call in calls)

    missing = [row.path for row in library.concepts if not any(map(holds, expand(row.path)))]
    assert missing == []


def test_names_of_libraries_are_unique() -> None:
    assert len({library.name for library in LIBRARIES}) == len(LIBRARIES)


def test_paths_of_the_standard_library_exist() -> None:
    """Rows about Python itself can be compared with Python itself."""
    missing: list[str] = []
    patterns = [row.path for row in STDLIB.concepts] + [p for paths in STDLIB.types.values() for p in paths]
    for pattern in (path for given in patterns for path in expand(given)):
        path = qualified(STDLIB, pattern)
        if ":" not in path and not path.startswith(("*", *NOT_HERE)) and not exists(path):
            missing.append(path)
    assert missing == []


NOT_HERE = ("cPickle", "pipes", "loguru", "structlog", "anyio", "_pickle", "os.posix_spawn", "os.spawn")
"""Gone from Python, packages of others, and what some platforms lack."""


def exists(path: str) -> bool:
    """Whether the names up to the first call of a path can be imported."""
    parts = re.split(r"[(\[<]", path)[0].split(".")
    for end in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            value = getattr(value, part, None)
        return value is not None
    return False
