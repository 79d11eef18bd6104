"""Records with a password: those that stand for somebody, and those that merely belong to somebody."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

FLASK = """
from flask import Flask, request
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)

class Mailbox(db.Model):
    {key} = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer)
    host = db.Column(db.String)
    password = db.Column(db.String)

@app.get("/mailbox")
@login_required
def mailbox():
    found = Mailbox.query.filter_by({asked}=current_user.id).first()
    return {{"host": found.host}}
"""
EXPRESS = """
const express = require("express");
const mongoose = require("mongoose");
const Camper = mongoose.model("Camper", new mongoose.Schema({{ userId: String, password: String }}));
const app = express();
app.get("/all", async (req, res) => {{
  res.json(await Camper.{call});
}});
"""


@pytest.mark.parametrize(
    ("key", "asked", "logs_in"), [("id", "user_id", False), ("id", "id", True), ("place", "user_id", True)]
)
def test_record_with_an_identifier_of_its_own_belongs_to_a_user(
    matrix: Callable[[Mapping[str, str]], AccessMatrix], key: str, asked: str, logs_in: bool
) -> None:
    found = matrix({"app.py": FLASK.format(key=key, asked=asked)}).accounts
    assert ("mailbox" in found) == logs_in


@pytest.mark.parametrize(
    ("call", "logs_in"),
    [
        ("find({ userId: req.user.id })", False),
        ("findOne({ userId: req.user.id, _id: req.query.id })", False),
        ("findById(req.user.id)", True),
    ],
)
def test_records_that_are_listed_for_a_user_are_no_accounts(
    matrix: Callable[[Mapping[str, str]], AccessMatrix], call: str, logs_in: bool
) -> None:
    assert ("camper" in matrix({"main.js": EXPRESS.format(call=call)}).accounts) == logs_in
