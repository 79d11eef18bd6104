"""`rearguard add` as a person runs it."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from rearguard.cli.main import cli

APP = "from fastapi import FastAPI\n\napp = FastAPI(openapi_url=None)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_controls_are_listed() -> None:
    done = CliRunner().invoke(cli, ["add"])
    assert done.exit_code == 0
    assert "security-headers" in done.output


def test_a_plan_is_shown_and_nothing_is_changed(project: Path) -> None:
    done = CliRunner().invoke(cli, ["add", "security-headers", str(project)])
    assert done.exit_code == 0
    assert "+install_security_headers(app)" in done.output
    assert "Nothing was changed" in done.output
    assert (project / "main.py").read_text() == APP


def test_yes_applies_and_again_finds_nothing_to_do(project: Path) -> None:
    done = CliRunner().invoke(cli, ["add", "security-headers", str(project), "--yes"])
    assert done.exit_code == 0, done.output
    assert "install_security_headers(app)" in (project / "main.py").read_text()
    again = CliRunner().invoke(cli, ["add", "security-headers", str(project), "--yes"])
    assert again.exit_code == 0
    assert "nothing to do" in again.output


def test_a_dirty_work_tree_is_refused_unless_told(project: Path) -> None:
    (project / "main.py").write_text(APP + "# mine\n")
    refused = CliRunner().invoke(cli, ["add", "security-headers", str(project), "--yes"])
    assert refused.exit_code == 2
    assert "not committed" in refused.output
    assert not (project / "security_headers.py").exists()
    told = CliRunner().invoke(cli, ["add", "security-headers", str(project), "--yes", "--allow-dirty"])
    assert told.exit_code == 0, told.output


def test_the_diff_alone_is_a_patch(project: Path) -> None:
    done = CliRunner().invoke(cli, ["add", "security-headers", str(project), "--diff"])
    applied = subprocess.run(
        ["git", "apply", "--check"], cwd=project, input=done.output, text=True, check=False
    )
    assert applied.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["headers"], "Did you mean 'security-headers'?"),
        (["cors"], "--set origins="),
        (["cors", "--set", "origins"], "NAME=VALUE"),
    ],
)
def test_what_cannot_be_done_says_why(project: Path, arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, ["add", arguments[0], str(project), *arguments[1:]])
    assert done.exit_code == 2
    assert said in done.output
