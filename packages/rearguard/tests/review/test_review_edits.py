"""After any edit, what a run with a cache gives is what one without gives."""

import random
from pathlib import Path

import pytest
from rearguard.review import Options, review_path
from rearguard.review.cache import VARIABLE

PROJECT = {
    "app.py": """\
from flask import Flask, render_template, request
from store import find
from helpers.text import tidy

app = Flask(__name__)
app.config.from_pyfile("settings.py")


@app.get("/find")
def found():
    return {"rows": find(tidy(request.args["name"]))}


@app.get("/page")
def page():
    return render_template("page.html", title=request.args["title"])
""",
    "store.py": """\
import sqlite3


def find(name):
    return sqlite3.connect("x").execute(f"select * from t where name = '{name}'").fetchall()
""",
    "helpers/__init__.py": "",
    "helpers/text.py": "def tidy(text):\n    return text.strip()\n",
    "settings.py": "DEBUG = False\n",
    "templates/page.html": "<h1>{{ title }}</h1>\n",
    "web/server.js": """\
const express = require('express')
const { run } = require('./run')
const app = express()
app.get('/run', (req, res) => { run(req.query.name); res.send('done') })
app.listen(3000)
""",
    "web/run.js": """\
const { exec } = require('child_process')
exports.run = (name) => exec('id ' + name)
""",
    "package.json": '{"name": "web", "dependencies": {"express": "4"}}\n',
}
CHANGES = (
    ("def tidy(text):\n    return text.strip()", "def tidy(text):\n    return int(text)"),
    ("def tidy(", "def clean("),
    ("return text", "# of its ends\n    return text"),
    ("f\"select * from t where name = '{name}'\"", '"select * from t where name = ?", (name,)'),
    ("DEBUG = False", "DEBUG = True"),
    ("{{ title }}", "{{ title | safe }}"),
    ("exec('id ' + name)", "exec('id')"),
    ("exports.run", "exports.start"),
    ("require('./run')", "require('./runner')"),
    ("app.listen(3000)", "app.listen(3001)"),
    ('@app.get("/find")', '@app.post("/find")'),
    ('"express": "4"', '"express": "5"'),
)


def _edit(root: Path, dice: random.Random) -> None:
    """Something is changed or changed back, moved away or put back."""
    if dice.random() < 0.25:
        file = root / dice.choice(sorted(PROJECT))
        if file.exists():
            file.unlink()
        else:
            file.write_text(PROJECT[file.relative_to(root).as_posix()], encoding="utf-8")
        return
    old, new = dice.choice(CHANGES)
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        text = file.read_text(encoding="utf-8")
        if old in text:
            file.write_text(text.replace(old, new), encoding="utf-8")
        elif new in text:
            file.write_text(text.replace(new, old), encoding="utf-8")


@pytest.mark.parametrize("seed", [1, 2])
def test_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    root = tmp_path / "project"
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    dice = random.Random(seed)
    seen: set[tuple[str, ...]] = set()
    for _ in range(6):
        kept = review_path(root, ".", Options(jobs=1)).result
        assert kept == review_path(root, ".", Options(jobs=1, cache=False)).result
        seen.add(tuple(finding.rule.id for finding in kept.findings))
        _edit(root, dice)
    assert len(seen) > 1
