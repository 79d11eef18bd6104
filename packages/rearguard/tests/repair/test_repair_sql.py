"""SQL with values bound: the text afterwards, what it does in a database, and what is refused."""

import ast
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from rearguard.findings import Disposition

HEAD = """import sqlite3

from flask import Flask, jsonify, request

app = Flask(__name__)
db = sqlite3.connect("app.db")


@app.get("/t")
def handler():
"""

SQLITE = {
    "f-string in quotes": (
        "    return jsonify(db.execute(f\"SELECT name FROM t WHERE name = '{request.args['v']}'\").fetchall())\n",
        "    return jsonify(db.execute(\"SELECT name FROM t WHERE name = ?\", (request.args['v'],)).fetchall())\n",
    ),
    "plus": (
        "    v = request.args['v']\n"
        '    return jsonify(db.execute("SELECT name FROM t WHERE name = \'" + v + "\' AND age > 3").fetchall())\n',
        "    v = request.args['v']\n"
        '    return jsonify(db.execute("SELECT name FROM t WHERE name = ? AND age > 3", (v,)).fetchall())\n',
    ),
    "plus at the end": (
        '    return jsonify(db.execute("SELECT name FROM t WHERE age = " + request.args["v"]).fetchall())\n',
        '    return jsonify(db.execute("SELECT name FROM t WHERE age = ?", (request.args["v"],)).fetchall())\n',
    ),
    "percent": (
        "    v = request.args['v']\n"
        "    return jsonify(db.execute(\"SELECT name FROM t WHERE name = '%s' AND note NOT LIKE '%%x'\" % v).fetchall())\n",
        "    v = request.args['v']\n"
        "    return jsonify(db.execute(\"SELECT name FROM t WHERE name = ? AND note NOT LIKE '%x'\", (v,)).fetchall())\n",
    ),
    "format": (
        "    v = request.args['v']\n"
        "    return jsonify(db.execute(\"SELECT name FROM t WHERE name = '{0}' OR note = '{0}'\".format(v)).fetchall())\n",
        "    v = request.args['v']\n"
        '    return jsonify(db.execute("SELECT name FROM t WHERE name = ? OR note = ?", (v, v)).fetchall())\n',
    ),
    "LIKE": (
        "    v = request.args['v']\n"
        "    return jsonify(db.execute(f\"SELECT name FROM t WHERE name LIKE '%{v}%'\").fetchall())\n",
        "    v = request.args['v']\n"
        '    return jsonify(db.execute("SELECT name FROM t WHERE name LIKE ?", (f"%{v}%",)).fetchall())\n',
    ),
    "in a variable": (
        "    v = request.args['v']\n"
        "    sql = f\"SELECT name FROM t WHERE name = '{v}'\"\n"
        "    return jsonify(db.execute(sql).fetchall())\n",
        "    v = request.args['v']\n"
        '    sql = "SELECT name FROM t WHERE name = ?"\n'
        "    return jsonify(db.execute(sql, (v,)).fetchall())\n",
    ),
    "growing": (
        "    v = request.args['v']\n"
        '    sql = "SELECT name FROM t WHERE age > 3"\n'
        "    if v:\n"
        "        sql += f\" AND name = '{v}'\"\n"
        "    return jsonify(db.execute(sql).fetchall())\n",
        "    v = request.args['v']\n"
        '    sql = "SELECT name FROM t WHERE age > 3"\n'
        "    params = []\n"
        "    if v:\n"
        '        sql += " AND name = ?"\n'
        "        params.append(v)\n"
        "    return jsonify(db.execute(sql, params).fetchall())\n",
    ),
    "beside bound values": (
        "    v = request.args['v']\n"
        "    return jsonify(db.execute(f\"SELECT name FROM t WHERE name = '{v}' AND age > ?\", (3,)).fetchall())\n",
        "    v = request.args['v']\n"
        '    return jsonify(db.execute("SELECT name FROM t WHERE name = ? AND age > ?", (v, 3)).fetchall())\n',
    ),
    "constants stay": (
        "    v = request.args['v']\n"
        "    return jsonify(db.execute(f\"SELECT {COLUMNS} FROM t WHERE name = '{v}'\").fetchall())\n",
        "    v = request.args['v']\n"
        '    return jsonify(db.execute(f"SELECT {COLUMNS} FROM t WHERE name = ?", (v,)).fetchall())\n',
    ),
    "triple quotes": (
        "    v = request.args['v']\n"
        '    return jsonify(db.execute(f"""\n'
        "        SELECT name FROM t\n"
        "        WHERE name = '{v}'\n"
        '    """).fetchall())\n',
        "    v = request.args['v']\n"
        '    return jsonify(db.execute("""\n'
        "        SELECT name FROM t\n"
        "        WHERE name = ?\n"
        '    """, (v,)).fetchall())\n',
    ),
}


class Args(dict[str, str]):
    """Query parameters."""


def run(text: str, value: str) -> list[Any]:
    """What the handler of a program answers, with a database of two people and without Flask."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE t (name TEXT, age INTEGER, note TEXT)")
    db.executemany("INSERT INTO t VALUES (?, ?, ?)", [("ada", 40, "a"), ("ben", 7, "b")])
    module = ast.parse(text)
    handler = next(n for n in module.body if isinstance(n, ast.FunctionDef))
    handler.decorator_list = []
    request = type("Request", (), {"args": Args(v=value)})
    space: dict[str, Any] = {"db": db, "request": request, "jsonify": list, "COLUMNS": "name"}
    exec(compile(ast.Module([handler], []), "app.py", "exec"), space)
    found: list[Any] = space["handler"]()
    return found


@pytest.mark.parametrize("name", SQLITE)
def test_sqlite(python: Callable[[str], Any], name: str) -> None:
    before, after = SQLITE[name]
    head = HEAD.replace("app = ", 'COLUMNS = "name"\napp = ', 1)
    repaired = python(head + before)
    assert repaired.text("sql-injection") == head + after
    assert repaired.fix("sql-injection").disposition is Disposition.SAFE
    benign, exploit = ("40", "0 OR 1 = 1") if "age =" in after else ("ada", "x' OR '1' LIKE '1")
    assert run(head + before, benign) == run(head + after, benign) == [("ada",)]
    assert len(run(head + before, exploit)) >= 1
    assert run(head + after, exploit) == []


REFUSED = {
    "identifier": ("f\"SELECT name FROM {request.args['v']}\"", "no value"),
    "order": ("f\"SELECT name FROM t ORDER BY {request.args['v']}\"", "no value"),
    "list": ("f\"SELECT name FROM t WHERE age IN ({request.args['v']})\"", "no value"),
    "clause": ("f\"SELECT name FROM t WHERE {request.args['v']}\"", "no value"),
    "escaped by hand": (
        '"SELECT name FROM t WHERE name = \'" + request.args[\'v\'].replace("\'", "\'\'") + "\'"',
        "escaped",
    ),
    "joined": ("' '.join(['SELECT name FROM t WHERE name =', request.args['v']])", "taken apart"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(python: Callable[[str], Any], name: str) -> None:
    text, reason = REFUSED[name]
    repaired = python(f"{HEAD}    return jsonify(db.execute({text}).fetchall())\n")
    assert reason in repaired.refusal("sql-injection")


def test_text_of_another_function_is_refused(python: Callable[[str], Any]) -> None:
    text = HEAD.replace("@app.get", "def run(sql):\n    return db.execute(sql).fetchall()\n\n\n@app.get")
    repaired = python(
        f"{text}    return jsonify(run(f\"SELECT * FROM t WHERE a = '{{request.args['v']}}'\"))\n"
    )
    assert "takes no values to bind" in repaired.refusal("sql-injection")


def test_a_variable_that_is_used_twice_is_refused(python: Callable[[str], Any]) -> None:
    repaired = python(
        f"{HEAD}    sql = f\"SELECT * FROM t WHERE a = '{{request.args['v']}}'\"\n"
        "    db.execute(sql)\n    return jsonify(db.execute(sql).fetchall())\n"
    )
    assert "used in other places" in repaired.refusal("sql-injection")


PYTHON = {
    "psycopg": (
        "import psycopg2",
        'conn = psycopg2.connect("")\ncur = conn.cursor()',
        "cur.execute(f\"SELECT * FROM t WHERE a LIKE 'x%' AND b = '{v}'\")",
        "cur.execute(\"SELECT * FROM t WHERE a LIKE 'x%%' AND b = %s\", (v,))",
    ),
    "asyncpg": (
        "import asyncpg",
        "pool = asyncpg.create_pool()",
        "pool.fetch(f\"SELECT * FROM t WHERE a = $1 AND b = '{v}'\", 3)",
        'pool.fetch("SELECT * FROM t WHERE a = $1 AND b = $2", 3, v)',
    ),
    "sqlalchemy text": (
        "from sqlalchemy import create_engine, text",
        'engine = create_engine("")\ncon = engine.connect()',
        "con.execute(text(f\"SELECT * FROM t WHERE b = '{v}'\"))",
        'con.execute(text("SELECT * FROM t WHERE b = :v"), {"v": v})',
    ),
    "sqlalchemy with values": (
        "from sqlalchemy import create_engine, text",
        'engine = create_engine("")\ncon = engine.connect()',
        'con.execute(text("SELECT * FROM t WHERE a = :a AND b = \'" + v + "\'"), {"a": 1})',
        'con.execute(text("SELECT * FROM t WHERE a = :a AND b = :v"), {"a": 1, "v": v})',
    ),
    "sqlalchemy plain": (
        "from sqlalchemy import create_engine",
        'engine = create_engine("")\ncon = engine.connect()',
        "con.execute(f\"SELECT * FROM t WHERE b = '{v}'\")",
        'con.execute(text("SELECT * FROM t WHERE b = :v"), {"v": v})',
    ),
}


@pytest.mark.parametrize("name", PYTHON)
def test_other_python_drivers(python: Callable[[str], Any], name: str) -> None:
    imports, setup, before, after = PYTHON[name]
    program = (
        "from flask import Flask, request\n{imports}\n\napp = Flask(__name__)\n{setup}\n\n\n"
        '@app.get("/t")\ndef handler():\n    v = request.args["v"]\n    {call}\n    return ""\n'
    )
    repaired = python(program.format(imports=imports, setup=setup, call=before))
    text = repaired.text("sql-injection")
    assert after in text
    assert ("import create_engine, text" in text) == ("sqlalchemy" in name)
    ast.parse(text)


SCRIPTS = {
    "pg": (
        "const { Pool } = require('pg');\nconst db = new Pool();",
        "db.query(`SELECT * FROM t WHERE a = ${v} AND b ILIKE '%${v}%'`)",
        "db.query('SELECT * FROM t WHERE a = $1 AND b ILIKE $2', [v, `%${v}%`])",
    ),
    "pg beside": (
        "const { Pool } = require('pg');\nconst db = new Pool();",
        "db.query(`SELECT * FROM t WHERE a = $1 AND b = '${v}'`, [1])",
        "db.query('SELECT * FROM t WHERE a = $1 AND b = $2', [1, v])",
    ),
    "mysql with a callback": (
        "const mysql = require('mysql');\nconst db = mysql.createConnection({});",
        'db.query("SELECT * FROM t WHERE b = \'" + v + "\'", (error, rows) => res.json(rows))',
        'db.query("SELECT * FROM t WHERE b = ?", [v], (error, rows) => res.json(rows))',
    ),
    "better-sqlite3": (
        "const Database = require('better-sqlite3');\nconst db = new Database('x');",
        "db.prepare(`SELECT * FROM t WHERE b = '${v}'`).all()",
        "db.prepare('SELECT * FROM t WHERE b = ?').all(v)",
    ),
    "sequelize": (
        "const { Sequelize } = require('sequelize');\nconst db = new Sequelize('');",
        "db.query(`SELECT * FROM t WHERE b = '${v}'`, { type: 'SELECT' })",
        "db.query('SELECT * FROM t WHERE b = :v', { type: 'SELECT', replacements: { v } })",
    ),
    "knex": (
        "const knex = require('knex');\nconst db = knex({});",
        "db.raw(`SELECT * FROM t WHERE b = '${req.query.name}'`)",
        "db.raw('SELECT * FROM t WHERE b = ?', [req.query.name])",
    ),
    "several lines": (
        "const { Pool } = require('pg');\nconst db = new Pool();",
        "db.query(\n    `SELECT *\n     FROM t\n     WHERE b = '${v}'`,\n  )",
        "db.query(\n    `SELECT *\n     FROM t\n     WHERE b = $1`,\n    [v],\n  )",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(script: Callable[[str], Any], compiles: Callable[[str, str], None], name: str) -> None:
    setup, before, after = SCRIPTS[name]
    program = (
        "const express = require('express');\n%s\n\nconst app = express();\n"
        "app.get('/t', async (req, res) => {\n  const v = req.query.v;\n  await %s;\n  res.json({});\n});\n"
    )
    text = script(program % (setup, before)).text("sql-injection")
    assert text == program % (setup, after)
    compiles(text, "app.js")


def test_numbered_placeholders_of_a_growing_text_are_refused(script: Callable[[str], Any]) -> None:
    repaired = script(
        "const express = require('express');\nconst { Pool } = require('pg');\nconst db = new Pool();\n"
        "const app = express();\napp.get('/t', async (req, res) => {\n  let sql = 'SELECT * FROM t WHERE true';\n"
        "  if (req.query.v) {\n    sql += ` AND a = '${req.query.v}'`;\n  }\n  res.json(await db.query(sql));\n});\n"
    )
    assert "numbered" in repaired.refusal("sql-injection")


GIVEN = """\
import sqlite3

from flask import Flask, request

app = Flask(__name__)


def look_up(cursor, name):
    try:
        cursor.execute("SELECT * FROM users WHERE name = '" + name + "'")
    except sqlite3.OperationalError:
        return None
    return cursor.fetchone()


@app.get("/users")
def users():
    connection = sqlite3.connect("app.db")
    return str(look_up(connection.cursor(), request.args["name"]))
"""


def test_a_cursor_from_elsewhere_speaks_as_the_only_driver_in_sight(review: Callable[..., Any]) -> None:
    assert 'cursor.execute("SELECT * FROM users WHERE name = ?", (name,))' in review({"app.py": GIVEN}).text(
        "sql-injection"
    )
