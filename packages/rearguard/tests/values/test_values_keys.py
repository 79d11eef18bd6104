"""Keys of a map that the program writes out are its own; those of a map that the client sends are not."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

START = """
import sqlite3
from flask import Flask, request
app = Flask(__name__)
db = sqlite3.connect("x").cursor()
FIELDS = ("name", "phone")
"""
ROUTE = """
@app.post("/a")
def handler():
"""
HELPERS = {
    "store": """
def store(values):
    sets = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE people SET {sets} WHERE id = 1", list(values.values()))
""",
    "insert": """
def insert(values):
    db.execute("INSERT INTO people (%s) VALUES (%s)" % (", ".join(values), ", ".join("?" * len(values))))
""",
    "listed": """
def listed(rows):
    for row in rows:
        db.execute("SELECT * FROM people WHERE name = '" + row["name"] + "'")
""",
}
OWN = [
    'store({"name": request.form["name"], "phone": request.form["phone"]})',
    'insert(dict(name=request.form["name"]))',
    "values = {}\n    for name in FIELDS:\n        values[name] = request.form[name]\n    store(values)",
    'values = {"name": "x"}\n    values.update({"phone": request.form["phone"]})\n    insert(values)',
    'listed([{"name": "x", "phone": request.form["phone"]}])',
]
SENT = [
    "store(request.get_json())",
    "insert(dict(request.form))",
    'values = {"name": "x"}\n    values.update(request.get_json())\n    store(values)',
    'listed([{"name": request.form["name"]}])',
    "listed(request.get_json())",
]


def told(root: Path, line: str) -> bool:
    helper = next(text for name, text in HELPERS.items() if f"{name}(" in line)
    (root / "app.py").write_text(f"{START}{helper}{ROUTE}    {line}\n    return {{}}\n")
    found = review_path(root, ".", Options(jobs=1)).result.findings
    return "sql-injection" in {finding.rule.id for finding in found}


@pytest.mark.parametrize("line", OWN)
def test_names_that_the_program_writes_are_no_input(tmp_path: Path, line: str) -> None:
    assert not told(tmp_path, line)


@pytest.mark.parametrize("line", SENT)
def test_names_that_the_client_sends_are(tmp_path: Path, line: str) -> None:
    assert told(tmp_path, line)
