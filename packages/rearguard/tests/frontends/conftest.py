"""Fixtures that every front end's tests share."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from rearguard.frontends.python import read_python
from rearguard.program import MODULE_BODY, Module


def _load(name: str) -> ModuleType:
    """A helper module beside this file: with `--import-mode=importlib` tests cannot import each other."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"rearguard_frontends_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def invariants() -> ModuleType:
    """The module `invariants`: `check_module(module, text)` and `dump(module, function)`."""
    return _load("invariants")


@pytest.fixture(scope="session")
def check_module(invariants: ModuleType) -> Callable[[Module, bytes], None]:
    """Fails unless a module keeps every promise of the IR."""
    check: Callable[[Module, bytes], None] = invariants.check_module
    return check


@pytest.fixture(scope="session")
def dump(invariants: ModuleType) -> Callable[..., str]:
    """The IR of one function of a module as text."""

    def dumped(module: Module, function: str = MODULE_BODY) -> str:
        return str(invariants.dump(module, function))

    return dumped


@pytest.fixture(scope="session")
def python(check_module: Callable[[Module, bytes], None], dump: Callable[..., str]) -> Callable[..., str]:
    """Lowers Python source, checks the module, and returns one function's IR as text."""

    def lowered(source: str, function: str = MODULE_BODY) -> str:
        text = source.encode()
        module = read_python(text)
        check_module(module, text)
        assert module.errors == []
        return dump(module, function)

    return lowered
