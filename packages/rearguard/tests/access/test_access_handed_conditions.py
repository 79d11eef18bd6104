"""Conditions that a caller writes out and a helper hands to the query whole."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Callable[..., Mapping[str, Row]]

SCRIPT = """
const express = require('express')
const passport = require('passport')
const { PrismaClient } = require('@prisma/client')
const prisma = new PrismaClient()
const app = express()
app.use(express.json())
const login = passport.authenticate('jwt', { session: false })
const Files = {
  get: async function (clause = {}) {
    return prisma.files.findFirst({ where: clause })
  },
}
app.get('/files/:id', login, async (req, res) => {
  res.json(await Files.get(%s))
})
"""
PYTHON = """
from flask import Flask, jsonify
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))


def one(**filters):
    return Note.query.filter_by(**filters).first_or_404()


def by(filters):
    return Note.query.filter_by(**filters).first_or_404()


def latest(order, **filters):
    return Note.query.filter_by(**filters).order_by(order).first_or_404()


@app.get("/notes/<int:key>")
@login_required
def show(key):
    return jsonify(%s.text)
"""


@pytest.mark.parametrize(
    ("clause", "state"),
    [
        ("{ id: Number(req.params.id), userId: req.user.id }", "restricted"),
        ("{ id: Number(req.params.id), ...(req.user ? { userId: req.user.id } : {}) }", "restricted"),
        ("{ id: Number(req.params.id), shared: true }", "open"),
    ],
)
def test_a_map_is_the_condition_of_a_script(rows: Rows, clause: str, state: str) -> None:
    assert rows(SCRIPT % clause)["GET /files/:id"].ownership.state == state


@pytest.mark.parametrize(
    ("call", "state"),
    [
        ("one(id=key, user_id=current_user.id)", "restricted"),
        ("one(id=key)", "open"),
        ("one(**{'id': key, 'user_id': current_user.id})", "restricted"),
        ("by({'id': key, 'user_id': current_user.id})", "restricted"),
        ("by({'id': key})", "open"),
        ("latest(Note.id, id=key, user_id=current_user.id)", "restricted"),
        ("latest(current_user.id, id=key)", "open"),
    ],
)
def test_keywords_and_maps_are_the_condition_in_python(rows: Rows, call: str, state: str) -> None:
    assert rows(PYTHON % call, "app.py")["GET /notes/<int:key>"].ownership.state == state
