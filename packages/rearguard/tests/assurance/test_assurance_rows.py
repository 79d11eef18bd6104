"""The command as a whole: which rows there are, what they say, and when it fails."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
CLEAN = "def add(left: int, right: int) -> int:\n    return left + right\n"
WAYS = {"met", "violated", "no violation found", "needs a person", "not applicable"}


def run(folder: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], Any]:
    done = subprocess.run(
        [sys.executable, "-m", "rearguard.cli.main", "verify", ".", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    file = folder / "rearguard-report" / "assurance.json"
    return done, json.loads(file.read_text()) if file.exists() else {}


@pytest.fixture(scope="module")
def vulnerable(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("assurance") / "app"
    folder.mkdir()
    for file in (EXAMPLES / "flask-files" / "vulnerable").rglob("*.py"):
        target = folder / file.relative_to(EXAMPLES / "flask-files" / "vulnerable")
        target.parent.mkdir(exist_ok=True, parents=True)
        target.write_text(file.read_text())
    done, report = run(folder, "--level", "3")
    assert done.returncode == 1
    return folder, report


def test_every_list_is_whole(vulnerable: tuple[Path, Any]) -> None:
    _, report = vulnerable
    counts = Counter(row["standard"] for row in report["rows"])
    assert counts == {
        "owasp-2021": 10,
        "owasp-2025": 10,
        "api-2023": 10,
        "cwe-25": 25,
        "asvs": 345,
        "ssdf": 4,
        "sdl-banned": 10,
    }
    assert {row["outcome"] for row in report["rows"]} <= WAYS
    assert all(row["reason"] for row in report["rows"])


def test_what_is_violated_names_its_findings_and_what_is_met_its_evidence(
    vulnerable: tuple[Path, Any],
) -> None:
    for row in vulnerable[1]["rows"]:
        if row["outcome"] == "violated":
            assert row["findings"], row
        if row["outcome"] == "met":
            assert row["evidence"], row
            assert not row["findings"], row
        if row["outcome"] == "no violation found":
            assert row["checks"] or "a rule of its own" in row["reason"], row


def test_rows_follow_the_checks(vulnerable: tuple[Path, Any]) -> None:
    rows = {row["id"]: row for row in vulnerable[1]["rows"]}
    assert rows["v5.0.0-1.2.4"]["outcome"] == "violated"
    assert {one["check"] for one in rows["v5.0.0-1.2.4"]["findings"]} == {"sql-injection"}
    assert rows["A05:2025"]["outcome"] == "violated"
    assert rows["API1:2023"]["outcome"] == "violated"
    assert rows["CWE-89"]["outcome"] == "violated"
    assert rows["CWE-787"]["outcome"] == "not applicable"
    assert rows["v5.0.0-4.3.2"]["outcome"] == "not applicable"
    assert "GraphQL" in rows["v5.0.0-4.3.2"]["reason"]
    assert rows["PW.6"]["outcome"] == "needs a person"
    assert rows["object-deserialisers"]["outcome"] == "violated"


def test_nothing_is_met_in_a_program_that_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CLEAN)
    done, report = run(tmp_path, "--level", "3")
    assert done.returncode == 0
    assert {row["outcome"] for row in report["rows"]} <= WAYS - {"met", "violated"}


def test_a_file_that_cannot_be_read_takes_met_away(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import secrets\n\n\ndef token():\n    return secrets.token_urlsafe(32)\n")
    (tmp_path / "b.py").write_bytes(b"\0\1")
    _, report = run(tmp_path)
    (row,) = [row for row in report["rows"] if row["id"] == "v5.0.0-11.5.1"]
    assert row["outcome"] == "needs a person"
    assert "could not be read" in row["reason"]


def test_levels_lists_and_gates(vulnerable: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = vulnerable
    done, report = run(folder, "--level", "1", "--standard", "asvs", "--fail-on", "nothing")
    assert done.returncode == 0
    assert {row["asvs_level"] for row in report["rows"]} == {1}
    assert len(report["rows"]) == 70
    (tmp_path / "a.py").write_text(CLEAN)
    assert run(tmp_path, "--standard", "ssdf", "--fail-on", "open")[0].returncode == 1
    assert run(tmp_path, "--level", "4")[0].returncode == 2
    assert run(tmp_path / "..", "--standard", "nist")[0].returncode == 2


def test_reports_for_people_and_spreadsheets(vulnerable: tuple[Path, Any]) -> None:
    folder, _ = vulnerable
    done, report = run(folder, "--level", "3", "--csv", "out.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "out.csv").read_text())))
    assert [row["outcome"] for row in rows] == [row["outcome"] for row in report["rows"]]
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)
    text = (folder / "rearguard-report" / "assurance.md").read_text()
    assert "### V8 Authorization" in text
    assert "never on an absence" in text
    assert "sql-injection filebox/repository.py:" in text
    assert "violated  1.2.4 Database queries parameterised" in done.stdout
    _, second = run(folder, "--level", "3")
    assert second == report


def test_an_accepted_finding_needs_a_person(tmp_path: Path) -> None:
    line = "    return pickle.loads(request.get_data())"
    text = "import pickle\n\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.post('/x')\ndef x():\n"
    (tmp_path / "a.py").write_text(f"{text}{line}  # rearguard: ignore[unsafe-deserialisation] by ticket 7\n")
    _, report = run(tmp_path)
    (row,) = [row for row in report["rows"] if row["id"] == "v5.0.0-1.5.2"]
    assert row["outcome"] == "needs a person"
    assert "by ticket 7" in row["reason"]


def test_nothing_to_verify_is_told(tmp_path: Path) -> None:
    done, _ = run(tmp_path)
    assert done.returncode == 2
