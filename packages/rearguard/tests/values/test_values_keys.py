"""Keys of a map that the program writes out are its own; those of a map that the client sends are not."""

from pathlib import Path

import pytest
from rearguard.analysis.values.kinds import stem_of
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


def test_a_map_that_is_updated_by_name_keeps_what_it_is_given_beside(tmp_path: Path) -> None:
    asks = "db.execute(f\"SELECT * FROM people WHERE name = '{held['name']}'\")"
    start = f"{START}{ROUTE}    held = {{}}\n    held.update(GIVEN)\n    {asks}\n    return {{}}\n"
    for given, dangerous in (("request.form, page=1", True), ("OWN, page=request.form['page']", False)):
        (tmp_path / "app.py").write_text(start.replace("GIVEN", given) + "OWN = {'name': 'x'}\n")
        found = review_path(tmp_path, ".", Options(jobs=1, cache=False)).result.findings
        assert ("sql-injection" in {finding.rule.id for finding in found}) is dangerous


@pytest.mark.parametrize(
    ("answer", "leads"),
    [
        ('"", 302, {"Location": request.args["to"]}', True),
        ('"", code, {"Location": request.args["to"]}', True),
        ('"", "303 See Other", {"location": request.args["to"]}', True),
        ('{"id": 1}, 201, {"Location": request.args["to"]}', False),
        ('{"location": request.args["to"]}, 200', False),
        ('"", {"Location": request.args["to"]}', False),
    ],
)
def test_a_location_leads_away_where_the_status_says_so(tmp_path: Path, answer: str, leads: bool) -> None:
    body = f"\n@app.get('/a')\ndef answer():\n    code = int(request.args['code'])\n    return {answer}\n"
    (tmp_path / "app.py").write_text(START + body)
    options = Options(only=("open-redirect",), cache=False, repair=False)
    assert bool(review_path(tmp_path, ".", options).result.findings) is leads


@pytest.mark.parametrize(
    "pair",
    ["box boxes", "cache caches", "status statuses", "city cities", "movie movies", "address addresses"],
)
def test_one_and_many_of_a_kind_have_one_stem(pair: str) -> None:
    one, many = pair.split()
    assert stem_of(one) == stem_of(many) != ""
