"""Programs that fail, hang, lie or babble: told, and nothing stops."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Review = Callable[..., Any]
Pretend = Callable[..., str]

APP = "import pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "tests").mkdir(parents=True)
    (folder / "node_modules" / "x").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    (folder / "tests" / "test_app.py").write_text(APP)
    return folder


def tool(report: Any, name: str) -> Any:
    (found,) = [one for one in report["tools"] if one["name"] == name]
    return found


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("sys.exit(3)", "no JSON"),
        ("print('[]')", "no JSON object"),
        ("print('{' * 100000)", "no JSON"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe')", "no JSON"),
        ("import time; time.sleep(60)", "did not end within 2 s"),
        ("raise SystemExit('boom')", "boom"),
    ],
)
def test_a_scanner_that_fails_is_told_and_stops_nothing(
    review: Review, pretend: Pretend, app: Path, program: str, said: str
) -> None:
    done, report = review(app, "--scanners", "bandit", "--scanner-timeout", "2", path=pretend(bandit=program))
    assert done.returncode in (0, 1), done.stderr
    failed = tool(report, "bandit")
    assert failed["outcome"] == "failed"
    assert said in failed["detail"]
    assert report["level"] == 1
    assert "bandit 9.9.9 (failed" in " ".join(done.stdout.split())
    sarif = json.loads(next((app.parent / "out").rglob("review.sarif")).read_text())
    (invocation,) = sarif["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert any("bandit" in one["message"]["text"] for one in invocation["toolExecutionNotifications"])


def results(*rows: dict[str, Any]) -> str:
    return f"print({json.dumps(json.dumps({'results': rows, 'errors': []}))})"


def row(**changes: Any) -> dict[str, Any]:
    about = {
        "filename": "./app.py",
        "test_id": "B301",
        "line_number": 5,
        "issue_severity": "MEDIUM",
        "issue_confidence": "HIGH",
        "issue_text": "Pickle.",
        "issue_cwe": {"id": 502},
        "line_range": [5],
        "test_name": "blacklist",
    }
    return {**about, **changes}


def test_answers_of_another_form_are_left_out(review: Review, pretend: Pretend, app: Path) -> None:
    rows = (
        row(),
        row(filename="../../etc/passwd"),
        row(filename="/etc/passwd"),
        row(filename=7),
        row(line_number="5"),
        row(line_number=-1),
        row(line_number=10**30),
        row(line_number=4_000, line_range=[4_000, None]),
        row(filename="./tests/test_app.py"),
        row(filename="./node_modules/x/a.py"),
        row(filename="./gone.py"),
        row(issue_cwe=None, test_id="B999", issue_text="\u202eodd\x1b[31m"),
        row(test_id=None),
    )
    done, report = review(app, "--scanners", "bandit", path=pretend(bandit=results(*rows, None, 3)))
    assert done.returncode in (0, 1), done.stderr
    found = sorted((f["check"], f["location"]["path"], f["location"]["line"]) for f in report["findings"])
    assert found == [
        ("bandit:b301", "app.py", 5),
        ("bandit:b301", "app.py", 6),  # what lies beyond the end is put there
        ("bandit:b999", "app.py", 5),
    ]
    assert "leaves out" in tool(report, "bandit")["detail"]
    assert "\x1b" not in done.stdout


def test_what_is_not_there(review: Review, pretend: Pretend, app: Path) -> None:
    nothing = pretend()
    done, report = review(app, "--scanners", "auto", path=nothing)
    assert done.returncode in (0, 1)
    assert {one["outcome"] for one in report["tools"][1:]} == {"absent"}
    assert "absent" in done.stdout
    done, _ = review(app, "--scanners", "bandit", path=nothing)
    assert done.returncode == 2, "what was named must be there"
    assert "not on PATH" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scanners", "bandti"), "Did you mean 'bandit'?"),
        (("--semgrep-rules", "p/python", "--scanners", "semgrep"), "downloads nothing"),
        (("--semgrep-rules", "."), "needs --scanners semgrep"),
        (("--import-sarif", "nowhere.sarif"), "no such file"),
    ],
)
def test_what_cannot_be_meant_is_told(review: Review, app: Path, options: tuple[str, ...], said: str) -> None:
    done, _ = review(app, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_scanner_of_the_tree_is_not_started(review: Review, app: Path) -> None:
    mark = app.parent / "mark"
    file = app / "bandit"
    file.write_text(f"#!/bin/sh\ntouch {mark}\n")
    file.chmod(0o755)
    review(app, "--scanners", "auto", path=f"{app.name}:/usr/bin:/bin")
    assert not mark.exists()


def test_names_that_ask_a_server_are_not_in_auto(review: Review, pretend: Pretend, app: Path) -> None:
    mark = app.parent / "asked"
    path = pretend(pip_audit=f"open({str(mark)!r}, 'w')", npm=f"open({str(mark)!r}, 'w')")
    (app / "requirements.txt").write_text("flask==0.5\n")
    _, report = review(app, "--scanners", "auto", path=path)
    assert not mark.exists()
    assert "pip-audit" not in {one["name"] for one in report["tools"]}
    review(app, "--scanners", "all", path=path)
    assert mark.exists()


def test_a_suppression_may_name_the_rule_of_another_tool(review: Review, pretend: Pretend, app: Path) -> None:
    text = APP.replace("loads(data)", "loads(data)  # rearguard: ignore[bandit:b301] written by us alone")
    (app / "app.py").write_text(text)
    _, report = review(app, "--scanners", "bandit", path=pretend(bandit=results(row())))
    assert [f["check"] for f in report["suppressed"]] == ["bandit:b301"]
    assert report["findings"] == []
    assert report["stale_suppressions"] == []
    _, report = review(app)
    assert report["stale_suppressions"] == [], "bandit did not run"
    _, report = review(app, "--scanners", "bandit", path=pretend(bandit=results()))
    assert len(report["stale_suppressions"]) == 1


SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "Other Scanner",
                    "semanticVersion": "1.2.3",
                    "rules": [
                        {
                            "id": "py/unsafe-deserialization",
                            "shortDescription": {"text": "Deserialisation"},
                            "properties": {"tags": ["external/cwe/cwe-502"], "security-severity": "9.8"},
                        }
                    ],
                }
            },
            "originalUriBaseIds": {"SRC": {"uri": "file:///somewhere/else/"}},
            "results": [
                {
                    "ruleIndex": 0,
                    "message": {"text": "Data is {0}.", "arguments": ["unpickled"]},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "app.py", "uriBaseId": "SRC"},
                                "region": {"startLine": 5},
                            }
                        }
                    ],
                },
                {"ruleId": "nowhere", "message": {"text": "no place"}},
                {"ruleId": "fine", "kind": "pass", "message": {"text": "all is well"}},
                {
                    "ruleId": "accepted",
                    "message": {"text": "accepted"},
                    "suppressions": [{"kind": "external"}],
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "app.py"},
                                "region": {"startLine": 1},
                            }
                        }
                    ],
                },
                7,
            ],
        }
    ],
}


def test_results_of_any_tool_are_merged(review: Review, app: Path) -> None:
    file = app.parent / "other.sarif"
    file.write_text(json.dumps(SARIF))
    done, report = review(app, "--import-sarif", str(file))
    assert done.returncode == 1
    (found,) = report["findings"]
    assert found["check"] == "other-scanner:py-unsafe-deserialization"
    assert found["cwe"] == "CWE-502"
    assert found["severity"] == "critical"
    assert found["message"] == "Data is unpickled."
    assert found["reported_by"] == ["Other Scanner py/unsafe-deserialization"]
    assert tool(report, "Other Scanner")["detail"].startswith(
        "read from other.sarif; 1 results without a place"
    )
    assert report["level"] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ('{"version": "1.0.0", "runs": []}', "not SARIF 2.1.0"),
        ('{"version": "2.1.0"}', "not SARIF 2.1.0"),
    ],
)
def test_a_file_that_is_no_sarif_is_told(review: Review, app: Path, text: str, said: str) -> None:
    file = app.parent / "bad.sarif"
    file.write_text(text)
    done, _ = review(app, "--import-sarif", str(file))
    assert done.returncode == 2
    assert said in done.stderr


def test_our_own_report_is_no_independent_scan(review: Review, app: Path) -> None:
    review(app)
    own = next((app.parent / "out").rglob("review.sarif"))
    done, _ = review(app, "--import-sarif", str(own))
    assert done.returncode == 2
    assert "no independent scan" in done.stderr
