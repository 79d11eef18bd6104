"""Functions that store what they are given: each endpoint writes what it hands over, and not what others do."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import Row

Rows = Mapping[str, Row]

FLASK = """
from flask import Flask, request
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    role = db.Column(db.String)

def store(user_id, fields: dict = {}):
    User.query.filter_by(id=user_id).update(fields)
    db.session.commit()

@app.post("/named")
@login_required
def named():
    fields = {}
    if "name" in request.json:
        fields["name"] = request.json["name"]
    store(current_user.id, fields)
    return {}

@app.post("/whole")
@login_required
def whole():
    store(current_user.id, request.json)
    return {}
"""
EXPRESS = """
const express = require("express");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
const body = (request) => request.body;
const Users = {
  update: async function (id, updates = {}) {
    return prisma.user.update({ where: { id: Number(id) }, data: updates });
  },
};
app.post("/named", async (req, res) => {
  const { name } = body(req);
  const updates = {};
  if (name) updates.name = String(name);
  await Users.update(req.user.id, updates);
  res.json({});
});
app.post("/some", async (req, res) => {
  const { name, role } = body(req);
  const updates = {};
  if (name) updates.name = String(name);
  if (role && req.user.isAdmin) updates.role = role;
  await Users.update(req.user.id, updates);
  res.json({});
});
app.post("/whole", async (req, res) => {
  const updates = body(req);
  await Users.update(req.user.id, updates);
  res.json({});
});
"""


def _written(row: Row) -> dict[str, set[tuple[str, ...]]]:
    touches = row.surface.touches if row.surface is not None else ()
    return {
        name: {atom.path for atom in atoms if atom.kind == "input" and atom.exact}
        for touch in touches
        if touch.operation == "update"
        for name, atoms in touch.written
    }


def test_python_function_stores_what_each_caller_gives(rows: Callable[..., Rows]) -> None:
    found = rows(FLASK, "app.py")
    assert _written(found["POST /named"]) == {"name": {("name",)}}
    assert _written(found["POST /whole"]) == {"*": {()}}


def test_javascript_function_stores_what_each_caller_gives(rows: Callable[..., Rows]) -> None:
    found = rows(EXPRESS)
    assert _written(found["POST /named"]) == {"name": set()}
    assert _written(found["POST /some"]) == {"name": set()}
    assert _written(found["POST /whole"]) == {"*": {()}}
