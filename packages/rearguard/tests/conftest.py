"""What tests of several rooms share."""

import importlib.util
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest
from rearguard.models import Models, load


@pytest.fixture(autouse=True, scope="session")
def _no_cache() -> Iterator[None]:
    """Tests read everything anew, and leave nothing in the cache of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REARGUARD_CACHE_DIR", "")
        yield


@pytest.fixture(scope="session")
def tagged() -> ModuleType:
    """The module `tagged`: with `--import-mode=importlib` tests cannot import each other."""
    path = Path(__file__).with_name("tagged.py")
    spec = importlib.util.spec_from_file_location("rearguard_tests_tagged", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def all_models() -> Models:
    """Every library that the product models, compiled once."""
    return load()


@pytest.fixture(scope="session")
def problems(tagged: ModuleType, all_models: Models) -> Callable[..., list[str]]:
    """`(files, paths, check)` to the places where the review and the tags of `paths` (all by default) disagree."""

    def compare(files: Mapping[str, str], paths: Collection[str] | None = None, check: str = "") -> list[str]:
        found: list[str] = tagged.problems(files, all_models, paths, check)
        return found

    return compare
