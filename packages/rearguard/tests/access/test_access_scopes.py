"""Clients of a database that limit every query themselves, and what is decided below the role that decides."""

import pytest

from packages.rearguard.tests.access.conftest import Reviewed

SCOPED = """
const express = require("express");
const jwt = require("jsonwebtoken");
const { PrismaClient } = require("@prisma/client");
const prisma = new PrismaClient();
const app = express();
app.use(express.json());

function scopedTo(client, orgId) {
  const limit = ({ args, query }) => query({ ...args, where: { AND: [args.where ?? {}, { orgId }] } });
  return client.$extends({ query: { ticket: { findFirst: limit, deleteMany: limit, updateMany: limit } } });
}
function everywhere(client, orgId) {
  return client.$extends({
    query: { $allModels: { async $allOperations({ args, query }) {
      args.where = { ...args.where, orgId };
      return query(args);
    } } },
  });
}
app.use((req, res, next) => {
  try { req.user = jwt.verify((req.headers.authorization || "").slice(7), process.env.KEY, { algorithms: ["HS256"] }); }
  catch { return res.sendStatus(401); }
  req.db = scopedTo(prisma, req.user.orgId);
  next();
});
app.get("/tickets", async (req, res) => res.json(await prisma.ticket.findMany({ where: { orgId: req.user.orgId } })));
app.delete("/kept/:id", async (req, res) => {
  res.json(await req.db.ticket.deleteMany({ where: { id: req.params.id } }));
});
app.delete("/kept2/:id", async (req, res) => {
  const db = scopedTo(prisma, req.user.orgId);
  res.json(await db.ticket.deleteMany({ where: { id: req.params.id } }));
});
app.delete("/kept3/:id", async (req, res) => {
  const db = everywhere(prisma, req.user.orgId);
  res.json(await db.ticket.deleteMany({ where: { id: req.params.id } }));
});
app.delete("/open/:id", async (req, res) => {
  res.json(await prisma.ticket.deleteMany({ where: { id: req.params.id } }));
});
app.delete("/open2/:id", async (req, res) => {
  res.json(await req.db.ticket.delete({ where: { id: req.params.id } }));
});
app.listen(3000);
"""

PAYOUTS = """
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
const role = (...names) => (req, res, next) => (names.includes(req.user.role) ? next() : res.sendStatus(403));
const seller = role("seller", "admin");
const admin = role("admin");
app.post("/payouts/:id/approve", known, %s, async (req, res) => {
  res.json(await prisma.payout.update({ where: { id: req.params.id }, data: { state: "sent" } }));
});
app.post("/payouts/:id/reject", known, admin, async (req, res) => {
  res.json(await prisma.payout.update({ where: { id: req.params.id }, data: { state: "rejected" } }));
});
app.listen(3000);
"""

DECISIONS = """
from functools import wraps
from flask import Flask, abort, g
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)

class Claim(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    state = db.Column(db.String)

def clerk(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if current_user.role not in ("clerk", "manager"):
            abort(403)
        return view(*args, **kwargs)
    return inner

def manager(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if current_user.role != "manager":
            abort(403)
        return view(*args, **kwargs)
    return inner

@app.post("/claims/<int:claim_id>/approve")
@login_required
@%s
def approve(claim_id):
    claim = db.get_or_404(Claim, claim_id)
    claim.state = "approved"
    db.session.commit()
    return "", 204

@app.post("/claims/<int:claim_id>/reject")
@login_required
@manager
def reject(claim_id):
    claim = db.get_or_404(Claim, claim_id)
    claim.state = "rejected"
    db.session.commit()
    return "", 204
"""


def test_what_an_extended_client_adds_limits_its_queries(reviewed: Reviewed) -> None:
    """`client.$extends({ query })` puts the tenant into the operations that it names, and into no others."""
    found = reviewed({"app.js": SCOPED}, "insecure-direct-object-reference")
    assert found == ["DELETE /open/:id", "DELETE /open2/:id"]


@pytest.mark.parametrize(
    ("name", "source", "lower", "higher", "endpoint"),
    [
        ("app.js", PAYOUTS, "seller", "admin", "POST /payouts/:id/approve"),
        ("app.py", DECISIONS, "clerk", "manager", "POST /claims/<int:claim_id>/approve"),
    ],
)
def test_decisions_ask_for_the_same_role(
    reviewed: Reviewed, name: str, source: str, lower: str, higher: str, endpoint: str
) -> None:
    """Who may approve is who may reject, where that is for operators."""
    assert reviewed({name: source % lower}, "missing-authorization") == [endpoint]
    assert reviewed({name: source % higher}, "missing-authorization") == []
