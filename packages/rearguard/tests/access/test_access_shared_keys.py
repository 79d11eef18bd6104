"""Keys that stand for an installation and for no account."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

Matrices = Callable[[Mapping[str, str]], AccessMatrix]

PRISMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
model api_keys {
  id        Int    @id
  secret    String @unique
  createdBy Int?
  %s
}
model letters {
  id      Int    @id
  body    String
  user_id Int
}
"""
EXPRESS = """
const express = require('express')
const { PrismaClient } = require('@prisma/client')
const db = new PrismaClient()
const app = express()
app.use(express.json())
async function withKey(req, res, next) {
  const auth = req.header('Authorization')
  const secret = auth ? auth.split(' ')[1] : null
  if (!secret) return res.status(403).json({ error: 'no key' })
  const key = await db.api_keys.findFirst({ where: { secret } })
  if (!key) return res.status(403).json({ error: 'no such key' })
  %s
  next()
}
app.delete('/letters/:id', withKey, async (req, res) => {
  await db.letters.delete({ where: { id: Number(req.params.id) } })
  res.json({})
})
"""
FLASK = """
from functools import wraps
from flask import Flask, abort, g, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class ApiKey(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    secret = db.Column(db.String(64))
    %s


class Letter(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer)


def with_key(view):
    @wraps(view)
    def inner(*args, **kwargs):
        key = ApiKey.query.filter_by(secret=request.headers.get("Authorization")).first()
        if key is None:
            abort(401)
        %s
        return view(*args, **kwargs)

    return inner


@app.delete("/letters/<int:letter_id>")
@with_key
def drop(letter_id):
    Letter.query.filter_by(id=letter_id).delete()
    return "", 204
"""


@pytest.mark.parametrize(
    ("column", "kept", "shared"),
    [("", "", True), ("user_id Int", "", False), ("", "req.key = key", False), ("", "log(key.id)", False)],
)
def test_a_key_of_an_installation_in_a_script(matrix: Matrices, column: str, kept: str, shared: bool) -> None:
    (row,) = matrix({"schema.prisma": PRISMA % column, "app.js": EXPRESS % kept})
    assert (row.authentication.state, row.for_services) == ("required", shared)


@pytest.mark.parametrize(
    ("column", "kept", "shared"),
    [
        ("label = db.Column(db.String(80))", "pass", True),
        ("account_id = db.Column(db.Integer)", "pass", False),
        ("scopes = db.Column(db.String(80))", "pass", False),
        ("label = db.Column(db.String(80))", "g.key = key", False),
    ],
)
def test_a_key_of_an_installation_in_python(matrix: Matrices, column: str, kept: str, shared: bool) -> None:
    (row,) = matrix({"app.py": FLASK % (column, kept)})
    assert (row.authentication.state, row.for_services) == ("required", shared)
