"""The same input gives the same bytes: other processes, other hash seeds, another day."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPORTS = ("review.md", "review.html", "review.sarif", "review.json")


@pytest.fixture
def examples(root: Path) -> Path:
    return root / "examples"


@pytest.fixture
def shared_out(root: Path, tmp_path: Path) -> Path:
    """Some of our rooms: enough to be read and checked by more than one process, less than all of them."""
    tree = tmp_path / "tree"
    ours = "packages/rearguard/src/rearguard"
    for room in (f"{ours}/models", f"{ours}/repair", f"{ours}/implement", "packages/strongback/src"):
        shutil.copytree(root / room, tree / room, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    return tree


def review(tree: Path, output: Path, jobs: int, seed: str) -> dict[str, bytes]:
    command = [sys.executable, "-m", "rearguard.cli.main", "review", ".", "--jobs", str(jobs), "--quiet"]
    done = subprocess.run(
        [*command, "--audience", "audit", "--output", str(output)],
        cwd=tree,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return {name: (output / "rearguard-report" / name).read_bytes() for name in REPORTS}


@pytest.mark.parametrize("kind", ["examples", "shared_out"])
def test_one_process_and_two_write_the_same_bytes(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    tree = request.getfixturevalue(kind)
    one = review(tree, tmp_path / "one", 1, "1")
    two = review(tree, tmp_path / "two", 2, "2")
    for name in REPORTS:
        assert one[name] == two[name], name


def test_the_tree_is_large_enough_to_be_shared_among_processes(shared_out: Path) -> None:
    from rearguard.review import checking, read

    texts = [path.read_text("utf-8") for path in shared_out.rglob("*.py")]
    assert len(texts) > read.PARALLEL_FROM
    # The code of a module and of a class counts as a function.
    assert (
        sum(len(re.findall(r"^\s*(?:(?:async )?def|class) |\blambda\b|\A", text, re.M)) for text in texts)
        > checking.PARALLEL_FROM
    )
