"""Functions that another function gives for a name, or that an object of a class is put around."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
from flask import Flask, request
from flask_login import current_user
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)

class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)

def drop(sent):
    Note.query.filter_by(id=sent.args["id"]).delete()

def show(sent):
    return Note.query.get(sent.args["id"]).text

def pick(action):
    if action == "drop":
        return drop
    return show

class Kept:
    def __init__(self, view):
        self.view = view
    def __call__(self, sent):
        Note.query.filter_by(id=sent.args["id"]).delete()

def kept(view):
    return Kept(view)

def run(view, sent):
    return kept(view)(sent)

@app.get("/picked/<action>")
def picked(action):
    return pick(action)(request)

@app.get("/object")
def by_object():
    return run(show, request)
"""
EXPRESS = """
const express = require("express");
const mongoose = require("mongoose");
const Note = mongoose.model("Note", new mongoose.Schema({ text: String }));
const app = express();
async function drop(req, res) { await Note.deleteOne({ _id: req.params.id }); res.end(); }
const ACTIONS = { drop };
const pick = (name) => ACTIONS[name];
const dispatch = (name) => (req, res) => pick(name)(req, res);
const caught = (fn) => (req, res, next) => Promise.resolve(fn(req, res, next)).catch(next);
const strict = (fn) => (req, res, next) => caught(fn)(req, res, next);
app.delete("/picked/:id", dispatch("drop"));
app.delete("/object/:id", strict(drop));
"""


@pytest.mark.parametrize("path", ["GET /picked/<action>", "GET /object"])
def test_python_function_that_is_given_runs(rows: Callable[..., Rows], path: str) -> None:
    row = rows(FLASK, "app.py")[path]
    assert any(access.operation == "delete" for access in row.accesses)


@pytest.mark.parametrize("path", ["DELETE /picked/:id", "DELETE /object/:id"])
def test_javascript_function_that_is_given_runs(rows: Callable[..., Rows], path: str) -> None:
    assert any(access.operation == "delete" for access in rows(EXPRESS)[path].accesses)
