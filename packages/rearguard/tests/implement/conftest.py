"""Copies of the example applications, and running the tests that `add` brings."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[4] / "examples"
ENVIRONMENT = {
    "NOTES_TRANSLATE_TOKEN": "for-tests",
    "NOTES_PREVIEW_ORIGINS": "https://a.example",
    "NOTES_SIGNING_KEY": "a-key-for-tests-of-forty-characters-long",
}


@pytest.fixture
def settings_of_examples() -> Mapping[str, str]:
    """The environment that the examples ask for when they start."""
    return ENVIRONMENT


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str], Path]:
    """`copy("flask-files/vulnerable")`: the application in a folder of its own."""

    def copied(name: str) -> Path:
        target = tmp_path / "app"
        shutil.copytree(
            EXAMPLES / name, target, ignore=shutil.ignore_patterns("node_modules", "EXPECTED.toml")
        )
        return target

    return copied


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """What the lock file beside this names, installed once, outside the tree."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed, so the Express example cannot be started")
    here = Path(__file__).parent / "node"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    digest = hashlib.sha256((here / "package-lock.json").read_bytes()).hexdigest()[:16]
    installed = Path(cache) / "rearguard-tests" / "node" / digest
    if not (installed / "node_modules").is_dir():
        staging = installed.with_name(f"{digest}.{os.getpid()}")
        staging.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(here / name, staging)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        subprocess.run(command, cwd=staging, check=True, capture_output=True, timeout=300)
        try:
            staging.rename(installed)
        except OSError:
            shutil.rmtree(staging)  # another run was first
    return installed / "node_modules"


Run = Callable[[Path, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a command that a plan names, in a folder."""

    def ran(folder: Path, command: str) -> "subprocess.CompletedProcess[str]":
        words = command.split()
        if words[0] == "python":
            words[0] = sys.executable
            words += ["-p", "no:cacheprovider", "-q"] if "pytest" in words else []
        environment: Mapping[str, str] = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST")},
            **ENVIRONMENT,
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False
        )

    return ran
