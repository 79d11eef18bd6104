"""Options that are missing or wrong are given, in the form in which the call writes its options."""

from pathlib import Path

import pytest
from rearguard.findings import Audience
from rearguard.review import Options, review_path

PYTHON = (
    (
        "import requests\n\nrequests.get('https://a.example', verify=False, timeout=1)\n",
        "verify=True, timeout=1)",
    ),
    ("import requests\n\nrequests.get('https://a.example')\n", "'https://a.example', timeout=10)"),
    (
        "import paramiko\n\nc = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n",
        "policy(paramiko.RejectPolicy())",
    ),
    (
        "def a(response):\n    response.set_cookie('session_id', 'v')\n",
        "'v', secure=True, httponly=True, samesite='Lax')",
    ),
    (
        "def a(response):\n    response.set_cookie('session_id', 'v', secure=False, httponly=True)\n",
        "secure=True, httponly=True, samesite='Lax')",
    ),
    ("SESSION_COOKIE_SECURE = False\n", "SESSION_COOKIE_SECURE = True\n"),
)
SCRIPT = (
    (
        "import session from 'express-session'\nexport const s = session({ secret: process.env.K })\n",
        "K, cookie: { secure: true, sameSite: 'lax' } })",
    ),
    (
        "import session from 'express-session'\nexport const s = session({ cookie: { secure: false } })\n",
        "cookie: { secure: true, sameSite: 'lax' } })",
    ),
    (
        "import multer from 'multer'\nexport const m = multer()\n",
        "multer({ limits: { fileSize: 10 * 1024 * 1024 } })",
    ),
    (
        "import https from 'https'\nexport const a = new https.Agent({ rejectUnauthorized: false })\n",
        ": true })",
    ),
    (
        "import axios from 'axios'\nexport const a = axios.post('https://a.example', {})\n",
        "{}, { timeout: 10_000 })",
    ),
)


def repaired(folder: Path, name: str, text: str) -> str:
    """The file with the first repair that is offered."""
    (folder / name).write_text(text)
    result = review_path(folder, "x", Options(audience=Audience.AUDIT)).result
    fixes = [
        finding.fix for finding in result.findings if finding.fix is not None and not finding.fix.refused
    ]
    assert fixes
    data = text.encode()
    for edit in sorted(fixes[0].edits, key=lambda edit: -edit.span.start):
        data = data[: edit.span.start] + edit.text.encode() + data[edit.span.end :]
    return data.decode()


@pytest.mark.parametrize(("text", "expected"), PYTHON)
def test_options_of_python(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in repaired(tmp_path, "settings.py", text)


@pytest.mark.parametrize(("text", "expected"), SCRIPT)
def test_options_of_scripts(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in repaired(tmp_path, "main.ts", text)
