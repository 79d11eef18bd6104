"""A tree made to be slow: its cost stays within bounds, and what was cut is told."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from rearguard.link import linker
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


def _heirs(folder: Path, size: int) -> None:
    """Classes that each extend the one before."""
    lines = ["class C0:\n    def m0(self, a): return a"]
    lines += [
        f"class C{n}(C{n - 1}):\n    def m{n}(self, a): return self.m{n - 1}(a)" for n in range(1, size)
    ]
    (folder / "app.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _branches(folder: Path, size: int) -> None:
    """Branches that each begin where the one before does not hold."""
    lines = ["def f(a, b):", "    if a == 0:", "        x = b"]
    lines += [f"    elif a == '{n}':\n        x = b + '{n}'" for n in range(1, size)]
    (folder / "app.py").write_text("\n".join([*lines, "    return x"]) + "\n", encoding="utf-8")


def _holes(folder: Path, size: int) -> None:
    """A template string into which as many values of the request are put."""
    text = "".join(f"x{n}${{req.query.a{n}}}" for n in range(size))
    _express(folder, f"app.get('/', (req, res) => {{ res.send(`${{req.query.a}}{text}`) }})")


def _variables(folder: Path, size: int) -> None:
    """One variable that is put into a text again and again."""
    text = "".join(f"x{n}${{a}}" for n in range(size))
    _express(folder, f"app.get('/', (req, res) => {{ const a = req.query.a; res.send(`${{a}}{text}`) }})")


def _dependencies(folder: Path, size: int) -> None:
    """Dependencies that each depend twice on the one before: as many ways through them as 2 to the size."""
    lines = ["from fastapi import Depends, FastAPI", "app = FastAPI()", "def d0(q: str): return q"]
    lines += [f"def d{n}(a=Depends(d{n - 1}), b=Depends(d{n - 1})): return a" for n in range(1, size // 10)]
    lines.append(f"@app.get('/')\ndef index(x=Depends(d{size // 10 - 1})): return x")
    (folder / "app.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _express(folder: Path, text: str) -> None:
    (folder / "app.js").write_text(
        f"const express = require('express')\nconst app = express()\n{text}\n", encoding="utf-8"
    )


SHAPES = {
    "a cycle": _cycle,
    "many files": _many_files,
    "one file": _one_file,
    "callbacks": _callbacks,
    "branches": _branches,
    "dependencies": _dependencies,
}


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


def _growth(shape: Callable[[Path, int], None], folder: Path, size: int) -> float:
    """How much more work a tree of twice the size is; quadratic cost gives 4."""
    (folder / "empty").mkdir()
    fixed = _work(folder / "empty")
    work: list[int] = []
    for number in (size, 2 * size):
        tree = folder / str(number)
        tree.mkdir()
        shape(tree, number)
        work.append(_work(tree) - fixed)
    return work[1] / work[0]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_cost_grows_no_faster_than_the_tree(shape: Callable[[Path, int], None], tmp_path: Path) -> None:
    assert _growth(shape, tmp_path, SMALL_TREE) < 2.6


@pytest.mark.parametrize("shape", [_holes, _variables])
def test_texts_of_many_parts_cost_no_more_than_others(
    shape: Callable[[Path, int], None], tmp_path: Path
) -> None:
    assert _growth(shape, tmp_path, 1_000) < 2.6


def test_heirs_of_many_cost_no_more_than_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("MAX_ABOVE", "MAX_BELOW", "MAX_MIXED"):
        monkeypatch.setattr(linker, bound, 10)
    assert _growth(_heirs, tmp_path, 60) < 2.6


def test_depth_is_cut_and_told(tmp_path: Path) -> None:
    deep = "x = " + "[" * 3_000 + "]" * 3_000
    (tmp_path / "deep.py").write_text(f"{deep}\n", encoding="utf-8")
    result = review_path(tmp_path, ".", Options(jobs=1, cache=False)).result
    assert any("nested too deep" in one.reason for one in result.coverage.unread)


def test_heirs_of_many_are_cut_and_told(tmp_path: Path) -> None:
    _heirs(tmp_path, 150)
    result = review_path(tmp_path, ".", Options(jobs=1, cache=False)).result
    (told,) = result.coverage.unread
    assert told.path == "app.py"
    assert told.reason.startswith("49 classes extending more than 100 others")
