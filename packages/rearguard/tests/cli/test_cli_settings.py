"""`rearguard.toml` and `[tool.rearguard]`: what they may say, and what else is refused."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_settings_are_read_and_the_command_line_wins(rearguard: Run, app: Path) -> None:
    (app / "rearguard.toml").write_text('skip = ["sql-injection"]\nfail-on = "critical"\noutput = "out"\n')
    rearguard("review", cwd=app)
    report = json.loads((app / "out" / "rearguard-report" / "review.json").read_text())
    assert all(one["check"] != "sql-injection" for one in report["findings"])
    done = rearguard(
        "review", "--skip", "debug-mode", "--fail-on", "low", "--output", ".", "--json", "-", cwd=app
    )
    assert any(one["check"] == "sql-injection" for one in json.loads(done.stdout)["findings"])
    assert done.returncode == 1
    assert (app / "rearguard-report").is_dir()
    assert "Settings of rearguard.toml: skip sql-injection." in report["notes"], "who reads it must know"


def test_settings_above_the_reviewed_folder_hold_up_to_the_repository(rearguard: Run, app: Path) -> None:
    inner = app / "src" / "api"
    inner.mkdir(parents=True)
    (app / "app.py").rename(inner / "app.py")
    (app / "pyproject.toml").write_text('[tool.rearguard]\nonly = ["debug-mode"]\n')
    assert rearguard("review", "src/api", cwd=app).returncode == 0
    (app / "src" / ".git").mkdir()
    assert rearguard("review", "src/api", cwd=app).returncode == 1


def test_fragments_follow_the_settings_of_the_folder(rearguard: Run, app: Path, vulnerable: str) -> None:
    (app / "rearguard.toml").write_text('only = ["debug-mode"]\n')
    assert rearguard("review", "-", cwd=app, stdin=vulnerable).returncode == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "high"\n', "'fail-on'"),
        ('fail-onn = "high"\n', "'fail-on'"),
        ('fail-on = "severe"\n', "critical, high, medium, low"),
        ("fail-on = 3\n", "must be a text"),
        ('only = "sql-injection"\n', "must be a list"),
        ("only = [1, 2]\n", "must be a list of texts"),
        ('only = ["sql-injektion"]\n', "'sql-injection'"),
        ("jobs = true\n", "must be a whole number"),
        ("jobs = 0\n", "1 to 64"),
        ("jobs = 1000000\n", "1 to 64"),
        ("include-tests = 1\n", "must be a true or false"),
        ("only = [\n", "not valid TOML"),
        ("a = " + "[" * 5_000 + "\n", "not valid TOML"),
        ("\0", "not valid TOML"),
        ("# " + "x" * 1_100_000 + "\n", "this is no configuration"),
        ('exclude = ["[z-a]", "***", "\\\\"]\n', "exclude"),
        ('output = "a\\u0000b"\n', "output"),
        ('"\\u001b[31mred" = 1\n', "unknown setting"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(rearguard: Run, app: Path, text: str, said: str) -> None:
    (app / "rearguard.toml").write_text(text)
    done = rearguard("review", cwd=app)
    assert done.returncode == 2, done.stdout
    assert "rearguard.toml" in done.stderr or "there is no check" in done.stderr
    assert said in done.stderr
    assert "\x1b" not in done.stderr
    assert "internal error" not in done.stderr
    assert len(done.stderr) < 1_000
    assert not (app / "rearguard-report").exists()


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\nrearguard = 3\n", "[tool.rearguard.only]\na = 1\n"])
def test_a_project_file_of_odd_shape_is_no_fault_of_ours(rearguard: Run, app: Path, text: str) -> None:
    (app / "pyproject.toml").write_text(text)
    done = rearguard("review", cwd=app)
    assert done.returncode in (1, 2)
    assert "internal error" not in done.stderr


def test_a_configuration_that_is_no_text_is_named(rearguard: Run, app: Path) -> None:
    (app / "rearguard.toml").write_bytes(b"only = ['\xff']\n")
    done = rearguard("review", cwd=app)
    assert done.returncode == 2
    assert "not valid TOML" in done.stderr


def test_settings_of_a_reviewed_tree_write_nowhere_else(rearguard: Run, app: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (app / "rearguard.toml").write_text(f'output = "{target}"\n')
    done = rearguard("review", cwd=app)
    assert done.returncode == 2
    assert "--output" in done.stderr
    assert not target.exists()
