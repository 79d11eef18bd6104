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
