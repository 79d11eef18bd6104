"""`rearguard review -`: pasted code, with and without a fence around it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

PYTHON = """\
@app.get("/users")
def users():
    cursor.execute("SELECT * FROM users WHERE name = '" + request.args["name"] + "'")
    return str(cursor.fetchall())
"""
JAVASCRIPT = """\
app.get('/leave', (req, res) => {
  res.redirect(req.query.to);
});
"""


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Check id -> location of its first finding."""
    found: dict[str, Any] = {}
    for one in json.loads(done.stdout)["findings"]:
        found.setdefault(one["check"], one["location"])
    return found


@pytest.mark.parametrize(
    ("code", "check", "path"),
    [(JAVASCRIPT, "open-redirect", "fragment.js"), (PYTHON, "sql-injection", "fragment.py")],
    ids=["javascript", "python"],
)
def test_a_pasted_piece_is_reviewed(rearguard: Run, tmp_path: Path, code: str, check: str, path: str) -> None:
    found = findings(rearguard("review", "-", "--json", "-", cwd=tmp_path, stdin=code))
    assert found[check]["path"] == path


def test_a_fence_says_the_language_and_lines_stay(rearguard: Run, tmp_path: Path) -> None:
    text = f"Is this safe?\n\n```js\n{JAVASCRIPT}```\n\nThanks!\n"
    found = findings(rearguard("review", "-", "--json", "-", cwd=tmp_path, stdin=text))
    line = text.splitlines().index(JAVASCRIPT.splitlines()[1]) + 1
    assert (found["open-redirect"]["path"], found["open-redirect"]["line"]) == ("fragment.js", line)


def test_the_language_may_be_told(rearguard: Run, tmp_path: Path) -> None:
    arguments = ("review", "-", "--json", "-", "--language", "typescript")
    found = findings(rearguard(*arguments, cwd=tmp_path, stdin=JAVASCRIPT))
    assert found["open-redirect"]["path"] == "fragment.ts"


@pytest.mark.parametrize(
    ("stdin", "arguments", "said"),
    [
        (b"", (), "nothing on standard input"),
        (b" \n\n", (), "nothing on standard input"),
        (b"x = 1\n" * 200_000, (), "review a folder instead"),
        (b"x = 1\n", ("--language", "cobol"), "python, javascript, typescript, tsx"),
        (b"x = 1\n", ("--since", "main"), "--since"),
    ],
)
def test_what_is_no_code_is_refused(
    rearguard: Run, tmp_path: Path, stdin: bytes, arguments: tuple[str, ...], said: str
) -> None:
    done = rearguard("review", "-", *arguments, cwd=tmp_path, stdin=stdin)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    "stdin", [b"\xff\xfe\0\0garbage\0", b"\xc3\x28 = 1", b"```python\nx = 1\n", b"```\n"]
)
def test_odd_bytes_are_no_fault_of_ours(rearguard: Run, tmp_path: Path, stdin: bytes) -> None:
    done = rearguard("review", "-", cwd=tmp_path, stdin=stdin)
    assert done.returncode in (0, 2)
    assert "internal error" not in done.stderr
