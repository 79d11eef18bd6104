"""Makes one test of every program on the checks' pages."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from rearguard.checks import CHECKS


def _load(name: str) -> ModuleType:
    """A helper module beside this file: with `--import-mode=importlib` tests cannot import each other."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"rearguard_checks_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


_PAGES = _load("pages")


@pytest.fixture(scope="session")
def pages() -> ModuleType:
    """The module `pages`: `cases(check, page)`."""
    return _PAGES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `page_case` runs once for every program of every page."""
    if "page_case" in metafunc.fixturenames:
        found = [case for check in CHECKS for case in _PAGES.cases(check.rule.id, check.rule.page)]
        metafunc.parametrize("page_case", found, ids=[case.id for case in found])
