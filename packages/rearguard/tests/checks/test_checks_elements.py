"""Names of columns that were all looked up before they become part of a statement, and those that were not."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

FLASK = """
import re, sqlite3
from flask import Flask, abort, request
app = Flask(__name__)
IDENT = re.compile(r"[a-z_]{1,40}")
ALLOWED = {"name", "age"}
def run(sql):
    return sqlite3.connect("x.db").execute(sql).fetchall()
def insert(table, **cols):
    REFUSE
    return run(f"INSERT INTO {table} ({', '.join(cols)}) VALUES (1)")
def update(table, **cols):
    REFUSE
    return run(f"UPDATE {table} SET " + ", ".join(f"{c} = 1" for c in cols))
@app.get("/list")
def listed():
    cols = request.args.getlist("c")
    REFUSE
    return str(run("SELECT " + ", ".join(cols) + " FROM t"))
@app.post("/insert")
def inserted():
    return str(insert("t", **request.get_json()))
@app.post("/update")
def updated():
    return str(update("t", **request.get_json()))
@app.post("/map")
def mapped():
    cols = request.get_json()
    REFUSE
    return str(run("SELECT " + ", ".join(f"{c} = 1" for c in cols) + " FROM t"))
"""


@pytest.mark.parametrize(
    ("refuse", "count"),
    [
        ("if any(c not in ALLOWED for c in cols): abort(400)", 0),
        ("if any(not IDENT.fullmatch(c) for c in cols): raise ValueError", 0),
        ("if not all(c in ALLOWED for c in cols): abort(400)", 0),
        ("bad = [c for c in cols if not IDENT.fullmatch(c)]\n    if bad: raise ValueError(bad)", 0),
        ("for c in cols:\n        if c not in ALLOWED: abort(400)", 0),
        ("for c in list(cols):\n        if c not in ALLOWED: abort(400)", 0),
        ("if not set(cols) <= ALLOWED: abort(400)", 0),
        ("if set(cols) - ALLOWED: abort(400)", 0),
        ("unknown = set(cols) - ALLOWED\n    if unknown: abort(400)", 0),
        ("if not ALLOWED.issuperset(cols): abort(400)", 0),
        ("if not set(cols).issubset(ALLOWED): abort(400)", 0),
        ("pass", 4),
        ("if any(c in ALLOWED for c in cols): abort(400)", 4),
        ("if all(c not in ALLOWED for c in cols): abort(400)", 4),
        ("if any(c not in ALLOWED for c in cols if c): abort(400)", 4),
        ("bad = [c for c in cols if not IDENT.fullmatch(c)]", 4),
        ("bad = [c for c in cols if IDENT.fullmatch(c)]\n    if bad: raise ValueError(bad)", 4),
        ("for c in cols:\n        if c in ALLOWED: break", 4),
        ("for c in cols:\n        if len(c) > 9: continue\n        if c not in ALLOWED: abort(400)", 4),
        ("if set(cols) >= ALLOWED: abort(400)", 4),
    ],
)
def test_names_of_columns_in_python(findings_of: Found, refuse: str, count: int) -> None:
    assert len(findings_of({"app.py": FLASK.replace("REFUSE", refuse)}, "sql-injection")) == count


def test_what_stands_under_a_name_is_not_asked_by_asking_the_names(findings_of: Found) -> None:
    app = FLASK.replace("REFUSE", "if any(c not in ALLOWED for c in cols): abort(400)").replace(
        'f"{c} = 1" for c in cols) + " FROM t"', 'f"{c} = {v}" for c, v in cols.items()) + " FROM t"'
    )
    assert len(findings_of({"app.py": app}, "sql-injection")) == 1


EXPRESS = """
const express = require('express')
const mysql = require('mysql2')
const db = mysql.createPool({})
const app = express()
app.use(express.json())
const ALLOWED = ['name', 'age']
const SET = new Set(ALLOWED)
app.post('/update', (req, res) => {
  const keys = Object.keys(req.body)
  REFUSE
  db.query(`UPDATE t SET ${keys.map((k) => `${k} = 1`).join(', ')}`)
  res.end()
})
"""


@pytest.mark.parametrize(
    ("refuse", "count"),
    [
        ("if (!keys.every((k) => ALLOWED.includes(k))) return res.status(400).end()", 0),
        ("if (keys.some((k) => !SET.has(k))) return res.status(400).end()", 0),
        ("for (const k of keys) { if (!ALLOWED.includes(k)) return res.status(400).end() }", 0),
        ("const bad = keys.filter((k) => !SET.has(k))\n  if (bad.length) return res.status(400).end()", 0),
        ("const bad = keys.find((k) => !/^[a-z]+$/.test(k))\n  if (bad) return res.status(400).end()", 0),
        ("", 1),
        ("if (keys.every((k) => ALLOWED.includes(k))) return res.status(400).end()", 1),
        ("if (!keys.some((k) => ALLOWED.includes(k))) return res.status(400).end()", 1),
        ("const bad = keys.filter((k) => !SET.has(k))", 1),
        ("for (const k of keys) { if (!ALLOWED.includes(k)) console.log(k.length) }", 1),
    ],
)
def test_names_of_columns_in_node(findings_of: Found, refuse: str, count: int) -> None:
    assert len(findings_of({"app.js": EXPRESS.replace("REFUSE", refuse)}, "sql-injection")) == count


@pytest.mark.parametrize(
    ("test", "count"),
    [("ALLOWED.includes(k)", 0), ("SET.has(k)", 0), ("k.length < 40", 1), ("!SET.has(k)", 1)],
)
def test_what_a_filter_lets_through(findings_of: Found, test: str, count: int) -> None:
    app = EXPRESS.replace("REFUSE", "").replace(
        "Object.keys(req.body)", f"Object.keys(req.body).filter((k) => {test})"
    )
    assert len(findings_of({"app.js": app}, "sql-injection")) == count


@pytest.mark.parametrize(
    ("read", "loop", "used"),
    [
        ('request.args.get("name", "")', "for ch in given:\n        print(1)", "given"),
        ('request.args["name"]', "for i, ch in enumerate(given):\n        print(i)", "given"),
        (
            'request.args["name"].split(",")',
            "for part in given:\n        print(len(part))",
            '",".join(given)',
        ),
        ("request.get_json()", "for key in given:\n        print(key)", 'given["name"]'),
        ("request.headers", "for key in given:\n        print(1)", 'given["X-Name"]'),
        ("request.form", "for key in given.keys():\n        print(key)", 'given["name"]'),
    ],
)
def test_a_loop_that_asks_nothing_shows_nothing(findings_of: Found, read: str, loop: str, used: str) -> None:
    app = FLASK.replace("REFUSE", "abort(404)").replace(
        '@app.get("/list")',
        f'@app.get("/walk")\ndef walked():\n    given = {read}\n    {loop}\n'
        f'    return str(run("SELECT * FROM t WHERE n = \'" + {used} + "\'"))\n@app.get("/list")',
    )
    found = findings_of({"app.py": app}, "sql-injection")
    assert [one.endpoint is not None and one.endpoint.path for one in found] == ["/walk"]
