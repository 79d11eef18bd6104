"""Mistakes that tools for access control have made before: one test for each that other tests lack."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import AccessMatrix, Row

Rows = Callable[..., Mapping[str, Row]]
Matrix = Callable[[Mapping[str, str]], AccessMatrix]

HEAD = """
const express = require('express');
const jwt = require('jsonwebtoken');
const { Pool } = require('pg');
const pool = new Pool();
const app = express();
app.use(express.json());
function requireAuth(req, res, next) {
  try {
    req.user = jwt.verify((req.get('authorization') || '').slice(7), process.env.KEY, { algorithms: ['HS256'] });
  } catch (err) {
    return res.sendStatus(401);
  }
  return next();
}
"""
ERASE = (
    "async (req, res) => { await pool.query('DELETE FROM items WHERE id = $1', [req.params.id]); res.end(); }"
)


def states(rows: Mapping[str, Row]) -> dict[str, str]:
    return {name: row.authentication.state for name, row in rows.items()}


def test_a_mount_with_one_argument_is_a_guard_or_a_handler_by_what_it_does(rows: Rows) -> None:
    guarded = rows(HEAD + f"app.use(requireAuth);\napp.delete('/items/:id', {ERASE});")
    assert states(guarded)["DELETE /items/:id"] == "required"
    answered = rows(
        HEAD
        + f"app.use((req, res, next) => {{ res.set('x', '1'); next(); }});\napp.delete('/items/:id', {ERASE});"
    )
    assert states(answered)["DELETE /items/:id"] == "none"


def test_six_idioms_in_one_application(rows: Rows) -> None:
    text = """
import functools
import os
import sqlite3

from flask import Blueprint, Flask, abort, g, redirect, request, session
from flask.views import MethodView
from flask_login import login_required

app = Flask(__name__)
hooked = Blueprint("hooked", __name__)


def erase():
    with sqlite3.connect("x.db") as db:
        db.execute("DELETE FROM items WHERE id = ?", (request.args["id"],))
    return ""


@hooked.before_request
def known():
    if "user_id" not in session:
        abort(401)


@hooked.post("/hooked")
def by_hook():
    return erase()


def own(view):
    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if not session.get("user_id"):
            return redirect("/login")
        return view(*args, **kwargs)
    return wrapped


@app.post("/own")
@own
def by_decorator():
    return erase()


@app.post("/library")
@login_required
def by_library():
    return erase()


def ensure_member():
    if session.get("user_id") is None:
        abort(403)


@app.post("/called")
def by_call():
    ensure_member()
    return erase()


@app.post("/inline")
def inline():
    if "user_id" not in session:
        return "Please log in"
    return erase()


class Items(MethodView):
    decorators = [own]

    def post(self):
        return erase()


app.add_url_rule("/class", view_func=Items.as_view("items"))


@app.post("/open")
def nobody():
    return erase()


app.register_blueprint(hooked)
"""
    found = states(rows(text, "main.py"))
    assert found.pop("POST /open") == "none"
    assert set(found.values()) == {"required"}, found


def test_an_early_end_of_a_helper_refuses_nobody(rows: Rows) -> None:
    text = """
import sqlite3

from flask import Flask, request, session

app = Flask(__name__)


def name_of_caller():
    if "user" not in session:
        return "nobody"
    return session["user"]


@app.post("/items")
def add():
    name_of_caller()
    with sqlite3.connect("x.db") as db:
        db.execute("DELETE FROM items WHERE id = ?", (request.form["id"],))
    return ""
"""
    assert states(rows(text, "main.py"))["POST /items"] == "none"


def test_a_refusal_that_does_not_end_the_handler_is_no_guard(rows: Rows) -> None:
    text = (
        HEAD
        + """
app.delete('/items/:id', async (req, res) => {
  if (!req.session.userId) {
    res.status(401).end();
  }
  await pool.query('DELETE FROM items WHERE id = $1', [req.params.id]);
});
"""
    )
    row = rows(text)["DELETE /items/:id"]
    assert row.authentication.state == "none"
    assert row.surface is not None
    assert [fact.kind for fact in row.surface.facts if fact.status == 401] == ["overrun"]


def test_a_check_that_nobody_waits_for_is_no_guard(rows: Rows) -> None:
    text = (
        HEAD
        + """
async function ensure(req) {
  if (!req.session.userId) {
    throw new UnauthorizedError('no');
  }
}
app.delete('/items/:id', async (req, res) => {
  CALL
  await pool.query('DELETE FROM items WHERE id = $1', [req.params.id]);
  res.end();
});
"""
    )
    assert states(rows(text.replace("CALL", "await ensure(req);")))["DELETE /items/:id"] == "required"
    assert states(rows(text.replace("CALL", "ensure(req);")))["DELETE /items/:id"] == "none"


def test_identification_is_no_guard(matrix: Matrix) -> None:
    files = {
        "app/settings.py": 'MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware"]\n'
        'ROOT_URLCONF = "app.urls"\n',
        "app/urls.py": "from django.urls import path\nfrom app import views\n"
        'urlpatterns = [path("items/<int:id>", views.erase)]\n',
        "app/views.py": "from django.http import HttpResponse\nfrom app.models import Item\n\n\n"
        "def erase(request, id):\n    Item.objects.filter(id=id).delete()\n    return HttpResponse()\n",
        "app/models.py": "from django.db import models\n\n\nclass Item(models.Model):\n    name = models.TextField()\n",
        "app/__init__.py": "",
    }
    assert [row.authentication.state for row in matrix(files)] == ["none"]
