"""Each control on the examples: its test is red without it, green with it, and a second time changes nothing."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rearguard.checks import CHECKS
from rearguard.implement import CONTROLS, Added, PresentError, RefusedError, Settings, plan_control, write
from rearguard.review import Options, review_path

Run = Callable[[Path, str], "subprocess.CompletedProcess[str]"]
ORIGINS = {"origins": "https://app.example.com"}
CASES = [
    ("fastapi-notes/vulnerable", "security-headers", {}),
    ("fastapi-notes/vulnerable", "cors", ORIGINS),
    ("fastapi-notes/vulnerable", "csrf", {}),
    ("fastapi-notes/vulnerable", "rate-limit", {"rate": "60"}),
    ("fastapi-notes/vulnerable", "error-handling", {}),
    ("fastapi-notes/hardened", "error-handling", {}),
    ("flask-files/vulnerable", "security-headers", {}),
    ("flask-files/vulnerable", "cors", ORIGINS),
    ("flask-files/vulnerable", "csrf", {}),
    ("flask-files/vulnerable", "rate-limit", {"rate": "60"}),
    ("express-orders/vulnerable", "security-headers", {}),
    ("express-orders/vulnerable", "cors", ORIGINS),
    ("express-orders/vulnerable", "csrf", {}),
    ("express-orders/vulnerable", "rate-limit", {}),
    ("fastapi-notes/vulnerable", "audit-log", {}),
    ("flask-files/vulnerable", "audit-log", {}),
    ("express-orders/vulnerable", "audit-log", {}),
]


def planned(root: Path, control: str, given: dict[str, str]) -> Added:
    return plan_control(root, CONTROLS[control], Settings(given))


@pytest.mark.parametrize(("example", "control", "given"), CASES, ids=lambda value: str(value))
def test_the_test_that_a_control_brings_is_red_and_then_green(
    example: str,
    control: str,
    given: dict[str, str],
    copy: Callable[[str], Path],
    run: Run,
    request: pytest.FixtureRequest,
) -> None:
    root = copy(example)
    if example.startswith("express"):
        modules = request.getfixturevalue("node_modules")
        (root / "node_modules").symlink_to(modules, target_is_directory=True)
    red_then_green(root, control, given, run)


def red_then_green(root: Path, control: str, given: dict[str, str], run: Run) -> None:
    plan = planned(root, control, given).plan
    command = plan.commands[-1]

    # Red: everything but the lines that put the control to use.
    write(root, [file for file in plan.files if file.is_new])
    before = run(root, command)
    assert before.returncode == 1, before.stdout + before.stderr

    write(root, [file for file in plan.files if not file.is_new])
    after = run(root, command)
    assert after.returncode == 0, after.stdout + after.stderr

    with pytest.raises(PresentError):
        planned(root, control, given)


REPAIRS = [
    (example, control)
    for example in ("fastapi-notes/vulnerable", "flask-files/vulnerable", "express-orders/vulnerable")
    for control in (
        *("input-validation", "authorization", "parameterized-queries"),
        *("outbound-allowlist", "secrets", "error-handling"),
    )
]


@pytest.mark.parametrize(("example", "control"), REPAIRS)
def test_a_control_of_repairs_ends_what_the_review_found(
    example: str, control: str, copy: Callable[[str], Path]
) -> None:
    root = copy(example)
    try:
        added = planned(root, control, {})
    except PresentError:
        return  # this example lacks nothing of it
    assert added.gone
    write(root, added.plan.files)
    known = {check.rule.id for check in CHECKS}
    only = tuple(check for check in CONTROLS[control].repairs if check in known)
    after = review_path(root, str(root), Options(only=only, repair=False)).result.findings
    ended = {(finding.rule.id, finding.fingerprint) for finding in added.gone}
    assert not ended & {(finding.rule.id, finding.fingerprint) for finding in after}
    if not after:
        with pytest.raises(PresentError):
            planned(root, control, {})


AUDIENCE = "https://api.example.com"


def test_tokens_that_rotate_in_fastapi(tmp_path: Path, run: Run) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "users.py").write_text("def check(username, password):\n    return None\n")
    app = "from fastapi import FastAPI\n\nfrom shop.users import check\n\napp = FastAPI()\n"
    (tmp_path / "shop" / "main.py").write_text(app)
    given = {"authenticate": "shop/users.py:check", "audience": AUDIENCE}
    red_then_green(tmp_path, "jwt-refresh", given, run)


@pytest.mark.parametrize("has_factory", [False, True])
def test_tokens_that_rotate_in_flask(has_factory: bool, tmp_path: Path, run: Run) -> None:
    (tmp_path / "users.py").write_text("def authenticate(username, password):\n    return None\n")
    lines = "from flask import Flask\n\nfrom users import authenticate\n\n\n"
    if has_factory:
        lines += "def create_app():\n    app = Flask(__name__)\n    return app\n"
    else:
        lines += "app = Flask(__name__)\n"
    (tmp_path / "app.py").write_text(lines)
    given = {"authenticate": "users.py:authenticate", "audience": AUDIENCE}
    red_then_green(tmp_path, "jwt-refresh", given, run)


def test_tokens_that_rotate_in_express(tmp_path: Path, run: Run, node_modules: Path) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules, target_is_directory=True)
    (tmp_path / "package.json").write_text('{"name": "shop"}\n')
    (tmp_path / "users.js").write_text(
        "function check(username, password) {\n  return null;\n}\n\nmodule.exports = { check };\n"
    )
    (tmp_path / "app.js").write_text(
        "const express = require('express');\n\nconst app = express();\napp.use(express.json());\n"
        "app.get('/health', (req, res) => res.json({ ok: true }));\n\nmodule.exports = app;\n"
    )
    given = {"authenticate": "users.js:check", "audience": AUDIENCE}
    red_then_green(tmp_path, "jwt-refresh", given, run)


def test_who_checks_a_password_has_to_be_said(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef check(name, password):\n    return None\n"
    )
    with pytest.raises(RefusedError, match=r"Candidates: main\.py:check"):
        planned(tmp_path, "jwt-refresh", {})
