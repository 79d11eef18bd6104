"""What the sweep's tests share."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROGRAMS = Path(__file__).with_name("programs")


def _load() -> ModuleType:
    """The module `sweep`: with `--import-mode=importlib` tests cannot import each other."""
    spec = importlib.util.spec_from_file_location(
        "rearguard_tests_sweep", Path(__file__).with_name("sweep.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


_SWEEP = _load()


@pytest.fixture(scope="session")
def sweep() -> ModuleType:
    """The module `sweep`."""
    return _SWEEP


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `swept` runs once for every program."""
    if "swept" in metafunc.fixturenames:
        found = _SWEEP.programs(PROGRAMS)
        metafunc.parametrize("swept", list(found.values()), ids=list(found))
