"""A program that is edited again and again: what is kept of it from run to run never shows in the result."""

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rearguard.report.json_report import render_json
from rearguard.review import Options, cache, review_path

FILES = {
    "app.py": """\
from flask import Flask, render_template, request

import service
from settings import DEBUG

app = Flask(__name__)


@app.get("/users")
def users():
    return render_template("page.html", rows=service.find(request.args["name"]))


@app.post("/run")
def run():
    return service.run(request.form["command"])


if __name__ == "__main__":
    app.run(debug=DEBUG)
""",
    "service.py": """\
import subprocess

import store


class Base:
    table = "users"

    def where(self, name):
        return "name = '" + name + "'"


class Users(Base):
    def find(self, name):
        return store.query("SELECT * FROM " + self.table + " WHERE " + self.where(name))


def find(name):
    return Users().find(name)


def run(command):
    return subprocess.check_output(command, shell=True)
""",
    "store.py": """\
import sqlite3


def query(text):
    return sqlite3.connect("x").execute(text).fetchall()


def bound(text, *values):
    return sqlite3.connect("x").execute(text, values).fetchall()
""",
    "settings.py": "DEBUG = False\nSECRET_KEY = 'k3yOfTheHouse9182'\n",
    "templates/page.html": "<ul>{% for row in rows %}<li>{{ row }}</li>{% endfor %}</ul>\n",
    "web.js": """\
const express = require('express')
const { exec } = require('child_process')
const app = express()
app.get('/ping', (req, res) => exec('ping ' + req.query.host, (e, out) => res.send(out)))
""",
    "config.yaml": "debug: false\ndatabase:\n  url: postgres://app:Kq83hfAz@db.example.org/app\n",
}
SWAPS = (
    ("app.py", "import service\n", "import other as service\n"),
    ("app.py", "import service\n", "from store import query\n"),
    ("service.py", "def find(name):", "def search(name):"),
    ("service.py", "shell=True", "shell=False"),
    ("service.py", "import store\n", "from store import query\n"),
    ("service.py", "store.query(", "store.bound("),
    ("service.py", "class Users(Base):", "class Users:"),
    ("service.py", "    def where(self, name):", "    def where(self, name, strict=True):"),
    ("service.py", '"name = \'" + name + "\'"', '"name = 1"'),
    ("app.py", '@app.post("/run")\n', ""),
    ("app.py", '@app.post("/run")\n', '@app.post("/start")\n'),
    ("store.py", "def query(text):", "def query(text, *_):"),
    ("settings.py", "DEBUG = False", "DEBUG = True"),
    ("templates/page.html", "{{ row }}", "{{ row | safe }}"),
    ("web.js", "exec('ping ' + req.query.host", "exec('ping ' + Number(req.query.host)"),
    ("config.yaml", "debug: false", "debug: true"),
)


def _swap(tree: Path, choose: random.Random) -> None:
    """Put one of the texts of `SWAPS` in place of the other, whichever is there."""
    name, one, other = choose.choice(SWAPS)
    text = (tree / name).read_text(encoding="utf-8")
    old, new = (one, other) if one in text or not other else (other, one)
    (tree / name).write_text(text.replace(old, new), encoding="utf-8")


def _append(tree: Path, choose: random.Random) -> None:
    file = tree / choose.choice(("app.py", "service.py", "store.py"))
    name = f"added_{choose.randrange(1000)}"
    body = choose.choice(("return x", "return eval(x)", "return query('DELETE FROM t WHERE a = ' + x)"))
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n\ndef {name}(x):\n    {body}\n", encoding="utf-8")


def _restore(tree: Path, choose: random.Random) -> None:
    name = choose.choice(sorted(FILES))
    (tree / name).write_text(FILES[name], encoding="utf-8")


def _move_down(tree: Path, choose: random.Random) -> None:
    """The same code at other places of its file."""
    file = tree / choose.choice(("app.py", "service.py", "store.py"))
    file.write_text("# A comment.\n" + file.read_text(encoding="utf-8"), encoding="utf-8")


def _add_or_remove_file(tree: Path, _choose: random.Random) -> None:
    file = tree / "other.py"
    if file.is_file():
        file.unlink()
    else:
        file.write_text(FILES["service.py"].replace("shell=True", "shell=False"), encoding="utf-8")


def _rename(tree: Path, name: str, other: str) -> None:
    (tree / name).rename(tree / other)
    _put(
        tree,
        "service.py",
        f"import {name.partition('.')[0]}\n",
        f"import {other.partition('.')[0]} as store\n",
    )


EDITS: tuple[Callable[[Path, random.Random], None], ...] = (
    _swap,
    _swap,
    _append,
    _restore,
    _move_down,
    _add_or_remove_file,
)

ONE_BY_ONE: dict[str, Callable[[Path], None]] = {
    "a function is added": lambda tree: _put(tree, "store.py", "", "\n\ndef more(x):\n    return eval(x)\n"),
    "a signature": lambda tree: _put(tree, "service.py", "def find(name):", "def find(label):"),
    "a route is removed": lambda tree: _put(tree, "app.py", '@app.post("/run")\n', ""),
    "a file is renamed": lambda tree: _rename(tree, "store.py", "storage.py"),
    "a file is gone": lambda tree: (tree / "store.py").unlink(),
    "a class has no base": lambda tree: _put(tree, "service.py", "class Users(Base):", "class Users:"),
    "a method of a base class": lambda tree: _put(
        tree, "service.py", '"name = \'" + name + "\'"', '"name = 1"'
    ),
    "a page": lambda tree: _put(tree, "templates/page.html", "{{ row }}", "{{ row | safe }}"),
    "a constant elsewhere": lambda tree: _put(tree, "settings.py", "DEBUG = False", "DEBUG = True"),
}


def _put(tree: Path, name: str, old: str, new: str) -> None:
    """Another text in place of one that is there; at the end of the file where that is none."""
    text = (tree / name).read_text(encoding="utf-8")
    assert old in text
    (tree / name).write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")


def _made(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _written(tree: Path, is_kept: bool) -> str:
    """The bytes of `review.json`."""
    reviewed = review_path(tree, ".", Options(cache=is_kept, jobs=1))
    return render_json(reviewed.result, reviewed.sources)


@pytest.mark.parametrize("edit", ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_one_edit_equals_a_review_from_nothing(
    edit: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    tree = _made(tmp_path / "tree")
    before = _written(tree, is_kept=True)
    edit(tree)
    after = _written(tree, is_kept=True)
    assert after == _written(tree, is_kept=False)
    assert after != before


@pytest.mark.parametrize("seed", range(3))
def test_edit_after_edit_equals_a_review_from_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "kept"))
    tree = _made(tmp_path / "tree")
    choose = random.Random(seed)
    results: set[bytes] = set()
    for _ in range(6):
        choose.choice(EDITS)(tree, choose)
        kept = review_path(tree, ".", Options(cache=True, jobs=1)).result
        anew = review_path(tree, ".", Options(cache=False, jobs=1)).result
        assert msgspec.json.encode(kept) == msgspec.json.encode(anew)
        results.add(msgspec.json.encode(kept))
    assert len(results) > 1
