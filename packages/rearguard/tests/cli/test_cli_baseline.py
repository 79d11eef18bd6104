"""Baselines, suppressions of the settings, comparing reports, and the forms that CI reads."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., subprocess.CompletedProcess[str]]

ONLY = ("--only", "sql-injection")
MORE = """

@app.get("/orders")
def orders():
    return str(sqlite3.connect("app.db").execute("SELECT * FROM orders WHERE id = " + request.args["id"]))
"""


def report(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def fingerprints(rearguard: Run, folder: Path) -> set[str]:
    done = rearguard("review", ".", "--json", "-", *ONLY, cwd=folder)
    return {one["fingerprint"] for one in report(done)["findings"]}


@pytest.fixture
def known(rearguard: Run, app: Path) -> Path:
    """The application with its finding in a baseline."""
    done = rearguard("review", ".", *ONLY, "--write-baseline", "known.json", cwd=app)
    assert done.returncode == 0, "what was just written is known"
    return app


def test_known_findings_do_not_fail_and_new_ones_do(rearguard: Run, known: Path) -> None:
    text = (known / "known.json").read_text()
    assert "SELECT" not in text
    arguments = ("review", ".", "--baseline", "known.json", "--json", "-", *ONLY)
    done = rearguard(*arguments, cwd=known)
    assert done.returncode == 0
    assert report(done)["findings"] == []
    assert len(report(done)["known"]) == 1
    with (known / "app.py").open("a") as file:
        file.write(MORE)
    done = rearguard(*arguments, cwd=known)
    assert done.returncode == 1
    assert [one["location"]["line"] for one in report(done)["findings"]] == [16]
    sarif = json.loads((known / "rearguard-report" / "review.sarif").read_text())
    states = sorted(one["baselineState"] for one in sarif["runs"][0]["results"])
    assert states == ["new", "unchanged"]


def test_an_entry_that_matches_nothing_is_told_and_can_fail(rearguard: Run, known: Path) -> None:
    (known / "app.py").write_text(
        (known / "app.py").read_text().replace('+ request.args["name"] +', '+ "x" +')
    )
    arguments = ("review", ".", "--baseline", "known.json", "--json", "-", *ONLY)
    done = rearguard(*arguments, cwd=known)
    assert done.returncode == 0
    (stale,) = report(done)["stale_suppressions"]
    assert "entry of the baseline matches no finding: sql-injection" in stale["reason"]
    assert rearguard(*arguments, "--fail-on-stale", cwd=known).returncode == 1
    done = rearguard(
        "review", ".", "--baseline", "known.json", "--json", "-", "--only", "debug-mode", cwd=known
    )
    assert report(done)["stale_suppressions"] == [], "its check did not run"


def test_a_report_serves_as_a_baseline(rearguard: Run, app: Path) -> None:
    rearguard("review", ".", *ONLY, "--json", "earlier.json", cwd=app)
    assert rearguard("review", ".", *ONLY, "--baseline", "earlier.json", cwd=app).returncode == 0


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"findings": [{"fingerprint": "old"}]}', "\0"])
def test_a_file_that_is_no_baseline_is_told(rearguard: Run, app: Path, text: str | None) -> None:
    if text is not None:
        (app / "known.json").write_text(text)
    done = rearguard("review", ".", "--baseline", "known.json", cwd=app)
    assert done.returncode == 2
    assert "known.json" in done.stderr


def test_the_settings_may_name_the_baseline(rearguard: Run, known: Path) -> None:
    (known / "rearguard.toml").write_text('baseline = "known.json"\nonly = ["sql-injection"]\n')
    assert rearguard("review", ".", cwd=known).returncode == 0
    (known / "rearguard.toml").write_text('baseline = "../known.json"\n')
    assert rearguard("review", ".", cwd=known).returncode == 2


LONG = """\
import sqlite3

from flask import Flask, request

app = Flask(__name__)


@app.get("/users")
def users():
    return str(sqlite3.connect("app.db").execute("SELECT * FROM users WHERE name = '" + request.args["name"] + "' AND town = '" + request.args['town'] + "'").fetchall())
"""


def test_a_fingerprint_survives_moves_renames_and_reformatting(rearguard: Run, tmp_path: Path) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "app.py").write_text(LONG)
    before = fingerprints(rearguard, folder)
    assert len(before) == 1
    (folder / "app.py").write_text("# moved\n\n\n" + LONG.replace("@app.get", "LIMIT = 10\n\n\n@app.get"))
    assert fingerprints(rearguard, folder) == before, "moved lines"
    (folder / "api").mkdir()
    (folder / "app.py").rename(folder / "api" / "people.py")
    assert fingerprints(rearguard, folder) == before, "a renamed file"
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", "--isolated", "."], cwd=folder, check=True)
    assert "\n    return str(\n" in (folder / "api" / "people.py").read_text()
    assert fingerprints(rearguard, folder) == before, "reformatted"
    tabs = (folder / "api" / "people.py").read_text().replace("    ", "\t").replace("\n", "\r\n")
    (folder / "api" / "people.py").write_bytes(tabs.encode())
    assert fingerprints(rearguard, folder) == before, "tabs and other line endings"


SCRIPT = """\
const express = require('express');
const db = require('mysql').createConnection({});
const app = express();
app.get('/users', (req, res) => {
  db.query("SELECT * FROM users WHERE name = '" + req.query.name + "'", (error, rows) => res.json(rows));
});
"""
REFORMATTED = """\
const express = require("express")
const db = require("mysql").createConnection({})
const app = express()

app.get("/health", (req, res) => res.json({}))

app.get("/users", (req, res) => {
    db.query(
        "SELECT * FROM users WHERE name = '" +
            req.query.name +
            "'",
        (error, rows) => res.json(rows),
    )
})
"""


def test_a_fingerprint_survives_another_formatter_of_javascript(rearguard: Run, tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(SCRIPT)
    before = fingerprints(rearguard, tmp_path)
    assert len(before) == 1
    (tmp_path / "a.js").unlink()
    (tmp_path / "b.js").write_text(REFORMATTED)
    assert fingerprints(rearguard, tmp_path) == before


def settings(app: Path, text: str) -> None:
    (app / "rearguard.toml").write_text(f'only = ["sql-injection"]\n{text}')


def test_the_settings_suppress_with_a_reason(rearguard: Run, app: Path) -> None:
    settings(app, '[[suppress]]\ncheck = "sql-injection"\npath = "*.py"\nreason = "an old one"\n')
    done = rearguard("review", ".", "--json", "-", cwd=app)
    assert done.returncode == 0
    assert [one["suppressed"] for one in report(done)["suppressed"]] == ["an old one"]
    assert any("1 suppression" in note for note in report(done)["notes"])
    sarif = json.loads((app / "rearguard-report" / "review.sarif").read_text())
    (result,) = sarif["runs"][0]["results"]
    assert result["suppressions"][0]["kind"] == "external"
    (name,) = {one["fingerprint"] for one in report(done)["suppressed"]}
    settings(app, f'[[suppress]]\nfingerprint = "{name}"\nreason = "ticket 4711"\n')
    assert rearguard("review", ".", cwd=app).returncode == 0


def test_a_suppression_expires_and_goes_stale(rearguard: Run, app: Path) -> None:
    entry = '[[suppress]]\ncheck = "sql-injection"\npath = "{path}"\nreason = "an old one"\nuntil = {until}\n'
    settings(app, entry.format(path="*.py", until="2020-01-31"))
    done = rearguard("review", ".", "--json", "-", cwd=app)
    assert done.returncode == 1
    assert "expired on 2020-01-31" in report(done)["stale_suppressions"][0]["reason"]
    done = rearguard("review", ".", "--timestamp", "2020-01-31T12:00:00Z", cwd=app)
    assert done.returncode == 0, "the day itself is covered"
    settings(app, entry.format(path="elsewhere/", until="2099-01-31"))
    done = rearguard("review", ".", "--json", "-", cwd=app)
    assert "matches no finding" in report(done)["stale_suppressions"][0]["reason"]
    settings(
        app, "fail-on-stale = true\nfail-on = 'critical'\n" + entry.format(path="x/", until="2099-01-31")
    )
    assert rearguard("review", ".", cwd=app).returncode == 1


def test_a_comment_expires(rearguard: Run, app: Path) -> None:
    text = (app / "app.py").read_text()
    old = ".execute(query).fetchall())"
    assert old in text
    (app / "app.py").write_text(
        text.replace(old, old + "  # rearguard: ignore[sql-injection] until=2020-01-31 soon gone")
    )
    done = rearguard("review", ".", "--json", "-", *ONLY, cwd=app)
    assert done.returncode == 1
    assert "expired" in report(done)["stale_suppressions"][0]["reason"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('check = "sql-injection"\npath = "x"', "a reason is needed"),
        ('check = "sql-injection"\nreason = "r"', "name the finding by fingerprint"),
        ('reason = "r"', "name the finding by fingerprint"),
        ('check = "sql-injectoin"\npath = "x"\nreason = "r"', "Did you mean 'sql-injection'?"),
        ('check = "sql-injection"\npath = "x"\nreason = "r"\nuntil = "soon"', "until must be a date"),
        ('chekc = "sql-injection"\nreason = "r"', "Did you mean 'check'?"),
        ('fingerprint = "7"\nreason = "r"', "fingerprint must be one"),
        ('check = 7\npath = "x"\nreason = "r"', "must be a text"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_told(rearguard: Run, app: Path, entry: str, said: str) -> None:
    (app / "rearguard.toml").write_text(f"[[suppress]]\n{entry}\n")
    done = rearguard("review", ".", cwd=app)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_two_reports_are_compared(rearguard: Run, app: Path, form: str) -> None:
    def write(name: str) -> None:
        rearguard("review", ".", *ONLY, f"--{form}", name, "--quiet", cwd=app)

    write("one")
    assert rearguard("compare", "one", "one", cwd=app).stdout == "0 new, 0 fixed, 0 changed, 1 unchanged\n"
    text = (app / "app.py").read_text()
    (app / "app.py").write_text(text + MORE)
    write("two")
    done = rearguard("compare", "one", "two", cwd=app)
    assert done.returncode == 1
    assert "new       " in done.stdout
    assert "app.py:16" in done.stdout
    done = rearguard("compare", "two", "one", "--json", "-", cwd=app)
    assert done.returncode == 0
    assert {key: len(value) for key, value in json.loads(done.stdout).items() if isinstance(value, list)} == {
        "new": 0,
        "fixed": 1,
        "changed": 0,
        "unchanged": 1,
    }
    (app / "app.py").write_text(text.replace("FROM users", "FROM people").replace("(query).", "(query, ())."))
    write("three")
    done = rearguard("compare", "one", "three", cwd=app)
    assert "1 changed" in done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("text", [None, "", "[]", "{}"])
def test_what_is_no_report_is_told(rearguard: Run, app: Path, text: str | None) -> None:
    if text is not None:
        (app / "a.json").write_text(text)
    done = rearguard("compare", "a.json", "a.json", cwd=app)
    assert done.returncode == 2
    assert "a.json" in done.stderr


def test_forms_that_ci_reads(rearguard: Run, app: Path) -> None:
    done = rearguard(
        *("review", ".", *ONLY, "--github", "--junit", "j.xml", "--gitlab-sast", "s.json"),
        *("--code-quality", "q.json"),
        cwd=app,
    )
    assert done.returncode == 1
    line = done.stdout.splitlines()[0]
    assert line.startswith("::error file=app.py,line=11,endLine=11,title=sql-injection (")
    suites = ElementTree.parse(app / "j.xml").getroot()
    assert suites.attrib["failures"] == "1"
    (case,) = suites.iter("testcase")
    assert case.attrib["classname"] == "app.py"
    assert case.find("failure") is not None
    (issue,) = json.loads((app / "q.json").read_text())
    assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
    assert issue["location"] == {"path": "app.py", "lines": {"begin": 11}}
    gitlab = json.loads((app / "s.json").read_text())
    assert gitlab["scan"]["status"] == "success"
    assert set(gitlab["scan"]) == {"analyzer", "scanner", "type", "start_time", "end_time", "status"}
    (found,) = gitlab["vulnerabilities"]
    assert found["location"]["file"] == "app.py"
    assert found["severity"] in ("Critical", "High", "Medium", "Low", "Info", "Unknown")
    assert {one["type"] for one in found["identifiers"]} == {"rearguard_check", "cwe"}


def test_no_finding_is_a_test_that_passed(rearguard: Run, tmp_path: Path, clean: str) -> None:
    (tmp_path / "a.py").write_text(clean)
    done = rearguard("review", ".", "--junit", "j.xml", "--github", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    suites = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert (suites.attrib["tests"], suites.attrib["failures"]) == ("1", "0")


def test_an_annotation_cannot_begin_a_command(rearguard: Run, tmp_path: Path, vulnerable: str) -> None:
    odd = tmp_path / "a%0A::error,x:y.py"
    odd.write_text(vulnerable)
    done = rearguard("review", ".", "--github", *ONLY, cwd=tmp_path)
    assert all(line.startswith("::") for line in done.stdout.splitlines())
    assert "file=a%250A%3A%3Aerror%2Cx%3Ay.py," in done.stdout


def test_the_action_runs(app: Path, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[4]
    action = yaml.safe_load((root / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    steps = [step for step in action["runs"]["steps"] if "rearguard review" in step.get("run", "")]
    (step,) = steps
    assert "${{" not in step["run"], "an input is never text of a script"
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "rearguard").write_text(f'#!/bin/sh\nexec {sys.executable} -m rearguard.cli.main "$@"\n')
    (tools / "rearguard").chmod(0o755)
    given = {
        key: str(action["inputs"][value.removeprefix("${{ inputs.").removesuffix(" }}")]["default"])
        for key, value in step["env"].items()
    }
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=app,
        env={**os.environ, **given, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "::error file=app.py" in done.stdout
    assert json.loads((app / "rearguard.sarif").read_text())["version"] == "2.1.0"
