"""The real scanners, in the environment that `make test` makes for them; and programs that pretend to be one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Completed = subprocess.CompletedProcess[str]

HERE = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def scanners() -> Path:
    """The folder with the scanners' programs. `make test` installs them and does not let them be missing."""
    folder = Path(os.environ.get("REARGUARD_SCANNERS") or HERE / ".venv-scanners") / "bin"
    if not (folder / "semgrep").exists():
        if os.environ.get("REARGUARD_SCANNERS"):
            pytest.fail(f"no scanners in {folder}")
        pytest.skip("the scanners are not installed: make scanners")
    return folder


@pytest.fixture
def review(tmp_path: Path, forked_command: Callable[..., Completed]) -> Callable[..., Any]:
    """`review(folder, *options, path=...)`: the finished command, and its JSON."""

    def run(folder: Path, *options: str, path: str = "", **environment: str) -> tuple[Completed, Any]:
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        report = out / "review.json"
        words = ("review", str(folder), "--output", str(out), "--json", str(report), *options)
        environment = {"PATH": path or os.environ["PATH"], "COLUMNS": "80", **environment}
        done = forked_command(*words, cwd=tmp_path, **environment)
        return done, json.loads(report.read_text()) if done.returncode < 2 else {}

    return run


@pytest.fixture
def pretend(tmp_path: Path) -> Callable[..., str]:
    """`pretend(bandit="print(...)")`: a PATH on which these Python programs are found under these names."""

    def make(**programs: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name, text in programs.items():
            file = folder / name.replace("_", "-")
            file.write_text(
                f"#!{sys.executable}\nimport sys\nif 'version' in ' '.join(sys.argv[1:2]):\n    print('9.9.9'); sys.exit()\n{text}\n"
            )
            file.chmod(0o755)
        return f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"

    return make
