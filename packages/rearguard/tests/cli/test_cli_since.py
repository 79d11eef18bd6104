"""`--since`: findings on changed lines, in a repository made for the test."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

MORE = """

@app.get("/orders")
def orders():
    return str(sqlite3.connect("app.db").execute("SELECT * FROM orders WHERE id = " + request.args["id"]))
"""


def git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, env=environment
    )


@pytest.fixture
def repository(app: Path) -> Path:
    git(app, "init", "-q", "-b", "main")
    git(app, "add", ".")
    git(app, "commit", "-q", "-m", "first")
    return app


def lines(done: subprocess.CompletedProcess[str]) -> list[tuple[str, int]]:
    report = json.loads(done.stdout)
    return [
        (one["location"]["path"], one["location"]["line"])
        for one in report["findings"]
        if one["check"] == "sql-injection"
    ]


def test_only_changed_lines_are_reported(rearguard: Run, repository: Path) -> None:
    arguments = ("review", "--since", "main", "--only", "sql-injection", "--json", "-")
    assert lines(rearguard(*arguments, cwd=repository)) == []
    with (repository / "app.py").open("a") as file:
        file.write(MORE)
    done = rearguard(*arguments, cwd=repository)
    assert lines(done) == [("app.py", 16)]
    assert done.returncode == 1
    assert any("1 other finding" in note for note in json.loads(done.stdout)["notes"])
    git(repository, "commit", "-q", "-a", "-m", "second")
    assert lines(rearguard(*arguments[:2], "HEAD~1", *arguments[3:], cwd=repository)) == [("app.py", 16)]


def test_new_files_count_whole_and_paths_are_those_of_the_folder(rearguard: Run, repository: Path) -> None:
    inner = repository / "größe" / "api"
    inner.mkdir(parents=True)
    (inner / "new one.py").write_text((repository / "app.py").read_text())
    arguments = ("review", "größe", "--since", "HEAD", "--json", "-", "--only", "sql-injection")
    assert lines(rearguard(*arguments, cwd=repository)) == [("api/new one.py", 11)]


@pytest.mark.parametrize("revision", ["nowhere", "main..main", "-main"])
def test_no_such_revision_is_told(rearguard: Run, repository: Path, revision: str) -> None:
    done = rearguard("review", f"--since={revision}", cwd=repository)
    assert done.returncode == 2
    assert revision in done.stderr or "--since" in done.stderr


def test_no_repository_is_told(rearguard: Run, app: Path) -> None:
    done = rearguard("review", "--since", "main", cwd=app, GIT_CEILING_DIRECTORIES=str(app.parent))
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_settings_of_the_repository_run_nothing(rearguard: Run, repository: Path) -> None:
    mark = repository.parent / "mark"
    script = repository.parent / "script.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "diff.py.textconv", "diff.py.command"):
        git(repository, "config", key, str(script))
    git(repository, "config", "filter.py.clean", str(script))
    git(repository, "config", "filter.py.smudge", str(script))
    git(repository, "config", "filter.py.required", "true")
    (repository / ".gitattributes").write_text("*.py diff=py filter=py\n")
    with (repository / "app.py").open("a") as file:
        file.write(MORE)
    rearguard("review", "--since", "HEAD", cwd=repository)
    assert not mark.exists()
