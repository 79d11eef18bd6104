"""Which files are read, and what is said of the others."""

import os
import time
from pathlib import Path

import pytest
from rearguard.review import Options, review_path
from rearguard.review.collect import collect
from rearguard.review.read import load


def tree(root: Path, *paths: str) -> Path:
    """Files with nothing in them."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("", encoding="utf-8")
    return root


def ignore(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text(text, encoding="utf-8")


def read(root: Path, options: Options | None = None) -> list[str]:
    return [path for path, _, _ in collect(root, options or Options()).files]


def test_the_nearest_ignore_file_decides(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b.py", "sub/a.py", "sub/b.py")
    ignore(tmp_path, "a.py\n")
    ignore(tmp_path / "sub", "!a.py\nb.py\n")
    assert read(tmp_path) == ["b.py", "sub/a.py"]


def test_no_ignore_file_takes_in_what_the_user_excludes(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b.py")
    ignore(tmp_path, "!a.py\n")
    assert read(tmp_path, Options(exclude=("a.py",))) == ["b.py"]


def test_a_pattern_that_takes_time_without_bound_is_passed_over(tmp_path: Path) -> None:
    name = "a" * 200 + ".py"
    tree(tmp_path, name, "b.py")
    ignore(tmp_path, "*a" * 12 + "*b\n" + "**/a/" * 12 + "b\nb.py\n")
    start = time.monotonic()
    assert read(tmp_path) == [name]
    assert time.monotonic() - start < 10


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", [".gitignore", "package.json", "tsconfig.json"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    tree(tmp_path, "a.py")
    os.mkfifo(tmp_path / name)
    assert review_path(tmp_path, ".", Options()).result.coverage.files == 1


def test_what_is_left_out_is_counted_in_words(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "tests/x.py", "test_a.py", "out/b.py", "env/pyvenv.cfg", "env/c.py")
    tree(tmp_path, "coverage/lcov.info", "coverage/sorter.js", "sub/tests/y.py")
    ignore(tmp_path, "out/\n")
    assert review_path(tmp_path, ".", Options()).result.notes == (
        "Left out: 1 coverage report.",
        "Left out: 1 folder ignored by git or by --exclude.",
        "Left out: 2 folders of tests.",
        "Left out: 1 test file.",
        "Left out: 1 virtual environment.",
    )


def test_a_package_called_coverage_is_read(tmp_path: Path) -> None:
    assert read(tree(tmp_path, "coverage/__init__.py", "coverage/claims.py")) == [
        "coverage/__init__.py",
        "coverage/claims.py",
    ]


def test_a_small_script_that_a_bundler_made_is_told_not_read(tmp_path: Path) -> None:
    line = b"function a(b){return c(b)};" * 300 + b"\n"
    for name in ("6143.29e748b5ab1fde68.js", "main.js"):
        (tmp_path / name).write_bytes(line)
    sources, unread = load(
        [(name, tmp_path / name, "javascript") for name in ("6143.29e748b5ab1fde68.js", "main.js")]
    )
    assert [source.path for source in sources] == ["main.js"]
    assert [one.path for one in unread] == ["6143.29e748b5ab1fde68.js"]


def test_what_a_compiler_made_of_files_that_are_read_is_left_out(tmp_path: Path) -> None:
    kept = [
        "src/app.ts",
        "src/users/users.ts",
        "pkg/main.py",
        "lib/tools.js",
        "dist/server.js",
        "lib/main.py",
        "main.py",
    ]
    made = ["dist/src/app.js", "dist/users/users.js", "build/lib/pkg/main.py"]
    for name in kept + made:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    found = collect(tmp_path, Options())
    assert [path for path, _, _ in found.files] == sorted(kept), "the last four are written by hand"
    assert (
        found.left_out[
            ("compiled file whose source is reviewed", "compiled files whose sources are reviewed")
        ]
        == 3
    )
