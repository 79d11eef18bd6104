"""Refusals with 403 that ask who calls, and those that ask for more."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

FLASK = """
from flask import Flask, abort, session
app = Flask(__name__)
@app.post("/a")
def a():
    if TEST:
        abort(403)
    return "x"
"""
EXPRESS = """
const express = require('express')
const session = require('express-session')
const app = express()
app.use(session({ secret: process.env.S }))
app.post('/a', (req, res) => {
  if (TEST) return res.status(403).end()
  res.end()
})
"""


@pytest.mark.parametrize(
    ("test", "role"),
    [
        ('"uid" not in session', "none"),
        ('not session.get("uid")', "none"),
        ('session.get("user_id") is None', "none"),
        ('"logged_in" not in session', "none"),
        ('not session.get("is_admin")', "required"),
        ('"admin" not in session', "required"),
        ('"admin" not in session["roles"]', "required"),
    ],
)
def test_a_session_in_flask(rows: Rows, test: str, role: str) -> None:
    row = rows(FLASK.replace("TEST", test), "app.py")["POST /a"]
    assert (row.authentication.state, row.authorization.state) == ("required", role)


@pytest.mark.parametrize(
    ("test", "role"),
    [
        ("!req.session.uid", "none"),
        ("!('uid' in req.session)", "none"),
        ("!req.session.isAdmin", "required"),
        ("req.session.role !== 'admin'", "required"),
    ],
)
def test_a_session_in_express(rows: Rows, test: str, role: str) -> None:
    row = rows(EXPRESS.replace("TEST", test), "app.js")["POST /a"]
    assert (row.authentication.state, row.authorization.state) == ("required", role)
