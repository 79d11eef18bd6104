"""Headers that are compared: a key that others show, or how the request was made."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
import os
from flask import Flask, abort, jsonify, request
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)

class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)

@app.get("/orders/<id>")
def order(id):
    if request.headers.get("{header}") != os.environ["EXPECTED"]:
        abort(403)
    return jsonify(Order.query.get(id))
"""
EXPRESS = """
const express = require("express");
const {{ PrismaClient }} = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.get("/orders/:id", async (req, res) => {{
  if (req.headers["{header}"] !== process.env.EXPECTED) return res.sendStatus(403);
  res.json(await prisma.order.findUnique({{ where: {{ id: req.params.id }} }}));
}});
"""


def both(rows: Callable[..., Rows], header: str) -> set[str]:
    """What is said of the authentication in both languages."""
    read = (rows(FLASK.format(header=header), "app.py"), rows(EXPRESS.format(header=header.lower())))
    return {row.authentication.state for found in read for row in found.values()}


@pytest.mark.parametrize("header", ["Host", "User-Agent", "Content-Type", "If-Match", "Accept-Language"])
def test_how_a_request_is_made_says_nothing_of_who_makes_it(rows: Callable[..., Rows], header: str) -> None:
    assert both(rows, header) == {"none"}


@pytest.mark.parametrize("header", ["X-Device", "X-Internal-Caller", "X-Api-Key"])
def test_what_a_service_holds_and_others_show_is_a_key_by_any_name(
    rows: Callable[..., Rows], header: str
) -> None:
    assert both(rows, header) == {"required"}
