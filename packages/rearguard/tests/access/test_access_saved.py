"""Members of records that are set: they are changes where the record is saved, and nothing else is."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
seen = set()

class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    label = db.Column(db.String)

    def keep(self):
        db.session.add(self)
        db.session.commit()

class Draft:
    def keep(self):
        self.kept = True

class Other:
    def finish(self):
        db.session.commit()

class Another:
    def finish(self):
        self.done = True

@app.post("/notes/<id>")
def label(id):
    note = Note.query.get(id)
    note.label = request.json["label"]
    {call}
    return note.label
"""
EXPRESS = """
const express = require("express");
const mongoose = require("mongoose");
const Note = mongoose.model("Note", new mongoose.Schema({{ label: String }}));
const seen = new Set();
const app = express();
app.use(express.json());
app.post("/notes/:id", async (req, res) => {{
  const note = await Note.findById(req.params.id);
  note.label = req.body.label;
  {call};
  res.json(note);
}});
"""


@pytest.mark.parametrize(
    ("call", "saved"),
    [
        ("db.session.add(note)", True),
        ("db.session.commit()", True),
        ("note.keep()", True),
        ("seen.add(note.id)", False),
        ("seen.add(note)", False),
        ("request.form.get('x').finish()", False),
    ],
)
def test_python_saves_a_record_that_is_handed_over_whole(
    rows: Callable[..., Rows], call: str, saved: bool
) -> None:
    (row,) = rows(FLASK.format(call=call), "app.py").values()
    assert any(access.operation == "update" for access in row.accesses) == saved


@pytest.mark.parametrize(
    ("call", "saved"), [("await note.save()", True), ("seen.add(note.id)", False), ("seen.add(note)", False)]
)
def test_javascript_saves_a_record_by_its_own_method(
    rows: Callable[..., Rows], call: str, saved: bool
) -> None:
    (row,) = rows(EXPRESS.format(call=call)).values()
    assert any(access.operation == "update" for access in row.accesses) == saved
