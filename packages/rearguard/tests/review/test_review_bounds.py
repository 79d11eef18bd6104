"""A tree made to be slow: its cost stays within bounds, and what was cut is told."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from rearguard.review import Options, review_path

SMALL_TREE = 200
"""Size of the smaller of two trees; the other has twice as many functions or files."""


def _cycle(folder: Path, size: int) -> None:
    """Functions that call one another in a ring, with input that goes round."""
    lines = ["from flask import Flask, request", "app = Flask(__name__)"]
    lines += [f"def f{number}(x):\n    return f{(number + 1) % size}(x)" for number in range(size)]
    lines.append("@app.get('/')\ndef index():\n    return f0(request.args['a'])")
    (folder / "app.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _many_files(folder: Path, size: int) -> None:
    for number in range(size):
        part = folder / f"part{number % 20}"
        part.mkdir(exist_ok=True)
        (part / f"m{number}.py").write_text(
            f"import os\ndef run{number}(x):\n    return x\n", encoding="utf-8"
        )


def _one_file(folder: Path, size: int) -> None:
    text = "def f{0}(a):\n    b = a + 'x'\n    if b:\n        return [b, {{'k': a}}]\n    return g{0}(b)\n"
    (folder / "big.py").write_text("".join(text.format(n) for n in range(size)), encoding="utf-8")


def _callbacks(folder: Path, size: int) -> None:
    """Functions given to functions that call what they are given."""
    lines = ["def f0(g, x):\n    return g(g, x)"]
    lines += [f"def f{n}(g, x):\n    return f{n - 1}(f{n - 1}, x) or g(f{n // 2}, x)" for n in range(1, size)]
    (folder / "app.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


SHAPES = {"a cycle": _cycle, "many files": _many_files, "one file": _one_file, "callbacks": _callbacks}


def _work(folder: Path) -> int:
    """Calls that a review of the folder makes: unlike time, the same on every machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        review_path(folder, ".", Options(jobs=1, cache=False))
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_cost_grows_no_faster_than_the_tree(shape: Callable[[Path, int], None], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    fixed = _work(tmp_path / "empty")
    work: list[int] = []
    for size in (SMALL_TREE, 2 * SMALL_TREE):
        folder = tmp_path / str(size)
        folder.mkdir()
        shape(folder, size)
        work.append(_work(folder) - fixed)
    # Twice the tree is twice the work; quadratic cost would be four times.
    assert work[1] < 2.6 * work[0]


def test_depth_is_cut_and_told(tmp_path: Path) -> None:
    deep = "x = " + "[" * 3_000 + "]" * 3_000
    (tmp_path / "deep.py").write_text(f"{deep}\n", encoding="utf-8")
    result = review_path(tmp_path, ".", Options(jobs=1, cache=False)).result
    assert any("nested too deep" in one.reason for one in result.coverage.unread)
