"""The public surface is what `__all__` says, in every module, and every public name is documented."""

import importlib
import inspect
import pkgutil

import pytest
import strongback

MODULES = sorted(m.name for m in pkgutil.walk_packages(strongback.__path__, "strongback."))


@pytest.mark.parametrize("name", [m for m in MODULES if not m.endswith("__main__")])
def test_every_module_declares_and_documents_its_surface(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for public in module.__all__:
        value = getattr(module, public)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, f"{name}.{public}"


def test_the_package_exports_each_name_once() -> None:
    assert len(strongback.__all__) == len(set(strongback.__all__))
    for public in strongback.__all__:
        assert hasattr(strongback, public)
