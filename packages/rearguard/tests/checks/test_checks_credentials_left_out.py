"""Signatures that count where they are sent, verdicts that nobody waits for, and what scopes of a key ask."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

HOOK = """
import express from 'express'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
app.use(express.json({ verify: (req, res, raw) => { req.raw = raw } }))
const sign = (body) => createHmac('sha256', process.env.SECRET).update(body).digest('hex')
const same = (a, b) => {
  const [x, y] = [Buffer.from(String(a)), Buffer.from(String(b))]
  return x.length === y.length && timingSafeEqual(x, y)
}
app.post('/hook', async (req, res) => {
  const sent = req.get('x-hub-signature-256')
  TEST
  await prisma.reading.create({ data: { value: req.body.value } })
  res.end()
})
"""


@pytest.mark.parametrize(
    ("test", "count"),
    [
        ("if (sent && !same(sent, sign(req.raw))) return res.status(401).end()", 1),
        ("if (sent) { if (!same(sent, sign(req.raw))) return res.status(403).end() }", 1),
        ("if (!sent || !same(sent, sign(req.raw))) return res.status(401).end()", 0),
        (
            "if (!sent) return res.status(400).end()\n  if (!same(sent, sign(req.raw))) return res.status(401).end()",
            0,
        ),
        ("if (!same(sent, sign(req.raw))) return res.status(401).end()", 0),
    ],
)
def test_a_signature_must_be_sent(findings_of: Found, test: str, count: int) -> None:
    found = findings_of({"app.js": HOOK.replace("TEST", test)}, "authentication-bypass")
    assert len(found) == count
    assert all("if (!signature ||" in one.advice for one in found), "in the project's language"


PYTHON = """
import hashlib, hmac, os
from flask import Flask, request, abort
from flask_sqlalchemy import SQLAlchemy
app = Flask(__name__)
db = SQLAlchemy(app)
class Reading(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    value = db.Column(db.Float)
@app.post("/hook")
def hook():
    sent = request.headers.get("X-Signature")
    made = hmac.new(os.environ["SECRET"].encode(), request.get_data(), hashlib.sha256).hexdigest()
    if TEST:
        abort(401)
    db.session.add(Reading(value=request.json["value"]))
    db.session.commit()
    return ""
"""


@pytest.mark.parametrize(
    ("test", "count"),
    [
        ("sent and not hmac.compare_digest(sent, made)", 1),
        ("not sent or not hmac.compare_digest(sent, made)", 0),
    ],
)
def test_a_signature_must_be_sent_to_flask(findings_of: Found, test: str, count: int) -> None:
    found = findings_of({"app.py": PYTHON.replace("TEST", test)}, "authentication-bypass")
    assert len(found) == count
    assert all("if not signature or" in one.advice for one in found), "in the project's language"


ROLES = """
import express from 'express'
import session from 'express-session'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()
app.use(session({ secret: process.env.KEY }))
app.use(async (req, res, next) => {
  if (!req.session.userId) return res.status(401).end()
  req.user = await prisma.user.findUnique({ where: { id: req.session.userId } })
  next()
})
const staff = (req, res, next) => {
  if (req.user.role === 'guest') return res.status(403).end()
  next()
}
async function hasRole(user, role) {
  const fresh = await prisma.user.findUnique({ where: { id: user.id } })
  return fresh?.role === role
}
const admin = async (req, res, next) => {
  if (TEST) return res.status(403).end()
  next()
}
app.delete('/users/:id', staff, admin, async (req, res) => {
  await prisma.user.delete({ where: { id: Number(req.params.id) } })
  res.end()
})
"""


@pytest.mark.parametrize(
    ("test", "count"),
    [
        ("!hasRole(req.user, 'admin')", 1),
        ("!req.user.active || !hasRole(req.user, 'admin')", 1),
        ("!(await hasRole(req.user, 'admin'))", 0),
        ("!req.user.active || !(await hasRole(req.user, 'admin'))", 0),
    ],
)
def test_a_promise_is_no_verdict(findings_of: Found, test: str, count: int) -> None:
    found = findings_of({"app.js": ROLES.replace("TEST", test)}, "incorrect-authorization")
    assert len(found) == count


GUESTS = """
import os
from fastapi import Depends, FastAPI, HTTPException, Request
from jose import JWTError, jwt
from sqlalchemy import Column, Integer
from sqlalchemy.orm import Session, declarative_base
from db import get_db
app = FastAPI()
Base = declarative_base()
class Cart(Base):
    __tablename__ = "carts"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer)
def decode(token):
    claims = jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    if TEST:
        raise JWTError("wrong kind")
    return claims
def optional_user(request: Request):
    sent = request.headers.get("Authorization")
    if not sent:
        return None
    try:
        return decode(sent.removeprefix("Bearer "))
    except JWTError:
        raise HTTPException(401)
@app.post("/cart")
def add(user=Depends(optional_user), db: Session = Depends(get_db)):
    cart = Cart(user_id=user["sub"] if user else None)
    db.add(cart)
    db.commit()
    return {"id": cart.id}
"""


@pytest.mark.parametrize(
    "test", ["claims.get('type') != 'access'", "claims['type'] != 'access'", "not claims"]
)
def test_a_guest_may_come_without_the_token_that_names_a_user(findings_of: Found, test: str) -> None:
    assert not findings_of({"app.py": GUESTS.replace("TEST", test)}, "authentication-bypass")


HELPER = """
import hashlib, hmac, os, sqlite3
from flask import Flask, abort, request
app = Flask(__name__)
def signed(body):
    sent = request.headers.get("X-Signature")
    made = hmac.new(os.environb[b"KEY"], body, hashlib.sha256).hexdigest()
    BODY
@app.post("/hook")
def hook():
    if not signed(request.get_data()):
        abort(401)
    sqlite3.connect("x").execute("UPDATE bookings SET paid = 1 WHERE id = ?", (request.json["id"],))
    return "x"
"""
COMPARE = "return hmac.compare_digest(sent, made)"


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (f"if not sent:\n        return True\n    {COMPARE}", 1),
        (f"if sent is None:\n        return True\n    {COMPARE}", 1),
        (f"if sent:\n        {COMPARE}\n    return True", 1),
        (f"if not sent:\n        return False\n    {COMPARE}", 0),
        (f"if sent:\n        {COMPARE}\n    return False", 0),
        (f"if not made:\n        return True\n    {COMPARE}", 0),
        (f"if os.environ.get('OFF'):\n        return True\n    {COMPARE}", 0),
    ],
)
def test_a_helper_says_yes_to_nothing(findings_of: Found, body: str, count: int) -> None:
    assert len(findings_of({"app.py": HELPER.replace("BODY", body)}, "authentication-bypass")) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("if (!sent) return true\n  return same(sent, sign(req.raw))", 1),
        ("if (sent) return same(sent, sign(req.raw))\n  return true", 1),
        ("if (!sent) return false\n  return same(sent, sign(req.raw))", 0),
    ],
)
def test_a_helper_of_node_says_yes_to_nothing(findings_of: Found, body: str, count: int) -> None:
    helper = (
        f"const signed = (req) => {{\n  const sent = req.get('x-hub-signature-256')\n  {body}\n}}\napp.post("
    )
    app = HOOK.replace("app.post(", helper).replace(
        "const sent = req.get('x-hub-signature-256')\n  TEST", "TEST"
    )
    app = app.replace("TEST", "if (!signed(req)) return res.status(401).end()")
    assert len(findings_of({"app.js": app}, "authentication-bypass")) == count
