"""Access matrices of programs in memory."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest
from rearguard.analysis.access import AccessMatrix, Row
from rearguard.frontends import settings_kind
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import Options, analyse_sources, review_path
from rearguard.review.collect import LANGUAGES
from rearguard.review.read import lower

Reviewed = Callable[[Mapping[str, str], str], list[str]]
"""`(files, check)` to the endpoints that the check tells of."""
Rows = Mapping[str, Row]
"""Rows by `GET /path`."""


@pytest.fixture(scope="session")
def matrix(all_models: Models) -> Callable[[Mapping[str, str]], AccessMatrix]:
    """`(files)` to the access matrix of the program that they are."""

    def build(files: Mapping[str, str]) -> AccessMatrix:
        sources = [
            Source(path, text.encode(), LANGUAGES.get(PurePosixPath(path).suffix) or settings_kind(path))
            for path, text in sorted(files.items())
        ]
        modules = lower(sources, 1)
        return analyse_sources(sources, modules, models=all_models).matrix

    return build


@pytest.fixture(scope="session")
def rows(matrix: Callable[[Mapping[str, str]], AccessMatrix]) -> Callable[..., Rows]:
    """`(text, path)` to the rows of a program of one file."""

    def build(text: str, path: str = "main.js") -> Rows:
        return {f"{row.endpoint.method} {row.endpoint.path}": row for row in matrix({path: text})}

    return build


@pytest.fixture
def reviewed(tmp_path: Path) -> Reviewed:
    """Reviews what is written to a folder of its own."""

    def build(files: Mapping[str, str], check: str) -> list[str]:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        options = Options(only=(check,), cache=False, repair=False)
        found = review_path(tmp_path, ".", options).result.findings
        return sorted(f.endpoint.name for f in found if f.endpoint is not None)

    return build
