"""Programs that mean the same get the same answer, whatever form they are written in."""

from collections.abc import Callable

import pytest

SAME = {
    "a method in a variable": """
        run = db.execute
        run("SELECT 1 FROM t WHERE a = '" + request.args["a"] + "'")  # $ sql-injection
    """,
    "a list that is spread": """
        given = ["SELECT 1 FROM t WHERE a = '" + request.args["a"] + "'"]
        db.execute(*given)  # $ sql-injection
    """,
    "a map that is spread": """
        subprocess.run("ls " + request.args["a"], **{"shell": True})  # $ command-injection
    """,
    "a map in a variable that is spread": """
        options = dict(shell=True)
        subprocess.run("ls " + request.args["a"], **options)  # $ command-injection
    """,
    "parts that are appended": """
        parts = []
        parts.append("SELECT 1 FROM t WHERE a = '")
        parts.append(request.args["a"])
        parts.append("'")
        db.execute("".join(parts))  # $ sql-injection
    """,
    "parts that are made text": """
        parts = ("SELECT 1 FROM t WHERE a = '", request.args["a"], "'")
        db.execute("".join(str(part) for part in parts))  # $ sql-injection
    """,
    "a placeholder that is replaced": """
        db.execute("SELECT 1 FROM t WHERE a = '{a}'".replace("{a}", request.args["a"]))  # $ sql-injection
    """,
    "a template that is filled": """
        db.execute(Template("SELECT 1 FROM t WHERE a = '$a'").substitute(a=request.args["a"]))  # $ sql-injection
    """,
    "a template that stands elsewhere": """
        db.execute(FIND.safe_substitute({"a": request.args["a"]}))  # $ sql-injection
    """,
    "a data class": """
        held = Held(request.args["a"], 1)
        db.execute("SELECT 1 FROM t WHERE a = '" + held.name + "'")  # $ sql-injection
        db.execute("SELECT 1 FROM t WHERE a = '" + held.place + "'")
    """,
    "pairs of elements": """
        for place, name in enumerate([request.args["a"]]):
            db.execute("SELECT 1 FROM t WHERE a = '" + name + "'")  # $ sql-injection
    """,
    "the next element": """
        name = next(iter([request.args["a"]]))
        db.execute("SELECT 1 FROM t WHERE a = '" + name + "'")  # $ sql-injection
    """,
    "a record": """
        held = SimpleNamespace(name=request.args["a"])
        db.execute("SELECT 1 FROM t WHERE a = '" + held.name + "'")  # $ sql-injection
    """,
    "a cast": """
        name = cast("str", request.args["a"])
        db.execute("SELECT 1 FROM t WHERE a = '" + name + "'")  # $ sql-injection
    """,
    "a match": """
        match request.args.get("kind"):
            case "a":
                db.execute("SELECT 1 FROM t WHERE a = '" + request.args["a"] + "'")  # $ sql-injection
    """,
}
SAFE = {
    "a match that refuses": """
        match request.args["a"]:
            case "x" | "y":
                name = request.args["a"]
            case _:
                abort(400)
        kind = request.args["kind"]
        match kind:
            case "x" | "y":
                db.execute("SELECT 1 FROM t WHERE a = '" + kind + "'")
    """,
    "a map that is changed is not the one that was written": """
        options = {"shell": True}
        options["shell"] = False
        subprocess.run(["ls", request.args["a"]], **options)
    """,
}
_IMPORTS = """\
import subprocess
from dataclasses import dataclass
from string import Template
from types import SimpleNamespace
from typing import cast

import sqlite3
from flask import Flask, abort, request

app = Flask(__name__)
db = sqlite3.connect("a.db")
FIND = Template("SELECT 1 FROM t WHERE a = '${a}'")


@dataclass
class Held:
    name: str
    place: str


@app.get("/a")
def handler():
"""


def _program(body: str) -> str:
    return _IMPORTS + "\n".join(line[4:] for line in body.strip("\n").splitlines()) + "\n    return {}\n"


@pytest.mark.parametrize("body", (SAME | SAFE).values(), ids=(SAME | SAFE).keys())
def test_form_does_not_matter(body: str, problems: Callable[..., list[str]]) -> None:
    assert problems({"app.py": _program(body)}) == []


def test_a_star_goes_through_packages(problems: Callable[..., list[str]]) -> None:
    files = {
        "web/__init__.py": "from .inner import *\n",
        "web/inner.py": "from flask import Flask, request\n",
        "app.py": """\
import sqlite3

from web import *

app = Flask(__name__)


@app.get("/a")
def handler():
    sqlite3.connect("a").execute("SELECT 1 FROM t WHERE a = '" + request.args["a"] + "'")  # $ sql-injection
    return {}
""",
    }
    assert problems(files) == []


def test_a_table_of_functions_is_asked_with_get(problems: Callable[..., list[str]]) -> None:
    program = """\
import sqlite3

from flask import Flask, request

app = Flask(__name__)


def find(name):
    sqlite3.connect("a").execute("SELECT 1 FROM t WHERE a = '" + name + "'")  # $ sql-injection


def other(name):
    return None


TABLE = {"find": find, "other": other}


@app.get("/a")
def handler():
    TABLE.get("find")(request.args["a"])
    return {}
"""
    assert problems({"app.py": program}) == []


def test_a_text_that_stands_in_another_file(problems: Callable[..., list[str]]) -> None:
    files = {
        "texts.py": 'FIND = "SELECT 1 FROM t WHERE a = {a}"\nTABLE = "t"\nTABLE = "u"\n',
        "app.py": """\
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
db = SQLAlchemy(app)


@app.get("/a")
def handler():
    from texts import FIND

    db.session.execute(text(FIND.format(a=request.args["a"])))  # $ sql-injection
    return {}


@app.get("/b")
def other():
    from texts import TABLE

    db.session.execute(text("SELECT 1 FROM " + TABLE))
    return {}
""",
    }
    assert problems(files) == []
