"""Who calls, as a session's record says it together with the account; and what was found among the tenant's own."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

PYTHON = """
import sqlite3
from functools import wraps
from flask import Flask, abort, g, jsonify, request

app = Flask(__name__)
conn = sqlite3.connect("x.db")


@app.before_request
def load():
    g.me = conn.execute(
        "SELECT s.id, u.* FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.sid = ?", (request.cookies.get("sid"),)
    ).fetchone()
    if g.me is None:
        abort(401)


def role(*names):
    def wrap(view):
        @wraps(view)
        def inner(*args, **kwargs):
            if g.me["role"] not in names:
                abort(403)
            return view(*args, **kwargs)

        return inner

    return wrap


def own_load(key):
    found = conn.execute("SELECT * FROM loads WHERE id = ? AND company_id = ?", (key, g.me["company_id"])).fetchone()
    if found is None:
        abort(404)
    return found


@app.delete("/loads/<int:key>")
@role("clerk")
def remove(key):
    load = own_load(key)
    conn.execute("DELETE FROM loads WHERE id = ?", (load["id"],))
    return ""


@app.delete("/notes/<int:key>")
def remove_note(key):
    conn.execute("DELETE FROM notes WHERE id = ? AND author_id = ?", (key, g.me["user_id"]))
    return ""
"""
SCRIPT = """
const express = require('express')
const { Pool } = require('pg')
const app = express()
const pool = new Pool()
app.use(async (req, res, next) => {
  const found = await pool.query(
    'SELECT u.* FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.sid = $1', [req.cookies.sid])
  if (!found.rows[0]) return res.sendStatus(401)
  req.me = found.rows[0]
  next()
})
const role = (...names) => (req, res, next) => (names.includes(req.me.role) ? next() : res.sendStatus(403))
async function ownLoad(req) {
  const found = await pool.query('SELECT * FROM loads WHERE id = $1 AND company_id = $2', [req.params.key, req.me.company_id])
  return found.rows[0]
}
app.delete('/loads/:key', role('clerk'), async (req, res) => {
  const load = await ownLoad(req)
  if (!load) return res.sendStatus(404)
  await pool.query('DELETE FROM loads WHERE id = $1', [load.id])
  res.end()
})
app.delete('/notes/:key', async (req, res) => {
  await pool.query('DELETE FROM notes WHERE id = $1 AND author_id = $2', [req.params.key, req.me.id])
  res.end()
})
"""


@pytest.mark.parametrize(
    ("source", "path", "key"), [(PYTHON, "app.py", "<int:key>"), (SCRIPT, "app.js", ":key")]
)
def test_a_session_with_its_account_is_the_caller(rows: Rows, source: str, path: str, key: str) -> None:
    found = rows(source, path)
    loads, notes = found[f"DELETE /loads/{key}"], found[f"DELETE /notes/{key}"]
    assert (loads.authentication.state, loads.authorization.state) == ("required", "required")
    assert (notes.authentication.state, notes.authorization.state) == ("required", "none")
    assert [a.limit for a in notes.accesses if a.operation == "delete"] == ["owner"]
    # The load is the company's, and not the clerk's own.
    assert [a.limit for a in loads.accesses if a.operation == "delete"] == ["tenant"]
