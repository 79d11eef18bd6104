"""Makes one test of every program on the checks' pages."""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from rearguard.checks import CHECKS
from rearguard.findings import Finding
from rearguard.frontends import settings_kind
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.collect import LANGUAGES
from rearguard.review.read import lower


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


@pytest.fixture(scope="session")
def findings_of(all_models: Models) -> Callable[..., list[Finding]]:
    """`(files, *check ids)` to what these checks find in a program in memory."""

    def run(files: Mapping[str, str], *checks: str) -> list[Finding]:
        sources = [
            Source(path, text.encode(), LANGUAGES.get(f".{path.rpartition('.')[2]}") or settings_kind(path))
            for path, text in sorted(files.items())
        ]
        program = analyse_sources(sources, lower(sources, 1), models=all_models)
        drafts = run_checks(program, [check for check in CHECKS if check.rule.id in checks])
        return [draft.finding for draft in drafts]

    return run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `page_case` runs once for every program of every page."""
    if "page_case" in metafunc.fixturenames:
        found = [case for check in CHECKS for case in _PAGES.cases(check.rule.id, check.rule.page)]
        metafunc.parametrize("page_case", found, ids=[case.id for case in found])
