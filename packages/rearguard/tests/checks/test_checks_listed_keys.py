"""Fields whose names the request says: all that a record has, or a few."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

FindingsOf = Callable[..., list[Finding]]

PROGRAM = """
import sqlite3

from flask import Flask, request
from flask_login import LoginManager, UserMixin, current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)
manager = LoginManager(app)
raw = sqlite3.connect("a.db")
ALLOWED = {"name", "email"}
BLOCKED = {"id", "password"}


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(80))
    name = db.Column(db.String(80))
    role = db.Column(db.String(80))


@manager.user_loader
def load(key):
    return db.session.get(User, key)


def columns_of(table):
    return {row[1] for row in raw.execute(f"PRAGMA table_info({table})")}


def write(table, key, values):
    known = columns_of(table) - {"id"}
    pairs = [(name, values[name]) for name in values if name in known]
    sets = ", ".join(f"{name} = ?" for name, _ in pairs)
    raw.execute(f"UPDATE {table} SET {sets} WHERE id = ?", [value for _, value in pairs] + [key])


@app.post("/me")
@login_required
def me():
    user = db.session.get(User, current_user.id)
    data = request.get_json()
%s
    db.session.commit()
    return ""
"""
LOOP = "    for key in data:\n"
SET = "            setattr(user, key, data[key])"


def told(findings_of: FindingsOf, body: str) -> int:
    """How often fields are told that clients must not write."""
    return len(findings_of({"app.py": PROGRAM % body}, "mass-assignment"))


@pytest.mark.parametrize(
    "body",
    [
        LOOP + "        if key in ALLOWED:\n" + SET,
        LOOP + '        if key in ("name", "email") and data[key]:\n' + SET,
        LOOP + "        if key not in ALLOWED:\n            continue\n        setattr(user, key, data[key])",
        LOOP
        + "        if not (key in ALLOWED):\n            continue\n        setattr(user, key, data[key])",
        "    for key, value in data.items():\n        if key in ALLOWED:\n            setattr(current_user, key, value)",
        "    names = [k for k in data if k in columns_of('user') - {'id', 'role'}]\n"
        "    sets = ', '.join(f'{k} = ?' for k in names)\n"
        "    raw.execute(f'UPDATE user SET {sets} WHERE id = ?', [data[k] for k in names] + [current_user.id])",
    ],
)
def test_a_few(findings_of: FindingsOf, body: str) -> None:
    """What is named in a list passes, and nothing else."""
    assert told(findings_of, body) == 0


@pytest.mark.parametrize(
    "body",
    [
        LOOP + "        if hasattr(user, key):\n" + SET,
        "    write('user', current_user.id, data)",
        LOOP + "        if key in User.__table__.columns.keys():\n" + SET,
        LOOP + "        if key not in BLOCKED:\n" + SET,
        LOOP + "        if key in BLOCKED:\n            continue\n        setattr(user, key, data[key])",
        "    known = columns_of('user') - {'id'}\n    names = [k for k in data if k in known]\n"
        "    sets = ', '.join(f'{k} = ?' for k in names)\n"
        "    raw.execute(f'UPDATE user SET {sets} WHERE id = ?', [data[k] for k in names] + [current_user.id])",
        "    known = {c.name for c in User.__table__.columns}\n    names = [k for k in data if k in known]\n"
        "    sets = ', '.join(f'{k} = ?' for k in names)\n"
        "    raw.execute(f'UPDATE user SET {sets} WHERE id = ?', [data[k] for k in names] + [current_user.id])",
    ],
)
def test_all_that_there_are(findings_of: FindingsOf, body: str) -> None:
    """Whoever asks only for a column of that name, or refuses a few, lets the others through."""
    assert told(findings_of, body) == 1
