"""The real programs, run by the real command on programs with known defects."""

import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Review = Callable[..., Any]

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "flask-files" / "vulnerable"
RULES = """\
rules:
  - id: no-print
    languages: [python]
    severity: WARNING
    message: Use a logger.
    pattern: print(...)
    metadata: {cwe: ["CWE-532: Insertion of Sensitive Information into Log File"]}
"""
FIXTURE = Path(__file__).parent / "fixture"


def path_of(scanners: Path) -> str:
    return f"{scanners}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy outside of a repository, with one more call and one more secret."""
    folder = tmp_path_factory.mktemp("example") / "app"
    shutil.copytree(EXAMPLE, folder)
    (folder / "filebox" / "said.py").write_text("def tell(name: str) -> None:\n    print(name)\n")
    (folder / ".env.production").write_text("GITHUB_TOKEN=ghp_1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ\n")
    return folder


def test_all_offline_scanners_run_and_are_merged(scanners: Path, review: Review, example: Path) -> None:
    rules = example.parent / "rules.yaml"
    rules.write_text(RULES)
    done, report = review(
        example, "--scanners", "auto", "--semgrep-rules", str(rules), path=path_of(scanners)
    )
    assert done.returncode == 1, done.stderr
    tools = {tool["name"]: tool for tool in report["tools"]}
    assert {name: tool["outcome"] for name, tool in tools.items()} == dict.fromkeys(
        ("rearguard", "semgrep", "bandit", "gitleaks", "detect-secrets"), "ran"
    )
    assert all(re.match(r"\d+\.\d+", tool["version"]) for tool in tools.values())
    assert report["level"] == 0
    assert "SAST-validated" in " ".join(done.stdout.split())
    by_place = {(f["check"], f["location"]["path"]): f["reported_by"] for f in report["findings"]}
    assert "bandit B301" in by_place["unsafe-deserialisation", "filebox/settings.py"]
    assert any("semgrep" in name for name in by_place["unsafe-deserialisation", "filebox/settings.py"])
    assert "bandit B602" in by_place["command-injection", "filebox/storage.py"]
    assert any("gitleaks" in name for name in by_place["hardcoded-secret", "filebox/config.py"])
    assert by_place["semgrep:no-print", "filebox/said.py"] == ["semgrep no-print"]
    tokens = [names for (_, path), names in by_place.items() if path == ".env.production"]
    assert tokens == [["detect-secrets GitHub Token", "gitleaks github-pat"]] or len(tokens) == 1
    places = Counter((f["location"]["path"], f["location"]["line"], f["cwe"]) for f in report["findings"])
    doubled = [place for place, count in places.items() if count > 1 and place[0].endswith(".py")]
    assert not doubled, "one cause at one place is one finding"


def test_no_secret_leaves_the_scanners(scanners: Path, review: Review, example: Path) -> None:
    done, report = review(example, "--scanners", "gitleaks,detect-secrets", path=path_of(scanners))
    written = json.dumps(report) + done.stdout
    for file in Path(done.args[done.args.index("--output") + 1]).rglob("review.*"):
        written += file.read_text()
    assert "ghp_1a2B3c4D5e6F7g8H9i0JkLmNoPqRsTuVwXyZ" not in written
    assert ".env.production" in written


def test_two_runs_give_the_same_bytes(scanners: Path, review: Review, example: Path) -> None:
    reports = [
        review(example, "--scanners", "bandit,detect-secrets", path=path_of(scanners))[1] for _ in "12"
    ]
    assert reports[0] == reports[1]


def test_semgrep_with_our_rules_alone_confirms_nothing(scanners: Path, review: Review, example: Path) -> None:
    done, report = review(example, "--scanners", "semgrep", path=path_of(scanners))
    assert report["level"] == 1
    assert "SAST-validated" not in done.stdout
    assert "banned calls alone" in " ".join(done.stdout.split())


def test_rules_that_semgrep_cannot_read_are_told(scanners: Path, review: Review, example: Path) -> None:
    rules = example.parent / "broken.yaml"
    rules.write_text("rules: [{id: x, languages: [python], severity: WARNING, message: m, pattern: '((('}]")
    _, report = review(
        example, "--scanners", "semgrep", "--semgrep-rules", str(rules), path=path_of(scanners)
    )
    (tool,) = [tool for tool in report["tools"] if tool["name"] == "semgrep"]
    assert tool["outcome"] == "failed" or "problems" in tool["detail"]
    assert report["level"] == 1 or "problems" in tool["detail"]


def test_the_rules_for_banned_calls_find_what_they_name(scanners: Path, tmp_path: Path) -> None:
    from rearguard.scanners import own_rules

    for file in FIXTURE.iterdir():
        shutil.copy(file, tmp_path)
    done = subprocess.run(
        [
            *(str(scanners / "semgrep"), "scan", "--json", "--quiet", "--metrics", "off"),
            *("--disable-version-check", "--config", str(own_rules()), "."),
        ],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "SEMGREP_SETTINGS_FILE": str(tmp_path / "settings.yml")},
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["errors"] == []
    found = {
        (one["path"], one["start"]["line"], one["check_id"].rpartition(".")[2]) for one in report["results"]
    }
    wanted = set()
    for file in FIXTURE.iterdir():
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            wanted |= {(file.name, number, rule) for rule in re.findall(r"\$ ([\w-]+)", line)}
    assert found == wanted
    named = set(re.findall(r"- id: banned-apis\.([\w-]+)", own_rules().read_text()))
    assert {rule for _, _, rule in wanted} == named, "each rule has a line that it finds"


class Registry(http.server.BaseHTTPRequestHandler):
    """Answers as the registry of npm does, for one package."""

    def do_POST(self) -> None:
        advisory = {
            "id": 1,
            "url": "https://github.com/advisories/GHSA-jf85-cpcp-j695",
            "title": "Prototype Pollution in lodash",
            "severity": "critical",
            "vulnerable_versions": "<4.17.12",
            "cwe": ["CWE-1321"],
            "cvss": {"score": 9.1, "vectorString": ""},
        }
        body = json.dumps({"lodash": [advisory]}).encode()
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        body = json.dumps(
            {
                "name": "lodash",
                "dist-tags": {"latest": "4.17.21"},
                "versions": {v: {"name": "lodash", "version": v} for v in ("4.17.4", "4.17.21")},
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def node(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.js").write_text("const express = require('express');\nconst app = express();\n")
    (folder / "package.json").write_text('{"name": "shop", "dependencies": {"lodash": "4.17.4"}}')
    lock = {
        "name": "shop",
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"lodash": "4.17.4"}},
            "node_modules/lodash": {"version": "4.17.4"},
        },
    }
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2))
    (folder / ".npmrc").write_text("registry=http://127.0.0.1:9/\n//127.0.0.1:9/:_authToken=${HOME}\n")
    return folder


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_audit_asks_its_registry_and_not_the_one_of_the_tree(
    review: Review, node: Path, registry: str
) -> None:
    done, report = review(node, "--scanners", "npm-audit", npm_config_registry=registry)
    (tool,) = [tool for tool in report["tools"] if tool["name"] == "npm-audit"]
    assert tool["outcome"] == "ran", tool
    (found,) = [f for f in report["findings"] if f["check"].startswith("npm-audit:")]
    assert found["location"]["path"] == "package-lock.json"
    assert found["severity"] == "critical"
    assert found["cwe"] == "CWE-1395"
    assert found["related_cwe"] == ["CWE-1321"]
    assert "lodash" in found["message"]
    assert done.returncode == 1
    assert report["level"] == 1, "knowing dependencies is no analysis of code"


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_audit_that_reaches_nobody_has_failed(review: Review, node: Path) -> None:
    done, report = review(
        node,
        "--scanners",
        "npm-audit",
        npm_config_registry="http://127.0.0.1:9/",
        npm_config_fetch_retries="0",
    )
    (tool,) = [tool for tool in report["tools"] if tool["name"] == "npm-audit"]
    assert tool["outcome"] == "failed"
    assert tool["detail"]
    assert "npm-audit" in done.stdout


def test_pip_audit_runs_on_what_is_pinned(scanners: Path, review: Review, tmp_path: Path) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "app.py").write_text("x = 1\n")
    (folder / "requirements.txt").write_text(
        "--index-url http://127.0.0.1:9/\nflask==0.5 --hash=sha256:00\nrequests>=2\n"
    )
    _, report = review(folder, "--scanners", "pip-audit", path=path_of(scanners))
    (tool,) = [tool for tool in report["tools"] if tool["name"] == "pip-audit"]
    # Its answer depends on whether PyPI is there; that it was asked, and that a failure is told, does not.
    assert tool["outcome"] in ("ran", "failed")
    if tool["outcome"] == "ran":
        assert "1 declarations" in tool["detail"]
        assert any(f["check"].startswith("pip-audit:") for f in report["findings"])
    else:
        assert tool["detail"]
