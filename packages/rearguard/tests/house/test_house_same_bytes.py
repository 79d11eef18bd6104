"""The same input gives the same bytes: other processes, other hash seeds, another day."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TREES = ("examples", "packages")
REPORTS = ("review.md", "review.html", "review.sarif", "review.json")


def review(root: Path, tree: str, output: Path, jobs: int, seed: str) -> dict[str, bytes]:
    command = [sys.executable, "-m", "rearguard.cli.main", "review", tree, "--jobs", str(jobs), "--quiet"]
    done = subprocess.run(
        [*command, "--audience", "audit", "--output", str(output)],
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return {name: (output / "rearguard-report" / name).read_bytes() for name in REPORTS}


@pytest.mark.parametrize("tree", TREES)
def test_one_process_and_two_write_the_same_bytes(root: Path, tree: str, tmp_path: Path) -> None:
    one = review(root, tree, tmp_path / "one", 1, "1")
    two = review(root, tree, tmp_path / "two", 2, "2")
    for name in REPORTS:
        assert one[name] == two[name], name


def test_our_packages_are_enough_files_to_be_shared_among_processes(root: Path) -> None:
    from rearguard.review.read import PARALLEL_FROM

    assert len(list((root / "packages" / "rearguard" / "src").rglob("*.py"))) > PARALLEL_FROM
