"""The command: exit codes, thresholds, choice of checks, and words it does not know."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rearguard import __version__
from rearguard.checks import CHECKS

Run = Callable[..., subprocess.CompletedProcess[str]]


def checks_of(folder: Path) -> list[str]:
    """Check ids of the report in a folder."""
    report: dict[str, Any] = json.loads((folder / "rearguard-report" / "review.json").read_text())
    return [finding["check"] for finding in report["findings"]]


def test_findings_end_it_with_1(rearguard: Run, app: Path) -> None:
    done = rearguard("review", cwd=app)
    assert done.returncode == 1, done.stderr
    assert "sql-injection" in done.stdout
    assert "app.py:11" in done.stdout
    assert "sql-injection" in checks_of(app)


def test_the_module_is_the_command(app: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rearguard", "review", "--only", "sql-injection"],
        cwd=app, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "app.py:11" in done.stdout


def test_nothing_found_ends_it_with_0(rearguard: Run, tmp_path: Path, clean: str) -> None:
    (tmp_path / "sums.py").write_text(clean)
    done = rearguard("review", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No findings" in done.stdout
    assert checks_of(tmp_path) == []


@pytest.mark.parametrize("threshold", ["critical", "high", "medium", "low"])
def test_the_threshold_decides_the_exit_code(rearguard: Run, app: Path, threshold: str) -> None:
    done = rearguard("review", "--only", "sql-injection", "--fail-on", threshold, cwd=app)
    severity = next(check.rule.severity for check in CHECKS if check.rule.id == "sql-injection")
    order = ["critical", "high", "medium", "low"]
    assert done.returncode == int(order.index(severity) <= order.index(threshold))
    assert checks_of(app) == ["sql-injection"], "a threshold hides nothing"


def test_only_and_skip_choose_checks(rearguard: Run, app: Path) -> None:
    rearguard("review", "--only", "sql-injection", "--only", "debug-mode", cwd=app)
    assert checks_of(app) == ["sql-injection"]
    rearguard("review", "--only", "debug-mode, sql-injection", cwd=app)
    assert checks_of(app) == ["sql-injection"]
    rearguard("review", "--skip", "sql-injection,missing-input-validation", cwd=app)
    assert not {"sql-injection", "missing-input-validation"}.intersection(checks_of(app))


def test_quiet_prints_nothing(rearguard: Run, app: Path) -> None:
    done = rearguard("review", "--quiet", cwd=app)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert checks_of(app)


def test_a_file_is_reviewed_as_a_folder_is(rearguard: Run, app: Path) -> None:
    done = rearguard("review", "app.py", cwd=app)
    assert done.returncode == 1, done.stderr
    assert "app.py:11" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["revew"], "'review'"),
        (["review", "--fail-onn", "high"], "'--fail-on'"),
        (["review", "--fail-on", "severe"], "'critical', 'high', 'medium', 'low'"),
        (["review", "--only", "sql-injektion"], "'sql-injection'"),
        (["review", "--skip", "open-redirects"], "'open-redirect'"),
        (["review", "--jobs", "0"], "--jobs"),
        (["review", "nowhere"], "no such file or folder"),
        (["review", "--since", "--output=x"], "not a git revision"),
        (["review", "--engagement", "ACME"], "--topic"),
        (["review", "--engagement", "../up", "--topic", "t"], "not a name for a report"),
        (["review", ".", "extra"], "extra"),
        (["explain", "sql-injektion"], "'sql-injection'"),
        (["review", "--language", "python"], "standard input"),
        (["review", "--timestamp", "yesterday"], "2031-02-03T04:05:06Z"),
        (["review", "--timestamp", "2031-02-03"], "2031-02-03T04:05:06Z"),
        (["review", "--exclude", "*a*b*c*d"], "wildcards"),
        (["routes", "nowhere"], "no such file or folder"),
        (["routes", "--json", "nowhere/routes.json"], "could not be written"),
        (["routes", "--exclude", "*.py"], "no Python, JavaScript or TypeScript source"),
    ],
)
def test_what_cannot_be_done_ends_it_with_2(
    rearguard: Run, app: Path, arguments: list[str], said: str
) -> None:
    done = rearguard(*arguments, cwd=app)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_ours_is_no_finding(rearguard: Run, app: Path) -> None:
    broken = app / "sitecustomize.py"
    broken.write_text(
        "import rearguard.review\n\n\ndef fail(*a, **k):\n    raise ZeroDivisionError\n\n\n"
        "rearguard.review.open_path = fail\n"
    )
    done = rearguard("review", cwd=app, PYTHONPATH=str(app))
    assert done.returncode == 2
    assert "internal error: ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    told = rearguard("review", cwd=app, PYTHONPATH=str(app), REARGUARD_DEBUG="1")
    assert "Traceback" in told.stderr


def test_a_reader_that_leaves_is_no_error(app: Path) -> None:
    command = [sys.executable, "-m", "rearguard.cli.main", "explain", "sql-injection"]
    process = subprocess.Popen(command, cwd=app, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait() == -signal.SIGPIPE
    assert told == b""


@pytest.mark.skipif(os.name != "posix", reason="asks the system for the processor time of children")
def test_the_version_answers_at_once(app: Path) -> None:
    """In processor time, which other work on the machine does not change."""
    import resource

    command = [sys.executable, "-m", "rearguard.cli.main", "--version"]
    best = 60.0
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=app, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        assert done.stdout == f"rearguard {__version__}\n"
    assert best < 0.3, f"{best:.2f} s"


@pytest.mark.parametrize("module", ["rearguard.report", "rearguard.review", "rearguard.cli.review"])
def test_the_terminal_library_waits_until_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_explain_lists_and_explains(rearguard: Run, app: Path) -> None:
    listed = rearguard("explain", cwd=app)
    assert [line.split()[0] for line in listed.stdout.splitlines()[::2]] == [
        check.rule.id for check in CHECKS
    ]
    page = rearguard("explain", "open-redirect", cwd=app)
    assert page.returncode == 0
    assert page.stdout.startswith("# open-redirect\n")


def test_doctor_names_the_level(rearguard: Run, app: Path) -> None:
    done = rearguard("doctor", cwd=app)
    assert done.returncode == 0, done.stderr
    assert "grammars       ok" in done.stdout
    assert "tool level 1" in done.stdout


def test_doctor_survives_tools_that_misbehave(rearguard: Run, app: Path) -> None:
    tools = app / "bin"
    tools.mkdir()
    (tools / "semgrep").write_text("#!/bin/sh\nexit 3\n")
    (tools / "gitleaks").write_bytes(b"not a program\0")
    (tools / "pip-audit").write_text("#!/bin/sh\nprintf '\\377\\033[31m 9.8.7\\033[0m\\n'\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    done = rearguard("doctor", cwd=app, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert "pip-audit      9.8.7 " in done.stdout
    assert "\x1b" not in done.stdout


def test_routes_lists_every_endpoint(rearguard: Run, app: Path) -> None:
    done = rearguard("routes", cwd=app)
    assert done.returncode == 0, done.stderr
    assert "/users" in done.stdout
    as_json = rearguard("routes", "--json", "-", cwd=app)
    endpoints = json.loads(as_json.stdout)["endpoints"]
    assert [(one["method"], one["path"]) for one in endpoints] == [("GET", "/users")]


def test_routes_follow_the_settings(rearguard: Run, app: Path) -> None:
    (app / "old").mkdir()
    (app / "old" / "app.py").write_bytes((app / "app.py").read_bytes())
    assert "2 routes" in rearguard("routes", cwd=app).stdout
    (app / "rearguard.toml").write_text('exclude = ["old"]\n', encoding="utf-8")
    assert "1 route:" in rearguard("routes", cwd=app).stdout
    (app / "rearguard.toml").write_text('exclud = ["old"]\n', encoding="utf-8")
    done = rearguard("routes", cwd=app)
    assert (done.returncode, "'exclude'" in done.stderr) == (2, True)
