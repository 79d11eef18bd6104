"""How sure the checks are, which no tag of a page says."""

from collections.abc import Mapping

from rearguard.checks import CHECKS
from rearguard.frontends import settings_kind
from rearguard.models import Models
from rearguard.program import Source
from rearguard.review import analyse_sources, run_checks
from rearguard.review.collect import LANGUAGES
from rearguard.review.read import lower

EXPRESS = """
const express = require('express');
const jwt = require('jsonwebtoken');
const { Pool } = require('pg');

const pool = new Pool();
const app = express();
app.use((req, res, next) => {
  try {
    req.user = jwt.verify((req.get('authorization') || '').slice(7), process.env.KEY, { algorithms: ['HS256'] });
  } catch (err) {
    return res.sendStatus(401);
  }
  return next();
});
const admin = (req, res, next) => (req.user.role === 'admin' ? next() : res.sendStatus(403));

app.post('/letters', async (req, res) => {
  await pool.query('INSERT INTO letters (text, writer_id) VALUES ($1, $2)', [String(req.body.text), req.user.id]);
  res.sendStatus(201);
});
app.get('/letters/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT text FROM letters WHERE id = $1', [Number(req.params.id)]);
  res.json(rows[0]);
});
app.get('/letters/:id/log', %s async (req, res) => {
  const { rows } = await pool.query('SELECT log FROM letters WHERE id = $1%s', [Number(req.params.id)%s]);
  res.json(rows[0]);
});
app.put('/letters/:id', async (req, res) => {
  await pool.query('UPDATE letters SET text = $2 WHERE id = $1', [Number(req.params.id), String(req.body.text)]);
  res.sendStatus(204);
});
"""

NOTES = """
from flask import Flask, abort, jsonify, request, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.Integer)
    text = db.Column(db.String)


@app.post("/notes")
def write():
    if "uid" not in session:
        abort(401)
    db.session.add(Note(owner_id=session["uid"], text=request.form["text"]))
    db.session.commit()
    return "", 201


@app.get("/notes")
def notes():
    if "uid" not in session:
        abort(401)
    return jsonify([note.text for note in Note.query.%s])


@app.get("/notes/<int:note_id>/text")
def text(note_id):
    return jsonify(Note.query.filter_by(id=note_id).one().text)
"""
LETTERS = """
const express = require('express');
const { Pool } = require('pg');

const pool = new Pool();
const app = express();
app.use(express.json({ limit: '50kb' }));
const known = (req, res, next) => (req.session.uid ? next() : res.sendStatus(401));

app.post('/letters', known, async (req, res) => {
  await pool.query('INSERT INTO letters (text, writer_id) VALUES ($1, $2)', [String(req.body.text), req.session.uid]);
  res.sendStatus(201);
});
app.get('/letters', known, async (req, res) => {
  const { rows } = await pool.query('SELECT text FROM letters%s);
  res.json(rows);
});
app.get('/letters/:id', async (req, res) => {
  const { rows } = await pool.query('SELECT text FROM letters WHERE id = $1', [Number(req.params.id)]);
  res.json(rows[0]);
});
"""
MEMBERS = """
const express = require('express');
const { Pool } = require('pg');

const pool = new Pool();
const app = express();
app.use(express.json({ limit: '50kb' }));
app.use((req, res, next) => (req.session.uid ? next() : res.sendStatus(401)));

app.post('/teams/:id/members', async (req, res) => {
  const found = await pool.query('SELECT role FROM team_members WHERE team_id = $1 AND user_id = $2', [Number(req.params.id), req.session.uid]);
  if (found.rows.length === 0) {
    return res.sendStatus(403);
  }
  await pool.query('INSERT INTO team_members (team_id, user_id, role) VALUES ($1, $2, $3)', [Number(req.params.id), Number(req.body.user), req.body.role]);
  return res.sendStatus(201);
});
"""
ACCOUNTS = """
const express = require('express');
const { Pool } = require('pg');

const pool = new Pool();
const app = express();
app.use(express.json({ limit: '50kb' }));
app.use((req, res, next) => (req.session.uid ? next() : res.sendStatus(401)));

app.patch('/me', async (req, res) => {
  await pool.query('UPDATE users SET role = $1 WHERE id = $2', [req.body.role, req.session.uid]);
  return res.sendStatus(204);
});
"""


def judged(models: Models, files: Mapping[str, str], check: str) -> dict[int, str]:
    """Line -> confidence of what one check reports."""
    sources = [
        Source(path, text.encode(), LANGUAGES.get("." + path.rpartition(".")[2]) or settings_kind(path))
        for path, text in sorted(files.items())
    ]
    program = analyse_sources(sources, lower(sources, 1), models=models)
    drafts = run_checks(program, [one for one in CHECKS if one.rule.id == check])
    found = [draft.finding for draft in drafts]
    return {
        program.sources[f.location.path].line_of(f.location.start): str(f.confidence.value) for f in found
    }


def test_what_a_role_may_do_says_nothing_of_owners(all_models: Models) -> None:
    check = "insecure-direct-object-reference"
    by_role = judged(all_models, {"app.js": EXPRESS % ("admin,", "", "")}, check)
    by_owner = judged(all_models, {"app.js": EXPRESS % ("", " AND writer_id = $2", ", req.user.id")}, check)
    assert set(by_role.values()) == {"likely"}
    assert set(by_owner.values()) == {"certain"}


def test_data_is_surely_private_where_another_look_at_it_is_limited_to_its_owner(all_models: Models) -> None:
    check = "missing-authentication"
    owners = ("filter_by(owner_id=session['uid'])", " WHERE writer_id = $1', [req.session.uid]")
    everybody = ("order_by(Note.text)", " LIMIT 50'")
    for (notes, letters), expected in ((owners, {"certain"}), (everybody, {"likely"})):
        assert set(judged(all_models, {"app.py": NOTES % notes}, check).values()) == expected
        assert set(judged(all_models, {"app.js": LETTERS % letters}, check).values()) == expected


def test_roles_that_any_member_hands_out_may_be_meant_so(all_models: Models) -> None:
    check = "mass-assignment"
    assert set(judged(all_models, {"app.js": MEMBERS}, check).values()) == {"likely"}
    assert set(judged(all_models, {"app.js": ACCOUNTS}, check).values()) == {"certain"}


def test_a_client_that_is_called_insecure_is_for_those_who_ask_for_it(all_models: Models) -> None:
    text = """import { Agent } from 'node:https';

export const insecureAgent = new Agent({ keepAlive: true, rejectUnauthorized: false });
export const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
"""
    found = judged(all_models, {"agents.ts": text}, "tls-verification-disabled")
    assert found == {3: "question", 4: "certain"}
