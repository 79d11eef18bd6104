"""Programs made of texts, linked with all models."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import PurePosixPath

import pytest
from rearguard import frontends
from rearguard.link import Linker, ModuleIndex
from rearguard.models.compile import FAMILIES, Models
from rearguard.models.view import ModelView
from rearguard.program import Module

_LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
}


def read(path: str, text: bytes) -> Module:
    """The module that a file's ending says it is."""
    return frontends.read(text, _LANGUAGES[PurePosixPath(path).suffix])


@pytest.fixture(scope="session")
def models() -> Models:
    """All libraries of both families."""
    return Models(
        library for family in FAMILIES for library in import_module(f"rearguard.models.{family}").LIBRARIES
    )


@pytest.fixture(scope="session")
def program(models: Models) -> Callable[[Mapping[str, str]], ModelView]:
    """A function from path -> text to the linked program."""

    def build(files: Mapping[str, str]) -> ModelView:
        texts = {path: text.encode() for path, text in files.items()}
        modules = {path: read(path, text) for path, text in texts.items()}
        linker = Linker(modules, models.aliases, ModuleIndex(texts))
        linker.run()
        view = ModelView(linker, models)
        view.texts.update(texts)
        return view

    return build
