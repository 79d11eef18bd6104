"""The product holds itself to what it preaches: its own packages are reviewed, and nothing stands."""

import subprocess
import sys
from pathlib import Path


def test_our_own_packages_are_reviewed_clean(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rearguard.cli.main", "review", "packages", "--fail-on", "low"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path)], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
