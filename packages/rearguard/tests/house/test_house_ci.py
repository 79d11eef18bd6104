"""What the guide to CI shows is run as it stands: GitLab's job, GitHub's steps, the action, the hooks, JUnit.

What these would install is not installed anew: a `pip` of the tests notes what it is asked for.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).resolve().parents[4]
GUIDE = HERE / "docs" / "guides" / "ci.md"
PACKAGE = "packages/rearguard"
SOUND = "from flask import Flask\n\napp = Flask(__name__)\n"
UNSAFE = """\
import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.get("/ping")
def ping():
    return subprocess.check_output("ping -c 1 " + request.args["host"], shell=True)
"""
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="what CI runs is for a shell")


def documented(heading: str) -> str:
    """The first YAML block under a heading of the guide."""
    section = GUIDE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    match = re.search(r"^```yaml\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    assert match is not None, heading
    return match[1]


class Runner:
    """A machine with a project under git, on which `pip` only notes what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        self.home = folder / "home"
        self.home.mkdir()
        self._asked = folder / "asked"
        self._tools = folder / "bin"
        self._tools.mkdir()
        note = f'echo "$@" >> "{self._asked}"'
        self._program("rearguard", f'exec "{sys.executable}" -m rearguard.cli.main "$@"')
        self._program("pip", note)
        self._program(
            "python", f'if [ "$1 $2" = "-m pip" ]; then {note}; else exec "{sys.executable}" "$@"; fi'
        )
        self.git("init", "-q", "-b", "main")
        self.commit({"app.py": SOUND})

    def _program(self, name: str, line: str) -> None:
        file = self._tools / name
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """No settings of whoever runs the tests."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            "PATH": f"{self._tools}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    @property
    def installed(self) -> str:
        """What `pip` was asked for."""
        return self._asked.read_text() if self._asked.exists() else ""

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
        done = subprocess.run(
            command,
            cwd=folder or self.project,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.project / name).write_text(text)

    def commit(self, files: Mapping[str, str]) -> None:
        self.write(files)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "change")

    def run(self, *lines: str, **more: str) -> subprocess.CompletedProcess[str]:
        """The lines as one step of a job: the first that fails ends it."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
            cwd=self.project,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=180,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def is_this_package(text: str) -> bool:
    """Whether what is installed lies in this repository where the guide says."""
    return f"#subdirectory={PACKAGE}" in text and (HERE / PACKAGE / "pyproject.toml").is_file()


@pytest.mark.parametrize(("code", "status"), [(SOUND, 0), (UNSAFE, 1)])
def test_the_gitlab_job(runner: Runner, code: str, status: int) -> None:
    job = yaml.safe_load(documented("GitLab"))["rearguard"]
    runner.commit({"app.py": code, "later.txt": "x\n"})
    done = runner.run(*job["script"])
    assert done.returncode == status, done.stderr
    assert is_this_package(runner.installed)
    assert job["artifacts"]["when"] == "always"
    assert all((runner.project / path).is_dir() for path in job["artifacts"]["paths"])
    reports = {
        kind: json.loads((runner.project / path).read_text())
        for kind, path in job["artifacts"]["reports"].items()
    }
    assert reports["sast"]["scan"]["type"] == "sast"
    assert bool(reports["sast"]["vulnerabilities"]) == bool(status)
    assert all(
        {"description", "fingerprint", "severity", "location"} <= set(issue)
        for issue in reports["codequality"]
    )
    assert bool(reports["codequality"]) >= bool(status)


@pytest.mark.parametrize(("code", "status"), [(SOUND, 0), (UNSAFE, 1)])
def test_the_github_workflow(runner: Runner, code: str, status: int) -> None:
    workflow = yaml.safe_load(documented("GitHub"))
    steps = workflow["jobs"]["review"]["steps"]
    runner.commit({"app.py": code, "later.txt": "x\n"})
    *first, review = [step["run"] for step in steps if "run" in step]
    for line in first:
        assert runner.run(line).returncode == 0
    assert is_this_package(runner.installed)
    assert runner.run(review).returncode == status
    (upload,) = [step for step in steps if "upload-sarif" in step.get("uses", "")]
    sarif = upload["with"]["sarif_file"]
    assert f"hashFiles('{sarif}')" in upload["if"]
    assert "!cancelled()" in upload["if"], "a job that failed for its findings shows them"
    assert workflow["permissions"]["security-events"] == "write"
    results = json.loads((runner.project / sarif).read_text())["runs"][0]["results"]
    assert bool(results) >= bool(status)


def action_steps(given: Mapping[str, str]) -> list[tuple[str, dict[str, str]]]:
    """The shell steps of the action with what is in their environment, for the inputs given."""
    action: Any = yaml.safe_load((HERE / "action.yml").read_text())
    inputs = {name: str(one["default"]) for name, one in action["inputs"].items()} | dict(given)
    found = []
    for step in action["runs"]["steps"]:
        if "run" in step:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"], "inputs are no text of a script"
            values = {
                name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: inputs[match[1]], value)
                for name, value in step.get("env", {}).items()
            }
            found.append((step["run"], values))
    return found


@pytest.mark.parametrize(
    ("inputs", "code", "status"),
    [
        ({}, SOUND, 0),
        ({}, UNSAFE, 1),
        ({"fail-on": "high", "path": ".", "sarif": "out.sarif"}, UNSAFE, 1),
        ({"since": "HEAD"}, UNSAFE, 0),
        ({"baseline": "known.json"}, UNSAFE, 0),
    ],
)
def test_the_steps_of_the_action(runner: Runner, inputs: dict[str, str], code: str, status: int) -> None:
    runner.commit({"app.py": code, "later.txt": "x\n"})
    if "baseline" in inputs:
        assert runner.run("rearguard review . --json known.json").returncode == 1
    install, review = action_steps(inputs)
    assert runner.run(install[0], GITHUB_ACTION_PATH=str(HERE)).returncode == 0
    assert runner.installed.rstrip().endswith(f" {HERE / PACKAGE}")
    done = runner.run(review[0], **review[1])
    assert done.returncode == status, done.stdout + done.stderr
    assert ("::error" in done.stdout or "::warning" in done.stdout) == bool(status)
    report = json.loads((runner.project / inputs.get("sarif", "rearguard.sarif")).read_text())
    assert report["version"] == "2.1.0"


@pytest.fixture(scope="session")
def pre_commit() -> Path:
    """The program, in the environment that `make test` makes for others' programs."""
    folder = Path(os.environ.get("REARGUARD_SCANNERS") or HERE / ".venv-scanners") / "bin"
    if not (folder / "pre-commit").exists():
        if os.environ.get("REARGUARD_SCANNERS"):
            pytest.fail(f"no pre-commit in {folder}")
        pytest.skip("pre-commit is not installed: make scanners")
    return folder / "pre-commit"


def local_hook() -> str:
    """The hook of the guide with what is installed here: to install it anew needs a network."""
    config = yaml.safe_load(documented("pre-commit"))
    (hook,) = config["repos"][0]["hooks"]
    assert is_this_package(hook.pop("additional_dependencies")[0])
    assert hook["language"] == "python"
    hook["language"] = "system"
    return yaml.safe_dump(config)


def published_hook(runner: Runner, folder: Path) -> str:
    """The hook that this repository publishes, of a repository that holds nothing else."""
    folder.mkdir()
    shutil.copy(HERE / ".pre-commit-hooks.yaml", folder)
    runner.git("init", "-q", folder=folder)
    runner.git("add", ".", folder=folder)
    runner.git("commit", "-q", "-m", "hook", folder=folder)
    revision = runner.git("rev-parse", "HEAD", folder=folder)
    return yaml.safe_dump({"repos": [{"repo": str(folder), "rev": revision, "hooks": [{"id": "rearguard"}]}]})


@pytest.mark.parametrize("kind", ["local", "published"])
def test_the_hooks_of_pre_commit(runner: Runner, pre_commit: Path, tmp_path: Path, kind: str) -> None:
    config = local_hook() if kind == "local" else published_hook(runner, tmp_path / "hooks")
    runner.commit({".pre-commit-config.yaml": config, "old.py": UNSAFE})
    runner.write({"new.py": UNSAFE.replace("/ping", "/pong")})
    runner.git("add", ".")
    done = runner.run(f'"{pre_commit}" run')
    assert done.returncode == 1, done.stdout + done.stderr
    assert "new.py" in done.stdout
    assert "old.py" not in done.stdout, "only what the commit brings"
    runner.write({"new.py": SOUND})
    runner.git("add", ".")
    done = runner.run(f'"{pre_commit}" run')
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_junit(runner: Runner) -> None:
    (line,) = re.findall(r"^rearguard review .*--junit.*$", GUIDE.read_text(), re.MULTILINE)
    runner.commit({"app.py": UNSAFE})
    runner.run(line)
    suites = ElementTree.parse(runner.project / "rearguard.xml").getroot()
    cases = list(suites.iter("testcase"))
    assert sum(1 for case in cases if case.find("failure") is not None) >= 1
    assert len(cases) == sum(int(suite.get("tests", "0")) for suite in suites.iter("testsuite"))
