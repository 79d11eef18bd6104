"""`rearguard fix` in a process of its own: what is shown, what is written, and what takes it back."""

import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

APP = """\
import sqlite3

import yaml
from flask import Flask, request

app = Flask(__name__)


@app.get("/users")
def users():
    query = "SELECT * FROM users WHERE name = '" + request.args["name"] + "'"
    return str(sqlite3.connect("app.db").execute(query).fetchall())


@app.post("/settings")
def settings():
    return {"loaded": str(yaml.load(request.get_data(), Loader=yaml.Loader))}


if __name__ == "__main__":
    app.run(debug=True)
"""
FIXED = 'execute(query, (request.args["name"],))'
ONLY = ("--only", "sql-injection", "--only", "unsafe-deserialisation", "--only", "debug-mode")


def git(folder: Path, *arguments: str, given: str = "") -> str:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env=environment,
        input=given,
        text=True,
    )
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clean git work tree with three findings that can be repaired: two safely, one with a look."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Check -> outcome, of a run with `--json -`."""
    return {f["check"]: r["outcome"] for r in json.loads(done.stdout)["repairs"] for f in r["findings"]}


def checks(rearguard: Run, folder: Path) -> set[str]:
    done = rearguard("review", ".", "--json", "-", *ONLY, cwd=folder)
    return {one["check"] for one in json.loads(done.stdout)["findings"]}


def test_the_plan_comes_first_and_changes_nothing(rearguard: Run, project: Path) -> None:
    done = rearguard("fix", ".", *ONLY, cwd=project)
    assert done.returncode == 1
    assert "Nothing was changed. To apply: rearguard fix . --yes --review" in " ".join(done.stdout.split())
    assert '+    query = "SELECT * FROM users WHERE name = ?"' in done.stdout
    assert "would be applied" in done.stdout
    assert "to be read first" in done.stdout
    assert (project / "app.py").read_text() == APP
    assert git(project, "status", "--porcelain") == ""


def test_yes_applies_what_is_safe_and_review_the_rest(rearguard: Run, project: Path) -> None:
    done = rearguard("fix", ".", "--yes", "--json", "-", *ONLY, cwd=project)
    assert outcomes(done) == {
        "sql-injection": "applied",
        "unsafe-deserialisation": "applied",
        "debug-mode": "waiting",
    }
    assert done.returncode == 1
    text = (project / "app.py").read_text()
    assert FIXED in text
    assert "yaml.safe_load" in text
    assert "debug=True" in text
    assert checks(rearguard, project) == {"debug-mode"}
    git(project, "commit", "-q", "-a", "-m", "safe")
    done = rearguard("fix", ".", "--yes", "--review", "--json", "-", *ONLY, cwd=project)
    assert outcomes(done) == {"debug-mode": "applied"}
    assert done.returncode == 0
    assert checks(rearguard, project) == set()
    git(project, "commit", "-q", "-a", "-m", "all")
    done = rearguard("fix", ".", "--yes", "--review", *ONLY, cwd=project)
    assert done.returncode == 0
    assert "No repairs." in done.stdout


def test_a_finding_that_is_named_is_repaired_alone(rearguard: Run, project: Path) -> None:
    report = json.loads(rearguard("review", ".", "--json", "-", *ONLY, cwd=project).stdout)
    named = {one["check"]: one["fingerprint"] for one in report["findings"]}
    done = rearguard("fix", ".", "--yes", "--finding", named["debug-mode"][:16], cwd=project)
    assert done.returncode == 0, done.stderr
    assert git(project, "diff", "--stat").count("\n") == 2
    text = (project / "app.py").read_text()
    assert text == APP.replace("debug=True", "debug=False")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--finding", "rg1:ffff"), "no finding of this fingerprint"),
        (("--only", "sql-injectoin"), "Did you mean 'sql-injection'?"),
        (("--diff", "--yes"), "choose one"),
        (("--test-command", "'", "--yes"), "--test-command"),
        (("--test-command", " ", "--yes"), "empty"),
    ],
)
def test_what_cannot_be_meant_is_told(
    rearguard: Run, project: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = rearguard("fix", ".", *arguments, cwd=project)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_nothing_to_read_is_told(rearguard: Run, project: Path, path: str) -> None:
    (project / "empty").mkdir()
    done = rearguard("fix", path, cwd=project)
    assert done.returncode == 2
    assert path in done.stderr


def test_the_diff_can_be_applied_by_git(rearguard: Run, project: Path) -> None:
    (project / "app.py").write_bytes(APP.rstrip("\n").replace("\n", "\r\n").encode())
    git(project, "config", "core.autocrlf", "false")
    git(project, "commit", "-q", "-a", "-m", "other endings")
    done = rearguard("fix", ".", "--diff", "--review", *ONLY, cwd=project)
    assert done.returncode == 1
    raw = subprocess.run(
        [
            sys.executable,
            "-m",
            "rearguard.cli.main",
            "fix",
            ".",
            "--diff",
            "--review",
            "--only",
            "debug-mode",
        ],
        cwd=project,
        capture_output=True,
        check=False,
    ).stdout
    assert raw.startswith(b"--- a/app.py\n+++ b/app.py\n")
    subprocess.run(["git", "apply", "-"], cwd=project, input=raw, check=True)
    assert b"debug=False" in (project / "app.py").read_bytes()


def test_endings_and_permissions_stay(rearguard: Run, project: Path) -> None:
    file = project / "app.py"
    file.write_bytes(APP.replace("\n", "\r\n").encode())
    file.chmod(0o750)
    git(project, "commit", "-q", "-a", "-m", "other endings")
    rearguard("fix", ".", "--yes", "--review", *ONLY, cwd=project)
    assert stat.S_IMODE(file.stat().st_mode) == 0o750
    text = file.read_bytes()
    assert FIXED.encode() in text
    assert text.count(b"\n") == text.count(b"\r\n")
    assert sorted(path.name for path in project.iterdir()) == [".git", "app.py"]


@pytest.mark.parametrize("what", ["changed", "staged", "untracked", "ignored"])
def test_a_work_tree_that_is_not_clean_is_refused(rearguard: Run, project: Path, what: str) -> None:
    if what in ("changed", "staged"):
        (project / "notes.txt").write_text("one")
        git(project, "add", ".")
        git(project, "commit", "-q", "-m", "notes")
        (project / "notes.txt").write_text("two")
    if what == "staged":
        git(project, "add", ".")
    if what in ("untracked", "ignored"):
        git(project, "rm", "-q", "--cached", "app.py")
        git(project, "commit", "-q", "-m", "gone")
    if what == "ignored":
        (project / ".git" / "info" / "exclude").write_text("app.py\n")
    done = rearguard("fix", ".", "--yes", *ONLY, cwd=project)
    assert done.returncode == 2
    assert "--allow-dirty" in done.stderr
    assert (project / "app.py").read_text() == APP
    assert rearguard("fix", ".", *ONLY, cwd=project).returncode == 1, "a plan is shown all the same"
    rearguard("fix", ".", "--yes", "--allow-dirty", *ONLY, cwd=project)
    assert FIXED in (project / "app.py").read_text()


def test_files_that_git_does_not_know_but_are_not_changed_do_not_matter(
    rearguard: Run, project: Path
) -> None:
    (project / "scratch.txt").write_text("mine")
    rearguard("fix", ".", "--yes", *ONLY, cwd=project)
    assert FIXED in (project / "app.py").read_text()


def test_outside_of_git_it_says_so(rearguard: Run, app: Path) -> None:
    done = rearguard(
        "fix", ".", "--yes", "--only", "sql-injection", cwd=app, GIT_CEILING_DIRECTORIES=str(app.parent)
    )
    assert done.returncode == 0
    assert "no git work tree" in " ".join(done.stdout.split())


def test_filters_of_the_repository_are_not_run(rearguard: Run, project: Path) -> None:
    mark = project.parent / "mark"
    script = project.parent / "script.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    (project / ".gitattributes").write_text("*.py filter=odd.name diff=odd\n")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "attributes")
    git(project, "config", "filter.odd.name.clean", str(script))
    git(project, "config", "filter.odd.name.required", "true")
    git(project, "config", "core.fsmonitor", str(script))
    os.utime(project / "app.py")
    rearguard("fix", ".", "--yes", *ONLY, cwd=project)
    assert not mark.exists()
    assert FIXED in (project / "app.py").read_text()


TESTS = """\
import pathlib, sys
sys.path.insert(0, ".")
text = pathlib.Path("app.py").read_text()
pathlib.Path("../runs").open("a").write("run\\n")
sys.exit({condition})
"""


def suite(project: Path, condition: str) -> tuple[str, str]:
    """The option that names a test suite which fails when the condition holds on `text`."""
    script = project.parent / "check.py"
    script.write_text(TESTS.format(condition=condition))
    return "--test-command", f"{sys.executable} ../check.py"


def test_green_tests_let_everything_stand(rearguard: Run, project: Path) -> None:
    done = rearguard("fix", ".", "--yes", "--review", *ONLY, *suite(project, "0"), cwd=project)
    assert done.returncode == 0, done.stdout
    # The line wraps where the length of the interpreter's path says.
    assert "passed before, passed after" in " ".join(done.stdout.split())
    assert (project.parent / "runs").read_text().count("run") == 2
    assert checks(rearguard, project) == set()


def test_red_tests_take_the_repair_at_fault_back(rearguard: Run, project: Path) -> None:
    command = suite(project, "'?' in text")
    done = rearguard("fix", ".", "--yes", "--review", "--json", "-", *ONLY, *command, cwd=project)
    assert outcomes(done) == {
        "sql-injection": "failed",
        "unsafe-deserialisation": "applied",
        "debug-mode": "applied",
    }
    report = json.loads(done.stdout)
    (failed,) = [one for one in report["repairs"] if one["outcome"] == "failed"]
    assert "tests fail with it" in failed["reason"]
    assert report["tests"]["before"] == "passed"
    assert done.returncode == 1
    text = (project / "app.py").read_text()
    assert FIXED not in text
    assert "debug=False" in text
    assert "safe_load" in text


def test_tests_that_are_red_from_the_start_judge_nothing(rearguard: Run, project: Path) -> None:
    done = rearguard("fix", ".", "--yes", *ONLY, *suite(project, "1"), cwd=project)
    assert done.returncode == 2
    assert "do not pass before any repair" in done.stderr
    assert (project / "app.py").read_text() == APP


def test_tests_that_do_not_end_are_ended(rearguard: Run, project: Path) -> None:
    (project.parent / "check.py").write_text("import time; time.sleep(60)")
    command = ("--test-command", f"{sys.executable} ../check.py", "--test-timeout", "1")
    done = rearguard("fix", ".", "--yes", *ONLY, *command, cwd=project)
    assert done.returncode == 2
    assert "did not end within 1 s" in done.stderr
    assert (project / "app.py").read_text() == APP


def test_an_interruption_while_tests_run_leaves_every_file_as_it_was(project: Path) -> None:
    (project.parent / "check.py").write_text(
        "import pathlib, time\n"
        f"if {FIXED!r} in pathlib.Path('app.py').read_text():\n"
        "    pathlib.Path('../waiting').touch(); time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "rearguard.cli.main", "fix", ".", "--yes", *ONLY),
            *("--test-command", f"{sys.executable} ../check.py"),
        ],
        cwd=project,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # Whoever started the tests in the background may have had interrupts ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not (project.parent / "waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert FIXED in (project / "app.py").read_text()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "every file is as it was" in said
    assert (project / "app.py").read_text() == APP
    assert git(project, "status", "--porcelain") == ""


def test_secrets_are_in_no_diff(rearguard: Run, project: Path) -> None:
    secret = "q8Zr2LmX7vKp4TnB9wYd"
    text = APP.replace("app = Flask(__name__)\n", f'app = Flask(__name__)\napp.secret_key = "{secret}"\n')
    (project / "app.py").write_text(text)
    git(project, "commit", "-q", "-a", "-m", "secret")
    for option in ("--diff", "--json=-", "--review"):
        done = rearguard("fix", ".", option, "--review", cwd=project)
        assert "secret_key" in done.stdout
        assert secret not in done.stdout
    rearguard("fix", ".", "--yes", "--review", "--only", "hardcoded-key", cwd=project)
    assert secret not in (project / "app.py").read_text()


def answer(project: Path, *keys: str) -> tuple[int, str]:
    """Run the command on a terminal and type."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.chdir(project)
        os.environ["TERM"] = "dumb"
        os.execv(sys.executable, [sys.executable, "-m", "rearguard.cli.main", "fix", ".", *ONLY])
    said = b""
    waiting = list(keys)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
        if waiting and said.count(b"[n]: ") > len(keys) - len(waiting):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said.decode("utf-8", "replace")


def test_on_a_terminal_each_repair_is_asked_for(project: Path) -> None:
    code, said = answer(project, "n", "y", "y")
    assert code == 1
    assert "Apply it?" in said
    assert "declined" in said
    changed = git(project, "diff")
    assert len([line for line in ("safe_load", "debug=False", "name = ?") if line in changed]) == 2


def test_on_a_terminal_quitting_changes_nothing(project: Path) -> None:
    code, _ = answer(project, "q")
    assert code == 1
    assert (project / "app.py").read_text() == APP
