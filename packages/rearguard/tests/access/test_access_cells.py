"""The cells beside login and ownership: forgery, tenants, answers, and what carries an identity."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix, Row

Rows = Callable[..., Mapping[str, Row]]

FLASK = """
import sqlite3
from flask import Flask, abort, request, session
app = Flask(__name__)
{extra}

@app.post("/items")
def add():
    if "user_id" not in session:
        abort(401)
    {check}
    name = {read}
    with sqlite3.connect("x.db") as db:
        db.execute("UPDATE items SET name = ? WHERE user_id = ?", (name, session["user_id"]))
    return ""
"""


@pytest.mark.parametrize(
    ("extra", "check", "read", "state"),
    [
        ("", "pass", 'request.form["name"]', "missing"),
        ('app.config["SESSION_COOKIE_SAMESITE"] = "Lax"', "pass", 'request.form["name"]', "protected"),
        ('app.config["SESSION_COOKIE_SAMESITE"] = "None"', "pass", 'request.form["name"]', "missing"),
        # What keeps another cookie at home says nothing of the session's.
        (
            "@app.get('/look')\ndef look():\n    sent = app.make_response('')\n"
            "    sent.set_cookie('theme', 'dark', samesite='Lax')\n    return sent",
            "pass",
            'request.form["name"]',
            "missing",
        ),
        ("", "pass", 'request.get_json()["name"]', "protected"),
        (
            "",
            'if request.headers.get("Origin") != "https://own.example": abort(403)',
            'request.form["name"]',
            "protected",
        ),
        (
            "",
            'if request.form["csrf_token"] != session["csrf_token"]: abort(403)',
            'request.form["name"]',
            "protected",
        ),
        ("from flask_wtf import CSRFProtect\nCSRFProtect(app)", "pass", 'request.form["name"]', "protected"),
    ],
)
def test_defences_against_forgery(rows: Rows, extra: str, check: str, read: str, state: str) -> None:
    text = FLASK.format(extra=extra, check=check, read=read)
    assert rows(text, "main.py")["POST /items"].csrf.state == state


def test_a_header_cannot_be_forged(rows: Rows) -> None:
    text = """
const express = require('express');
const jwt = require('jsonwebtoken');
const { Pool } = require('pg');
const pool = new Pool();
const app = express();
app.use(express.urlencoded());
app.post('/items', async (req, res) => {
  let user;
  try {
    user = jwt.verify((req.get('authorization') || '').slice(7), process.env.KEY);
  } catch (err) {
    return res.sendStatus(401);
  }
  await pool.query('UPDATE items SET name = $1 WHERE user_id = $2', [req.body.name, user.sub]);
  return res.end();
});
"""
    row = rows(text)["POST /items"]
    assert row.csrf.state == "unneeded"
    assert "header" in row.csrf.reason
    assert rows(text.replace("req.get('authorization') || ''", "req.cookies.token"))[
        "POST /items"
    ].csrf.state == ("missing")


def test_tenants_are_learned_from_the_project(rows: Rows) -> None:
    text = """
const express = require('express');
const jwt = require('jsonwebtoken');
const { Pool } = require('pg');
const pool = new Pool();
const app = express();
app.use((req, res, next) => {
  try {
    req.user = jwt.verify((req.get('authorization') || '').slice(7), process.env.KEY);
  } catch (err) {
    return res.sendStatus(401);
  }
  return next();
});
app.get('/invoices', async (req, res) => {
  res.json(await pool.query('SELECT id FROM invoices WHERE tenant_id = $1', [req.user.tenant]));
});
app.get('/invoices/:id', async (req, res) => {
  res.json(await pool.query('SELECT id FROM invoices WHERE id = $1', [req.params.id]));
});
"""
    found = rows(text)
    assert found["GET /invoices"].tenant.state == "restricted"
    assert found["GET /invoices/:id"].tenant.state == "open"


def test_answers_are_records_or_fields(rows: Rows) -> None:
    text = """
const express = require('express');
const mongoose = require('mongoose');
const Book = mongoose.model('Book', new mongoose.Schema({ title: String, price: Number }));
const app = express();
app.get('/whole/:id', async (req, res) => {
  res.json(await Book.findById(req.params.id));
});
app.get('/part/:id', async (req, res) => {
  const book = await Book.findById(req.params.id);
  res.json({ title: book.title });
});
"""
    found = rows(text)
    assert found["GET /whole/:id"].response.state == "records"
    assert (found["GET /part/:id"].response.state, found["GET /part/:id"].response.reason) == (
        "fields",
        "Book.title",
    )


def test_nothing_is_claimed_of_what_cannot_be_read(rows: Rows) -> None:
    text = """
from fastapi import Depends, FastAPI
from shop.store import books, session_user
app = FastAPI()

class Books:
    def __init__(self) -> None:
        self.repo = books()

    def update(self, key: str, data: dict) -> dict:
        return self.repo.update_one(key, data)

@app.post("/books/{key}")
def change(key: str, data: dict, user=Depends(session_user)) -> dict:
    return Books().update(key, data)

def found_or_404(load, *given):
    found = load(*given)
    return found

@app.get("/books/{key}")
def show(key: str, user=Depends(session_user)) -> dict:
    return found_or_404(books().by_key, key)

@app.post("/sum")
def total(data: dict) -> dict:
    return {"sum": sum(data.values())}
"""
    found = rows(text, "main.py")
    changed = found["POST /books/{key}"]
    assert (changed.ownership.state, changed.tenant.state, changed.csrf.state) == ("unknown",) * 3
    assert "update_one" in changed.ownership.reason
    assert found["GET /books/{key}"].ownership.state == "unknown"
    assert found["POST /sum"].ownership.state == "none"


def test_a_statement_comes_first_among_what_a_wrapper_is_given(rows: Rows) -> None:
    # Eight wrappers, so that an order of chance would hardly be right for each.
    kinds = ("note", "tag", "page", "file", "team", "task", "room", "bill")
    parts = [
        f"""
def run_{kind}(query_{kind}, where_{kind}, end_{kind}, values_{kind}):
    return db.execute(f"{{query_{kind}}} {{where_{kind}}} {{end_{kind}}}", values_{kind})

@app.get("/{kind}s/<ident>")
def {kind}s(ident):
    return run_{kind}("SELECT * FROM {kind}s", "WHERE id = ?", "LIMIT 1", (ident,))
"""
        for kind in kinds
    ]
    head = "import sqlite3\nfrom flask import Flask\napp = Flask(__name__)\ndb = sqlite3.connect('x')\n"
    found = rows(head + "".join(parts), "main.py")
    resources = [[a.resource for a in found[f"GET /{kind}s/<ident>"].accesses] for kind in kinds]
    assert resources == [[f"{kind}s"] for kind in kinds]


@pytest.mark.parametrize(("base", "state"), [("CsrfViewMiddleware as Base", "protected"), ("", "missing")])
def test_a_middleware_of_ones_own_does_what_it_extends(
    matrix: Callable[[Mapping[str, str]], AccessMatrix], base: str, state: str
) -> None:
    imported = f"from django.middleware.csrf import {base}" if base else "class Base: pass"
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": 'ROOT_URLCONF = "shop.urls"\nMIDDLEWARE = [\n'
        '    "django.contrib.sessions.middleware.SessionMiddleware",\n    "shop.layers.Forms",\n]\n',
        "shop/layers/__init__.py": "from .forms import Forms\n",
        "shop/layers/forms.py": f"{imported}\n\n\nclass Forms(Base):\n    pass\n",
        "shop/models.py": "from django.db import models\n\n\nclass Note(models.Model):\n"
        "    text = models.TextField()\n    owner = models.ForeignKey('auth.User', models.CASCADE)\n",
        "shop/urls.py": "from django.contrib.auth.decorators import login_required\n"
        "from django.http import HttpResponse\nfrom django.urls import path\n\nfrom shop.models import Note\n\n\n"
        "@login_required\ndef add(request):\n"
        "    Note.objects.create(text=request.POST['text'], owner=request.user)\n    return HttpResponse()\n\n\n"
        "urlpatterns = [path('add', add)]\n",
    }
    assert [row.csrf.state for row in matrix(files)] == [state]


def test_a_route_may_say_that_no_limit_holds_for_it(rows: Rows) -> None:
    code = """
const app = require('fastify')()
app.register(require('@fastify/rate-limit'), { max: 100 })
app.get('/free', { config: { rateLimit: false } }, async () => 'x')
app.get('/counted', async () => 'x')
"""
    found = rows(code, "app.js")
    assert found["GET /free"].rate_limit.state == "none"
    assert found["GET /counted"].rate_limit.state == "limited"
