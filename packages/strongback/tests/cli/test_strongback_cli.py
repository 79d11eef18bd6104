"""The README's example runs as written, and the commands answer as documented."""

import asyncio
import importlib
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from strongback.__main__ import main
from strongback.audit import AuditLedger, FileAnchor
from strongback.keys import KeyRing, new_key_text
from strongback.seams import SystemClock
from strongback.stores import SqliteStore
from strongback.traceability import CONTROLS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
FORGOTTEN = EXAMPLE + '\n@app.get("/open")\ndef forgotten() -> None: ...\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", ["test"])
    monkeypatch.setenv("APP_KEYS", new_key_text("k1"))
    return tmp_path


def test_the_example_has_fifteen_statements_and_does_what_it_says(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) <= 16
    (here / "readme_app.py").write_text(EXAMPLE)
    assert main(["check", "readme_app:app"]) == 0
    app = importlib.import_module("readme_app").app
    with TestClient(app, base_url="https://app.example.com") as client:
        assert client.get("/health").json() == {"ok": True}
        assert client.get("/orders").status_code == 401
        assert client.get("/docs").status_code == 404
    assert (here / "app.db").stat().st_mode & 0o777 == 0o600


def test_check_refuses_in_its_own_process_too(here: Path) -> None:
    (here / "open_app.py").write_text(FORGOTTEN)
    command = [sys.executable, "-m", "strongback", "check", "open_app:app"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"refused: GET /open \(open_app.py:\d+\) has no policy: add dependencies", done.stdout)


def test_report_lists_policies_switches_and_requirements(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "report_app.py").write_text(EXAMPLE)
    assert main(["report", "report_app:app", "--asvs"]) == 0
    text = capsys.readouterr().out
    assert "off: cors: only pages of our own origin call this application" in text
    assert re.search(r"route: GET /health .*Public\(reason='liveness only'\)", text)
    assert "v5.0.0-3.5.1: CSRF (on): http/test_csrf.py" in text
    assert "v5.0.0-3.5.2: CORS (off): http/test_cookies_and_cors.py" in text


def test_the_evidence_names_tests_and_requirements_that_exist() -> None:
    for control in CONTROLS:
        assert (ROOT / "tests" / control.test).is_file(), control
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", requirement) for requirement in control.asvs)


@pytest.mark.parametrize(
    "arguments", [["check", "nothing"], ["check", "no_such_module:app"], ["check", "json:loads"]]
)
def test_what_cannot_be_done_exits_two(
    here: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("strongback: ")


def test_new_key_prints_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-key", "k7"]) == 0
    assert KeyRing.from_text(capsys.readouterr().out).current_id == "k7"


async def write_trail(here: Path) -> None:
    async with SqliteStore(here / "audit.db") as store:
        keys, anchor = KeyRing.from_environment("APP_KEYS"), FileAnchor(here / "anchor")
        ledger = AuditLedger("s", store=store, keys=keys, clock=SystemClock(), anchor=anchor)
        for _ in range(3):
            await ledger.record("x", actor="ada")
        await ledger.checkpoint()


def test_audit_verify_tells(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(write_trail(here))
    command = ["audit-verify", "s", "--store", "audit.db", "--keys", "APP_KEYS", "--anchor", "anchor"]
    assert main(command) == 0
    assert "s: intact, 3 entries, 1 checkpoints, 0 newest entries" in capsys.readouterr().out
    with sqlite3.connect(here / "audit.db") as db:
        body = json.dumps({"action": "y"}).encode()
        db.execute("UPDATE sb_ledger SET body = ? WHERE seq = 2", (body,))
        db.execute("DELETE FROM sb_ledger WHERE seq = 3")
    db.close()
    assert main(command) == 1
    text = capsys.readouterr().out
    assert "edit: entry 2" in text
    assert "truncation: entry 3" in text
    assert main([*command[:-1], "missing"]) == 2
