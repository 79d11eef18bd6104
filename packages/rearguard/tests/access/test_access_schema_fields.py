"""Fields of a GraphQL schema whose address asks for a login: what each of them asks beyond that."""

import pytest

from packages.rearguard.tests.access.conftest import Reviewed

STRAWBERRY = """
import strawberry
from flask import Blueprint, Flask, abort
from flask_login import current_user
from flask_sqlalchemy import SQLAlchemy
from strawberry.flask.views import GraphQLView

app = Flask(__name__)
db = SQLAlchemy(app)

class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    password_hash = db.Column(db.String)
    enabled = db.Column(db.Boolean)
    role = db.Column(db.String)

class Claim(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.ForeignKey("member.id"))
    title = db.Column(db.String)

@strawberry.type
class Told:
    id: int
    title: str

def told(row):
    return Told(id=row.id, title=row.title)

@strawberry.type
class Query:
    @strawberry.field
    def mine(self) -> list[Told]:
        return [told(r) for r in db.session.scalars(db.select(Claim).filter_by(owner_id=current_user.id))]

    @strawberry.field
    def claims(self, owner: int) -> list[Told]:
        return [told(r) for r in db.session.scalars(db.select(Claim).filter_by(owner_id=owner))]

@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, id: int, title: str) -> bool:
        row = db.session.scalar(db.select(Claim).filter_by(id=id, owner_id=current_user.id))
        row.title = title
        db.session.commit()
        return True

    @strawberry.mutation
    def set_enabled(self, id: int, enabled: bool) -> bool:
        row = db.session.get(Member, id)
        row.enabled = enabled
        db.session.commit()
        return True

    @strawberry.mutation
    def set_enabled_by_admin(self, id: int, enabled: bool) -> bool:
        if current_user.role != "admin":
            abort(403)
        row = db.session.get(Member, id)
        row.enabled = enabled
        db.session.commit()
        return True

graph = Blueprint("graph", __name__)

@graph.before_request
def members_only():
    if not current_user.is_authenticated:
        abort(401)

schema = strawberry.Schema(query=Query, mutation=Mutation)
graph.add_url_rule("/graphql", view_func=GraphQLView.as_view("graphql", schema=schema))
app.register_blueprint(graph)
"""

EXPRESS = """
const express = require("express");
const jwt = require("jsonwebtoken");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());
const known = (req, res, next) => {
  try { req.user = jwt.verify((req.headers.authorization || "").slice(7), process.env.KEY, { algorithms: ["HS256"] }); }
  catch { return res.sendStatus(401); }
  next();
};
const admin = (req, res, next) => (req.user.role === "admin" ? next() : res.sendStatus(403));
app.post("/login", async (req, res) => {
  const user = await prisma.user.findUnique({ where: { email: req.body.email } });
  if (!user || user.password !== req.body.password) return res.sendStatus(401);
  res.json({});
});
app.put("/users/:id/state", known, async (req, res) => {
  await prisma.user.update({ where: { id: Number(req.params.id) }, data: { disabled: req.body.disabled } });
  res.end();
});
app.put("/admin-users/:id/state", known, admin, async (req, res) => {
  await prisma.user.update({ where: { id: Number(req.params.id) }, data: { disabled: req.body.disabled } });
  res.end();
});
app.put("/me/state", known, async (req, res) => {
  await prisma.user.update({ where: { id: req.user.id }, data: { disabled: true } });
  res.end();
});
app.listen(3000);
"""


def test_fields_stand_behind_their_address(reviewed: Reviewed) -> None:
    """What asks for a login before the view says who calls in its fields, and not whose the objects are."""
    found = reviewed({"app.py": STRAWBERRY}, "insecure-direct-object-reference")
    assert found == ["QUERY /graphql#claims"]
    assert reviewed({"app.py": STRAWBERRY}, "missing-authentication") == []


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("app.py", STRAWBERRY, "MUTATION /graphql#setEnabled"),
        ("app.js", EXPRESS, "PUT /users/:id/state"),
    ],
)
def test_who_may_use_an_account_is_for_few(reviewed: Reviewed, name: str, source: str, expected: str) -> None:
    """Whoever switches off any account has a power that a login does not give."""
    assert reviewed({name: source}, "missing-authorization") == [expected]
