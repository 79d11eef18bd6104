"""Helpers that give an object or nothing: only what decides between the two keeps others out."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
from flask import Flask, abort, jsonify
from flask_login import current_user, login_required
from models import Note, count
app = Flask(__name__)

def note_of(user, note_id):
    note = Note.query.get(note_id)
    {body}

@app.get("/notes/<id>")
@login_required
def show(id):
    note = note_of(current_user, id)
    if not note:
        abort(404)
    return jsonify(note)
"""
EXPRESS = """
const express = require("express");
const {{ PrismaClient }} = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use((req, res, next) => {{ if (!req.session.user) return res.sendStatus(401); next(); }});
async function noteOf(user, id) {{
  const note = await prisma.note.findUnique({{ where: {{ id }} }});
  {body}
}}
app.get("/notes/:id", async (req, res) => {{
  const note = await noteOf(req.session.user, req.params.id);
  if (!note) return res.sendStatus(404);
  res.json(note);
}});
"""
PYTHON_OPEN = (
    "if note.owner_id == user.id:\n        count(note)\n        return note\n    else:\n        return note",
    "if note.owner_id == user.id:\n        return note\n    try:\n        count(note)\n        return note\n"
    "    finally:\n        count(user)",
    "if user.is_admin:\n        return note\n    return note.summary",
)
PYTHON_KEPT = (
    "if note.owner_id == user.id:\n        return note\n    else:\n        return None",
    "return note if note.owner_id == user.id else None",
    "if user.is_admin:\n        return note\n    if note.owner_id == user.id:\n        return note",
    "try:\n        if note.owner_id != user.id:\n            return None\n        return note\n"
    "    except ValueError:\n        return None",
)
SCRIPT_OPEN = (
    "if (note.ownerId === user.id) { count(note); return note; } else { return note; }",
    "if (note.ownerId === user.id) return note; try { return note; } finally { count(user); }",
    "return user.isAdmin ? note : note.summary;",
)
SCRIPT_KEPT = (
    "if (note.ownerId === user.id) { return note; } else { return null; }",
    "return note.ownerId === user.id ? note : null;",
    "if (user.isAdmin) return note; if (note.ownerId === user.id) return note; return undefined;",
    "try { if (note.ownerId !== user.id) return null; return note; } catch (error) { return null; }",
)


@pytest.mark.parametrize("body", PYTHON_OPEN)
def test_python_that_gives_something_on_both_sides_of_a_test_keeps_nobody_out(
    rows: Callable[..., Rows], body: str
) -> None:
    assert rows(FLASK.format(body=body), "app.py")["GET /notes/<id>"].ownership.state == "open"


@pytest.mark.parametrize("body", PYTHON_KEPT)
def test_python_that_gives_others_nothing_keeps_them_out(rows: Callable[..., Rows], body: str) -> None:
    assert rows(FLASK.format(body=body), "app.py")["GET /notes/<id>"].ownership.state == "restricted"


@pytest.mark.parametrize("body", SCRIPT_OPEN)
def test_javascript_that_gives_something_on_both_sides_of_a_test_keeps_nobody_out(
    rows: Callable[..., Rows], body: str
) -> None:
    assert rows(EXPRESS.format(body=body))["GET /notes/:id"].ownership.state == "open"


@pytest.mark.parametrize("body", SCRIPT_KEPT)
def test_javascript_that_gives_others_nothing_keeps_them_out(rows: Callable[..., Rows], body: str) -> None:
    assert rows(EXPRESS.format(body=body))["GET /notes/:id"].ownership.state == "restricted"


CHAIN = """
from flask import Flask, abort, jsonify
from flask_login import current_user, login_required
from models import Note
app = Flask(__name__)

def own(user, note):
    if note.owner_id == user.id:
        return True
    return False

def fourth(user, note):
    return own(user, note)

def third(user, note):
    return fourth(user, note)

def second(user, note):
    return third(user, note)

def first(user, note):
    return second(user, note)

def outermost(user, note):
    return first(user, note)

@app.get("/a/<id>")
@login_required
def far(id):
    note = Note.query.get(id)
    if not outermost(current_user, note):
        abort(404)
    return jsonify(note)

@app.get("/b/<id>")
@login_required
def near(id):
    note = Note.query.get(id)
    if not third(current_user, note):
        abort(404)
    return jsonify(note)
"""


def test_a_function_asked_from_far_away_is_read_anew_from_near(rows: Callable[..., Rows]) -> None:
    assert rows(CHAIN, "app.py")["GET /b/<id>"].ownership.state == "restricted"
