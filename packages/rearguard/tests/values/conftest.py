"""Makes one test of every program in a module's `CASES`."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    """A helper module beside this file: with `--import-mode=importlib` tests cannot import each other."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"rearguard_values_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_PROGRAMS = _load("programs")


@pytest.fixture
def case_problems(case: tuple[str, str], problems: Callable[..., list[str]]) -> list[str]:
    """Where the review of a case and its tags disagree."""
    return problems(_PROGRAMS.files(*case))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `case` runs once for every `(name, language, code)` of its module's `CASES`."""
    if "case" in metafunc.fixturenames:
        cases = metafunc.module.CASES
        metafunc.parametrize("case", [case[1:] for case in cases], ids=[f"{c[1]}: {c[0]}" for c in cases])
